"""How far a NameNode's clock is from ours."""

from __future__ import annotations

from typing import Protocol

from hadoop_dr.domain.facts import Listed
from hadoop_dr.ports.clock import Clock

_SAMPLES = 5


class _Tree(Protocol):
    def make_directory(self, path: str, mode: int) -> None: ...
    def touch_directory(self, path: str) -> None: ...
    def status(self, path: str) -> Listed: ...
    def delete(self, path: str, *, recursive: bool = False) -> bool: ...


def offset_ms(tree: _Tree, clock: Clock, scratch: str) -> float:
    """Makes directories under ``scratch`` and compares their times with ours.

    A directory's modification time is the NameNode's own clock at the moment it was made, and one request without a
    DataNode. The sample with the shortest round trip counts; its time lies in the middle, within half a round trip.
    """
    tree.make_directory(scratch, 0o700)
    samples: list[tuple[float, float]] = []
    try:
        for number in range(_SAMPLES):
            path = f"{scratch}/{number}"
            sent_ms, sent_s = clock.wall_ms(), clock.monotonic_s()
            tree.touch_directory(path)
            round_trip_ms = (clock.monotonic_s() - sent_s) * 1000
            made_ms = tree.status(path).facts.mtime_ms
            samples.append((round_trip_ms, made_ms - sent_ms - round_trip_ms / 2))
    finally:
        tree.delete(scratch, recursive=True)
    return min(samples)[1]
