"""How many requests one site is asked at once: the window follows the latency it meets, as TCP's follows the line.

Additive increase, multiplicative decrease (Jacobson 1988; Chiu and Jain 1989 for why it settles):

  * An answer in time widens the window while it is in use: by one at first, which doubles it in each round trip (slow
    start), and after the first late answer by ``STEP`` in each round trip.
  * A late answer, or none, halves it, once in a round trip: what was sent before the last cut met the wider window,
    and says nothing about this one (the ``recover`` of TCP NewReno, RFC 6582).

Late is an answer that took more than ``LATE`` of its deadline, whatever the kind of request. The time of an answer
grows with the number in flight, so what is under way waits for a quarter of its deadline at most, and a site that
becomes four times slower from one moment to the next still answers all of it. A share that is much smaller would take
each pause of a daemon for a row before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

LATE = 0.25
"""Share of its deadline after which an answer counts as late."""
STEP = 4
"""Requests by which the window grows in each round trip once an answer was late."""
_CUT = 2
_IN_USE = 2      # as long as half of it is taken; a window that nobody fills proves nothing


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a window may be: never below the floor, never above the ceiling."""

    floor: int = 8
    start: int = 128
    ceiling: int = 1024

    @classmethod
    def up_to(cls, ceiling: int) -> Bounds:
        """The usual bounds under a lower ceiling."""
        usual = cls()
        return cls(min(usual.floor, ceiling), min(usual.start, ceiling), ceiling)


@dataclass(frozen=True, slots=True)
class Window:
    """The window of one site after some answers.

    Attributes:
        limit: Requests that may be in flight; its fraction is the additive increase so far.
        starting: No answer was late yet.
        recover: Requests with a lower number were sent before the last cut.
    """

    bounds: Bounds
    limit: float
    starting: bool = True
    recover: int = 0

    @property
    def size(self) -> int:
        """Requests that may be in flight now."""
        return int(self.limit)

    def answered(self, number: int, share: float, in_flight: int, sent: int) -> Window:
        """The window after the end of one request.

        Args:
            number: Which it was: the count of requests sent before it.
            share: The part of its deadline that it took; 1 or more when no answer came.
            in_flight: Requests under way when it ended, this one included.
            sent: How many were sent so far.
        """
        if share > LATE:
            return self._cut(number, sent)
        if in_flight * _IN_USE < self.size:
            return self
        wider = self.limit + (1 if self.starting else STEP / self.limit)
        return replace(self, limit=min(wider, float(self.bounds.ceiling)))

    def _cut(self, number: int, sent: int) -> Window:
        if number < self.recover:
            return self
        return Window(self.bounds, max(self.limit / _CUT, float(self.bounds.floor)), starting=False, recover=sent)


def opened(bounds: Bounds) -> Window:
    """The window of a site of which nothing is known."""
    return Window(bounds, float(bounds.start))
