"""How much goes into one batch, so that a batch takes about as long as it may (I3).

A metastore cannot be fenced: a worker that was overtaken ends the batch it has begun. So a batch is small in time, not
in number: rates lie between a hundred and five thousand objects a second, and are known only by measuring.
"""

from __future__ import annotations

from collections.abc import Hashable

WANTED_S = 2.0
"""What a batch may take."""
FIRST, MOST = 50, 1000
"""Objects of the first batch: so few take less than that at the lowest rate seen; and what one request carries."""
_AIM = 0.75
_GROWTH = 4


class Pace:
    """Sizes of batches by what those before them took, for each kind of work of its own."""

    def __init__(self) -> None:
        self._sizes: dict[Hashable, int] = {}

    def size(self, work: Hashable) -> int:
        """How many objects the next batch of this kind of work takes."""
        return self._sizes.get(work, FIRST)

    def took(self, work: Hashable, count: int, seconds: float) -> None:
        """Learns from a batch of so many objects; it grows step by step and shrinks at once."""
        if count < self.size(work) and seconds < WANTED_S:
            return  # the rest of something: it tells nothing of more
        fitting = _GROWTH * count if seconds <= 0 else int(count * WANTED_S * _AIM / seconds)
        self._sizes[work] = max(1, min(fitting, _GROWTH * count, MOST))
