"""What entries and checkpoints say of roots, in columns: every name is written once and said by its number.

A point of many roots would say each of them over and over: its snapshot, how much it held, that the policy named it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PackedSnapshots:
    """The snapshots of a point on one site.

    Attributes:
        roots: Number of the list of their roots.
        names: Their names, each once.
        named: Which of these each has; empty where all have the first.
        ids, created_ms: As ``SnapshotRecord`` has them.
    """

    roots: int
    names: tuple[str, ...]
    ids: Numbers
    created_ms: Numbers
    named: Numbers = ()


@dataclass(slots=True)
class NameTable:
    """Gives each name, and each list of names, one number."""

    names: dict[str, int] = field(default_factory=dict)
    lists: dict[Numbers, int] = field(default_factory=dict)

    def number(self, names: Iterable[str]) -> int:
        """Returns the number of a list."""
        numbers = tuple(self.names.setdefault(name, len(self.names)) for name in names)
        return self.lists.setdefault(numbers, len(self.lists))

    def by_kind(self, names: Mapping[str, Iterable[str]]) -> dict[str, int]:
        """Returns the numbers of several lists."""
        return {kind: self.number(every) for kind, every in names.items()}


def named_lists(names: Sequence[str], lists: Iterable[Numbers]) -> list[tuple[str, ...]]:
    """Returns the lists, by number."""
    return [tuple(names[number] for number in numbers) for numbers in lists]


def pack_snapshots(snapshots: Mapping[str, SnapshotRecord], table: NameTable) -> PackedSnapshots:
    """Returns snapshots in columns."""
    roots = sorted(snapshots)
    kept = [snapshots[root] for root in roots]
    names = {name: number for number, name in enumerate(dict.fromkeys(one.name for one in kept))}
    return PackedSnapshots(
        table.number(roots),
        tuple(names),
        tuple(one.id for one in kept),
        tuple(one.created_ms for one in kept),
        tuple(names[one.name] for one in kept) if len(names) > 1 else (),
    )


def unpack_snapshots(packed: PackedSnapshots, lists: Sequence[tuple[str, ...]]) -> dict[str, SnapshotRecord]:
    """Returns what was packed.

    Raises:
        ValueError, IndexError: Its parts do not fit together.
    """
    roots = lists[packed.roots]
    named = packed.named or (0,) * len(roots)
    columns = zip(roots, named, packed.ids, packed.created_ms, strict=True)
    return {root: SnapshotRecord(packed.names[name], number, made) for root, name, number, made in columns}
