"""Quotas of the origin's directories, kept with each point.

A secondary never applies them while it is one: snapshots count against quotas. A failover names what a person has to
set; it sets none yet.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence

from hadoop_dr.domain.errors import BaselineLost, NotFound
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.preflight.advice import is_large
from hadoop_dr.domain.tree.file_attributes import Quota
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.quotas import (
    QuotaSet,
    RootQuotas,
    changed_directories,
    quota_rows,
    quotas_from_rows,
)
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.pool import WIDTH, map_bounded
from hadoop_dr.services.stored.documents import Documents

QUOTAS = "quotas.parquet"
"""Document with what is known of quotas when the point is sealed."""
ANSWERED = "quotas-answered.parquet"
"""Document with what was answered after the seal."""
MOST = 20_000
"""Directories asked about in one run; a NameNode of the lab answers about 1,900 in a second."""

_LARGE_AT_ONCE = 2
"""Of a large root so many directories are asked about at once: for each a NameNode may count millions of names, on a
handler that others wait for."""


class KeepQuotas:
    """Notes in the plan of a point what is known of quotas, and which directories are to be asked once it is sealed.

    Args:
        origin: The site the point was taken on.
        earlier: What the baseline kept; None when it kept nothing that can be relied on.
    """

    def __init__(self, origin: NameNode, earlier: Mapping[str, RootQuotas] | None) -> None:
        self._origin, self._earlier = origin, earlier
        self._kept: dict[str, RootQuotas] = {}

    def add(self, root: str, newer: str, items: Sequence[Item], *, whole: bool, audited: bool) -> None:
        """Adds one root.

        Args:
            newer: The moment's snapshot.
            items: Everything that changed since the baseline.
            whole: There is no baseline of this root, so ``items`` are all there is.
            audited: The root is compared whole.
        """
        top, quotas = f"{root}/.snapshot/{newer}", RootQuotas()
        if self._earlier is not None and not whole:
            quotas = self._earlier.get(root, quotas).follow(items)
        changed = changed_directories(items) if whole or self._earlier is not None else self._all_directories(top)
        self._kept[root] = quotas.doubting(changed, due=whole or audited or self._earlier is None)

    def limited(self, fenced: Container[str]) -> dict[str, Quota]:
        """Asks for the use of the roots that are known to have a quota, which costs the NameNode nothing.

        Args:
            fenced: Roots of which a fence replaced the quotas.
        """
        known = {root for root, quotas in self._kept.items() if "" in quotas.found and "" not in quotas.unasked}
        roots = [root for root in self._kept if root in known and root not in fenced]
        return dict(zip(roots, map_bounded(self._origin.quota, roots), strict=True))

    def write(self, documents: Documents) -> dict[str, int]:
        """Writes the document.

        Returns:
            ``{"known": directories with quotas as far as is known, "to_ask": directories to be asked about once the
            point is sealed}``.
        """
        documents.write(QUOTAS, forms.QUOTAS, quota_rows(self._kept))
        kept = self._kept.values()
        return {"known": sum(len(one.found) for one in kept), "to_ask": sum(len(one.due) for one in kept)}

    def _all_directories(self, top: str) -> list[str]:
        return [path for path, listed in walk(self._origin, top) if listed.facts.is_dir]


def ask_quotas(
    origin: NameNode, documents: Documents, fenced: Mapping[str, QuotaSet], heartbeat: Callable[[int], None],
    most: int = MOST,
) -> dict[str, Quota]:
    """Asks about what a sealed point left open, and keeps the answers beside it.

    A NameNode tells the quota of now even for a directory in a snapshot, so a quota counts as of this, which is seconds
    after the moment; one that is changed later is named by the next diff.

    Args:
        origin: The site the point was taken on.
        fenced: Quotas of roots that a fence replaced; what stands there now is the fence's own.
        heartbeat: Told of each directory that was asked about.
        most: How many may be asked about.

    Returns:
        What was told of the roots themselves.
    """
    kept, asked, own = dict(kept_quotas(documents) or {}), 0, dict[str, Quota]()
    tops = {root: kept.path for root, kept in documents.point.snapshots_on(documents.point.origin).items()}

    def ask(place: tuple[str, str]) -> Quota | None:
        root, path = place
        return None if not path and root in fenced else _asked(origin, f"{tops[root]}/{path}" if path else root)

    for root, quotas in kept.items():
        if quotas.due and root in tops:
            chosen, left = quotas.to_ask(most - asked)
            held = documents.point.held(root)
            width = _LARGE_AT_ONCE if held is None or is_large(held.names) else WIDTH
            answers = dict[str, QuotaSet]()
            found = map_bounded(ask, [(root, path) for path in chosen], width=width)
            for path, quota in zip(chosen, found, strict=True):
                answers[path] = fenced[root] if quota is None else _set(quota)
                if quota is not None and not path:
                    own[root] = quota
                heartbeat(1)
            kept[root] = quotas.answered(answers, left)
            asked += len(chosen)
    if asked:
        documents.write_ahead(ANSWERED, forms.QUOTAS, quota_rows(kept))
    return own


def _asked(origin: NameNode, path: str) -> Quota:
    try:
        return origin.quota(path)
    except NotFound as error:
        raise BaselineLost(path, "is not in the snapshot", "The next run takes a new moment.") from error


def _set(quota: Quota) -> QuotaSet:
    return QuotaSet(quota.namespace, quota.space_bytes, quota.by_type)


def kept_quotas(documents: Documents) -> Mapping[str, RootQuotas] | None:
    """Reads the quotas a point kept, by root; None when they are gone.

    Several processes may have asked once it was sealed; what the one wrote down that asked the most counts.
    """
    try:
        noted = quotas_from_rows(documents.read(QUOTAS, forms.QUOTAS))
        answered = documents.read_every(ANSWERED, forms.QUOTAS) if _open(noted) else []
    except BaselineLost:
        return None
    return min([noted, *map(quotas_from_rows, answered)], key=_open)


def _open(kept: Mapping[str, RootQuotas]) -> int:
    return sum(len(one.unasked) for one in kept.values())
