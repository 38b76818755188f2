"""Which directories a service's snapshots are taken of (DESIGN.md section 2, root)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

CLOSED = 0o700
"""Mode of a root that a run makes: nobody else reads in it before place gives it the attributes of the source's."""


def inside(path: str, directory: str) -> bool:
    """Whether a path is the directory or lies below it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def resolve_roots(directories: Iterable[str]) -> tuple[str, ...]:
    """Reduces declared directories and table locations to the roots: those that lie inside no other one, sorted.

    An undeclared ancestor is never made a root, even if it would save snapshots: it may hold other people's data.
    """
    roots: list[str] = []
    for path in sorted(set(directories), key=lambda p: (p.count("/"), p)):
        if not any(inside(path, root) for root in roots):
            roots.append(path)
    return tuple(sorted(roots))


def root_of(path: str, roots: Iterable[str]) -> str | None:
    """Gives the root that holds a path, or None."""
    return next((root for root in roots if inside(path, root)), None)


def nested(root: str, snapshottable: Iterable[str]) -> str | None:
    """Gives a snapshottable directory above or below the root, which HDFS would refuse, or None."""
    return next(
        (other for other in snapshottable if other != root and (inside(root, other) or inside(other, root))), None
    )


def keyed_by_declaration(declared: Iterable[str], snapshots: Mapping[str, str]) -> dict[str, str]:
    """Names the snapshot of each declared directory or table location, for the output of the command line."""
    return {path: snapshots[root] for path in declared if (root := root_of(path, snapshots)) is not None}
