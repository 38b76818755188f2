"""The highest snapshot id of each root that was listed lately: a newer one was given out since."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from hadoop_dr.domain.tree.file_attributes import Snapshot
from hadoop_dr.ports.clock import Clock

_FRESH_S = 60.0


class ListedSnapshots:
    """Caches, for a minute, the highest id of each root's latest listing. Ids only grow and are never reused."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def note(self, path: str, found: Sequence[Snapshot]) -> None:
        """Notes a listing."""
        highest = max((one.id for one in found), default=-1)
        with self._lock:
            self._newest[path] = (self._clock.monotonic_s(), highest)

    def newest(self, path: str) -> int | None:
        """The highest id seen, -1 when there was none; None when the root was not listed lately."""
        with self._lock:
            at_s, highest = self._newest.get(path, (float("-inf"), -1))
        return highest if self._clock.monotonic_s() - at_s <= _FRESH_S else None
