"""Quotas of the source's directories, kept with each point (DESIGN.md sections 4 and 8).

A secondary never applies them while it is one: snapshots count against quotas. They are set when it is promoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hadoop_dr.domain.errors import BaselineLost, NotFound
from hadoop_dr.domain.items import Item
from hadoop_dr.domain.quotas import (
    QuotaSet,
    RootQuotas,
    changed_directories,
    quota_rows,
    quotas_from_rows,
)
from hadoop_dr.domain.stored import tables as forms
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.points.documents import Documents
from hadoop_dr.services.pool import BoundedPool

QUOTAS = "quotas.parquet"
MOST = 20_000
"""Directories asked about in one run; a NameNode of the lab answers about 1,900 in a second."""
_THREADS = 16


class KeepQuotas:
    """Reads the quotas of a point and writes them as a document of its plan.

    A NameNode tells the quota of now even for a directory in a snapshot, so a quota counts as of the plan, which is
    seconds after the moment; one that is changed later is named by the next diff.

    Args:
        source: The site the point was taken on.
        heartbeat: Told how many directories were asked about.
        earlier: What the baseline kept; None when it kept nothing that can be relied on.
        most: How many may be asked about in this run.
    """

    def __init__(
        self,
        source: NameNode,
        heartbeat: Callable[[int], None],
        earlier: Mapping[str, RootQuotas] | None,
        most: int = MOST,
    ) -> None:
        self._source, self._heartbeat, self._earlier, self._left = source, heartbeat, earlier, most
        self._kept: dict[str, RootQuotas] = {}

    def add(self, root: str, newer: str, items: Sequence[Item], *, whole: bool) -> None:
        """Reads one root.

        Args:
            newer: The moment's snapshot.
            items: Everything that changed since the baseline.
            whole: There is no baseline of this root, so ``items`` are all there is.
        """
        top, known = f"{root}/.snapshot/{newer}", RootQuotas()
        if self._earlier is not None and not whole:
            known = self._earlier.get(root, known).follow(items)
        changed = changed_directories(items) if whole or self._earlier is not None else self._all_directories(top)
        asked, left = known.to_ask(changed, self._left)
        self._left -= len(asked)
        self._kept[root] = known.answered(self._ask(top, asked), left)

    def write(self, documents: Documents) -> dict[str, int]:
        """Writes the document.

        Returns:
            ``{"kept": directories with quotas, "unasked": directories left for later runs}``.
        """
        documents.write(QUOTAS, forms.QUOTAS, quota_rows(self._kept))
        kept = self._kept.values()
        return {"kept": sum(len(one.found) for one in kept), "unasked": sum(len(one.unasked) for one in kept)}

    def _all_directories(self, top: str) -> list[str]:
        return [path for path, listed in walk(self._source, top) if listed.facts.is_dir]

    def _ask(self, top: str, paths: list[str]) -> dict[str, QuotaSet]:
        with BoundedPool(_THREADS, name="quotas") as pool:
            answers = dict(zip(paths, pool.map(lambda path: self._one(f"{top}/{path}"), paths), strict=True))
        self._heartbeat(len(paths))
        return answers

    def _one(self, path: str) -> QuotaSet:
        try:
            quota = self._source.quota(path)
        except NotFound as error:
            raise BaselineLost(path, "is not in the snapshot", "The next run takes a new moment.") from error
        return QuotaSet(quota.namespace, quota.space_bytes, quota.by_type)


def kept_quotas(documents: Documents) -> Mapping[str, RootQuotas] | None:
    """Reads the quotas a point kept, by root; None when it kept none (an older version made it) or they are gone."""
    try:
        return quotas_from_rows(documents.read(QUOTAS, forms.QUOTAS))
    except BaselineLost:
        return None
