"""How far a NameNode's clock is from ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.ports.clock import Clock

_SAMPLES = 5


class _Tree(Protocol):
    def touch_directory(self, path: str, mode: int | None = None) -> None: ...
    def list(self, path: str) -> Iterator[DirEntry]: ...
    def discard(self, path: str) -> None: ...


def offset_ms(tree: _Tree, clock: Clock, scratch: str, within_ms: float = 0.0) -> float:
    """Makes directories under ``scratch`` and compares their times with ours.

    A directory's modification time is the NameNode's own clock at the moment it was made, and one request without a
    DataNode; all times come with one listing. The sample with the shortest round trip counts; its time lies in the
    middle, within half a round trip.

    Args:
        within_ms: No other sample is taken once half a round trip is no longer than that.
    """
    sent: dict[str, tuple[float, float]] = {}
    try:
        for number in range(_SAMPLES):
            sent_ms, sent_s = clock.wall_ms(), clock.monotonic_s()
            tree.touch_directory(f"{scratch}/{number}", 0o700)  # missing parents get the same mode
            trip_ms = (clock.monotonic_s() - sent_s) * 1000
            sent[str(number)] = trip_ms, sent_ms
            if trip_ms / 2 <= within_ms:
                break
        made_ms = {one.name: one.facts.mtime_ms for one in tree.list(scratch)}
    finally:
        tree.discard(scratch)
    samples = [(trip_ms, made_ms[name] - sent_ms - trip_ms / 2) for name, (trip_ms, sent_ms) in sent.items()]
    return min(samples)[1]
