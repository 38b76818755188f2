"""Whether a site has room for what a run will write: space quotas above its roots, and the cluster's own bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from shlex import quote

from hadoop_dr.domain.check_results import Result, fail, warn
from hadoop_dr.domain.roots.decision import inside
from hadoop_dr.domain.tree.file_attributes import Quota

_NEARLY = 0.8
_NARROW = 0.05
MANY_NAMES = 5_000_000
"""A NameNode counts all that lies below a directory without a quota to tell its quota, a million names in a second."""


def limiting_paths(roots: Iterable[str], names: int) -> list[str]:
    """Returns the directories whose quotas are looked at: the roots and what is above them, sorted; never ``/`` itself.

    Args:
        names: Files and directories of the cluster; above five million the roots alone are asked about.
    """
    if names > MANY_NAMES:
        return sorted(roots)
    found: set[str] = set()
    for root in roots:
        path = root
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return sorted(found)


def shortages(
    site: str, needed: Mapping[str, int], quotas: Mapping[str, Quota], free_bytes: int, moved: Mapping[str, int]
) -> list[Result]:
    """Says what is too small, with the figures.

    Args:
        site: Name of the site.
        needed: Raw bytes that will be written, all replicas counted, by root.
        quotas: Of the directories of ``limiting_paths`` that exist there.
        free_bytes: Raw capacity the cluster has left.
        moved: Raw bytes of what will be moved inside a root: quotas count what a snapshot holds a second time at its
            new place (measured), the disks do not.
    """
    found: list[Result] = []
    for path, quota in sorted(quotas.items()):
        twice = sum(size for root, size in moved.items() if inside(root, path))
        wanted = sum(size for root, size in needed.items() if inside(root, path)) + twice
        if wanted and quota.space_bytes >= 0 and quota.space_bytes - quota.used_bytes < wanted:
            found.append(
                fail(
                    "space",
                    f"{site}:{path} has a space quota of {quota.space_bytes} bytes with {quota.used_bytes} used, "
                    f"{wanted} more are needed{_of_them(twice)}",
                    f"Raise it: hdfs dfsadmin -setSpaceQuota ... {quote(path)}",
                )
            )
    total = sum(needed.values())
    if total > free_bytes:
        found.append(
            fail("space", f"{site} has {free_bytes} bytes left, {total} are needed", "Add capacity to the cluster.")
        )
    return found


def narrow_quotas(site: str, quotas: Mapping[str, Quota]) -> list[str]:
    """Says which quotas of the primary are nearly used up.

    What is replaced or deleted stays in the snapshots of points and counts until the last of them goes, so a service
    that is rewritten often needs room for as many times its change as the primary keeps points.

    Args:
        quotas: Of directories that are or hold roots.
    """
    found = []
    for path, quota in sorted(quotas.items()):
        used = ((quota.used_bytes, quota.space_bytes, "bytes"), (quota.used_names, quota.namespace, "names"))
        found += [
            f"{site}:{path} has used {part} of its quota of {whole} {unit}, including what snapshots hold; once it is "
            "full nobody can write there"
            for part, whole, unit in used
            if whole >= 0 and part > _NEARLY * whole
        ]
    return found


def runs_full(site: str, free_bytes: int, capacity_bytes: int) -> list[Result]:
    """Says that a cluster runs full, and that removing files there may give no room, because snapshots keep them.

    On a primary they are kept as long as no newer point is sealed, however long the secondary is away.
    """
    if free_bytes >= _NARROW * capacity_bytes:
        return []
    return [
        warn(
            "space",
            f"{site} has {free_bytes} of {capacity_bytes} bytes left, and deleting or replacing files in directories "
            "with snapshots frees no space until the snapshots are removed",
            "Add capacity, keep fewer points there (retention), find out whether and why backups have stopped, or free "
            "a service's directories: hadoop-dr unprotect",
        )
    ]


def _of_them(twice: int) -> str:
    if not twice:
        return ""
    return f", {twice} of them for moved files, which the quota counts twice while a snapshot holds them"
