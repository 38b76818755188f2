"""Quotas of the roots and of directories below them, as a point keeps them for a later promotion.

No listing shows a quota, and asking for one costs a request for each directory. But the snapshot diff names a directory
whose quota was set or lifted (measured), so an increment asks only about directories that are new or were changed, and
takes the rest from the point before it. It asks once the point is sealed: a NameNode counts all below a directory that
has no quota. So in a large root those that were known to have none wait until the root is audited; then they are due.
What is due and left out, because of a bound or a death, is asked about by the runs that follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from hadoop_dr.domain.paths import Moves, depth
from hadoop_dr.domain.tree.items import Item

QUOTA_SCHEMA = (
    ("root", "string"), ("path", "string"), ("namespace", "int64"), ("space_bytes", "int64"), ("by_type", "strings"),
    ("asked", "bool"), ("due", "bool"),
)
"""Columns of a point's quotas: directories that have one, and those not asked about yet with what is known of them."""

_Row = tuple[str, str, int, int, list[str], bool, bool]


@dataclass(frozen=True, slots=True)
class QuotaSet:
    """The quotas that are set on one directory; -1 means none.

    Attributes:
        namespace: Names.
        space_bytes: Raw bytes, all replicas counted.
        by_type: Raw bytes by storage type, sorted.
    """

    namespace: int = -1
    space_bytes: int = -1
    by_type: tuple[tuple[str, int], ...] = ()


NONE_SET = QuotaSet()
"""A directory without a quota."""


@dataclass(frozen=True, slots=True)
class RootQuotas:
    """The quotas of one root and below it, by path relative to it; the root's own is that of the empty path.

    Attributes:
        found: Directories that have quotas.
        unasked: Directories that are still to be asked about; ``found`` may hold what was known of them before.
        due: Those of them that wait for no audit.
    """

    found: Mapping[str, QuotaSet] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()
    due: frozenset[str] = frozenset()

    def follow(self, items: Sequence[Item]) -> RootQuotas:
        """Takes what an earlier point knew to where its directories are now; what is gone is left out."""
        moves = Moves({item.old: item.new for item in items if item.old is not None})
        found = {there: quota for path, quota in self.found.items() if (there := moves.of(path)) is not None}
        unasked, due = ((moves.of(path) for path in paths) for paths in (self.unasked, self.due))
        return RootQuotas(found, *(frozenset(path for path in paths if path is not None) for paths in (unasked, due)))

    def doubting(self, changed: Iterable[str], *, due: bool) -> RootQuotas:
        """Takes in that some directories have to be asked about.

        Args:
            changed: Directories that are new or named as changed.
            due: The root is audited, or copied whole: now all of them are asked about. Else only those that had a quota
                when they were asked last, for which nothing has to be counted.
        """
        unasked = self.unasked.union(changed)
        return RootQuotas(self.found, unasked, unasked if due else self.due.union(unasked.intersection(self.found)))

    def to_ask(self, most: int) -> tuple[list[str], frozenset[str]]:
        """Chooses what to ask about now: of what is due the shallow first, where quotas are.

        Args:
            most: How many may be asked about.

        Returns:
            The chosen, and those left for later.
        """
        order = sorted(self.due, key=_shallow)
        return order[:most], self.unasked.difference(order[:most])

    def answered(self, answers: Mapping[str, QuotaSet], left: frozenset[str]) -> RootQuotas:
        """Takes in the answers."""
        others = {path: quota for path, quota in self.found.items() if path not in answers}
        return RootQuotas({**others, **{path: quota for path, quota in answers.items() if quota != NONE_SET}}, left,
                          self.due & left)


def quota_lines(own: Mapping[str, QuotaSet], below: Mapping[str, RootQuotas]) -> list[str]:
    """Names every quota that a point keeps, for a person who has to know of it.

    Args:
        own: Those of roots behind a fence, which count instead of what the fence set.
        below: Of the roots and of directories in them.
    """
    every: dict[str, QuotaSet] = {}
    for root, quotas in below.items():
        every |= {f"{root}/{path}" if path else root: quota for path, quota in quotas.found.items()}
    every |= {root: quota for root, quota in own.items() if quota != NONE_SET}
    return [f"{path}: {_limits_text(quota)}" for path, quota in sorted(every.items()) if quota != NONE_SET]


def _limits_text(quota: QuotaSet) -> str:
    limits = (("names", quota.namespace), ("bytes", quota.space_bytes))
    said = [f"{limit} {of}" for of, limit in limits if limit >= 0]
    return " and ".join([*said, *(f"{size} bytes of {kind}" for kind, size in quota.by_type)])


def _shallow(path: str) -> tuple[int, str]:
    return depth(path), path


def changed_directories(items: Iterable[Item]) -> list[str]:
    """Returns the directories among touched items that are still there."""
    return [item.new for item in items if item.new is not None and item.now is not None and item.now.is_dir]


def quota_rows(roots: Mapping[str, RootQuotas]) -> list[tuple[object, ...]]:
    """Writes quotas as rows of ``QUOTA_SCHEMA``, in the order of roots and paths."""
    rows: list[tuple[object, ...]] = []
    for root, quotas in sorted(roots.items()):
        for path in sorted(quotas.found.keys() | quotas.unasked):
            quota = quotas.found.get(path, NONE_SET)
            kinds = [f"{name}={size}" for name, size in quota.by_type]
            asked, due = path not in quotas.unasked, path in quotas.due
            rows.append((root, path, quota.namespace, quota.space_bytes, kinds, asked, due))
    return rows


def quotas_from_rows(rows: Iterable[Sequence[object]]) -> dict[str, RootQuotas]:
    """Reads quotas back, by root; a root without any is absent."""
    found: dict[str, dict[str, QuotaSet]] = {}
    unasked: dict[str, set[str]] = {}
    late: dict[str, set[str]] = {}
    for root, path, namespace, space, kinds, asked, due in cast("Iterable[_Row]", rows):
        sizes = (text.partition("=") for text in kinds or ())
        quota = QuotaSet(namespace, space, tuple((name, int(size)) for name, _, size in sizes))
        if quota != NONE_SET:
            found.setdefault(root, {})[path] = quota
        if not asked:
            unasked.setdefault(root, set()).add(path)
        if due:
            late.setdefault(root, set()).add(path)
    return {
        root: RootQuotas(found.get(root, {}), frozenset(unasked.get(root, ())), frozenset(late.get(root, ())))
        for root in sorted(found.keys() | unasked.keys())
    }
