"""Which older point a run reads back: in turn, and again at once when the last one could not be read (I9, fault 80)."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.domain.ledger.bodies.sealed import Sampled
from hadoop_dr.domain.state.service_state import Point


def next_sample(older: Sequence[Point], sealed: Sequence[Point]) -> Point | None:
    """Chooses the point that was looked at the longest ago: when it was sealed, or sampled since.

    A sample that could not be read is no sample taken: the next run tries the same point once more. If that fails, too,
    the others have their turns first, so that a point that can never be read keeps nobody from the rest.

    Args:
        older: Points that can be sampled, oldest first.
        sealed: Every sealed point, oldest first, with what its run sampled.
    """
    turn = {point.point: number for number, point in enumerate(sealed)}
    tried: list[Sampled] = []
    for number, point in enumerate(sealed):
        if (kept := point.sealed.summary.sampled) is not None:
            turn[kept.point] = number
            tried.append(kept)
    if tried and not tried[-1].taken:
        again = tried[-1].point
        twice = len(tried) > 1 and tried[-2].point == again and not tried[-2].taken
        if not twice and (same := [point for point in older if point.point == again]):
            return same[0]
    return min(older, key=lambda point: (turn[point.point], point.point), default=None)
