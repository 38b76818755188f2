"""Changes of objects that a point leaves out are no changes: they cannot make a moment doubtful (I1).

What the point holds is the catalog at exactly E0, and of that the data of what is left out are no part.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from hadoop_dr.domain.catalog.log.events import Event, Known, Touch
from hadoop_dr.domain.catalog.log.messages import touches
from hadoop_dr.domain.catalog.protect.protectable import ProtectRule, elsewhere_found
from hadoop_dr.domain.catalog.protect.uncovered import NotCovered, judge_kinds
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, row_of

_OF_PARTITIONS = (Kind.PARTITION, Kind.PARTITION_STATS)


class LeftOutObjects:
    """The objects that a point leaves out."""

    def __init__(self, findings: Iterable[NotCovered]) -> None:
        """Takes those of an export."""
        self._slots = {(one.key.kind, *one.key[1:]) for one in findings if one.skipped}

    def add(self, findings: Iterable[NotCovered]) -> None:
        """Takes some more."""
        self._slots |= {(one.key.kind, *one.key[1:]) for one in findings if one.skipped}

    def holds(self, kind: Kind, database: str, table: str | None, key: str | None) -> bool:
        """Whether an object is left out, by itself or with what it belongs to."""
        if (Kind.DATABASE, database, "", "") in self._slots:
            return True
        if not table:
            return False
        return (Kind.TABLE, database, table, "") in self._slots or (
            key is not None and kind in _OF_PARTITIONS and (Kind.PARTITION, database, table, key) in self._slots
        )


def changes_that_count(
    events: Iterable[Event], findings: Iterable[NotCovered], at_e0: Container[CatalogKey], rule: ProtectRule
) -> list[Event]:
    """Sorts out the events that are about nothing but what is left out.

    Args:
        events: Oldest first.
        findings: What the catalog at E0 has that is left out.
        at_e0: The objects of the catalog at E0.
        rule: What the policy says; a table that was made since is judged by what the events say of it.
    """
    left_out = LeftOutObjects(findings)
    counting: list[Event] = []
    for event in events:
        found = touches(event)
        for touch in found:
            if (
                touch.kind is Kind.TABLE
                and touch.table
                and CatalogKey(Kind.TABLE, touch.database, touch.table) not in at_e0
            ):
                left_out.add(_not_covered(touch, touch.table, rule))
        about = [(touch.kind, touch.database, touch.table, touch.key) for touch in found]
        if not all(left_out.holds(*one) for one in about or [(Kind.TABLE, event.database, event.table, "")]):
            counting.append(event)
    return counting


def _not_covered(touch: Touch, table: str, rule: ProtectRule) -> list[NotCovered]:
    key = CatalogKey(Kind.TABLE, touch.database, table)
    images = [state.tree for state in (touch.before, touch.after) if state.how is Known.IS and state.tree is not None]
    rows = [row_of(key, tree) for tree in images]
    return [*judge_kinds(rows, rule.skip, one_address=rule.one_address), *elsewhere_found(rows, rule)]
