"""Which NameNode to ask, how long, and what to do when an answer is lost.

Reads and changes that may be repeated (``repeat``) go round the NameNodes with growing pauses until one serves them or
the budget is spent. A change that must happen once (``once``) moves on only while nothing can have happened: no
connection, standby, safe mode. A lost answer is read back on whichever NameNode serves then:

    done        -> done
    not done    -> sent once more; a second loss, or a refusal that reading back explains, is settled the same way
    cannot tell -> Unknown, as after a reading that found no NameNode within the budget

A NameNode that takes requests and answers none in time hangs: each question costs a whole timeout, and the others take
over from it much later than from a dead one. It is left alone for a while as long as there are others to ask.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from hadoop_dr.adapters.webhdfs.client import OneNameNode
from hadoop_dr.adapters.webhdfs.errors import Late, Lost, NotSent, ReadBack
from hadoop_dr.domain.errors import DrError, Failed, NotReady, Unknown, Unreachable
from hadoop_dr.ports.clock import Clock

T = TypeVar("T")
Ask = Callable[[OneNameNode], T]

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0
_LEFT_ALONE_S = 30.0
_HANGS_TIMES = 4
"""So many budgets while one hangs: by default a failover controller gives such a NameNode up after 45 s."""


class Route:
    """The NameNodes of one site; remembers which of them served last. Safe for many threads."""

    def __init__(self, site: str, namenodes: Sequence[OneNameNode], clock: Clock, budget_s: float) -> None:
        self._site, self._namenodes, self._clock, self._budget_s = site, tuple(namenodes), clock, budget_s
        self._serving = 0
        self._hung: dict[int, float] = {}      # until when a NameNode that hangs is left alone
        self._lock = threading.Lock()

    @property
    def serving(self) -> OneNameNode:
        """The NameNode that served last."""
        return self._namenodes[self._serving]

    def repeat(self, ask: Ask[T]) -> T:
        """Asks until a NameNode answers; ``ask`` may be carried out more than once.

        Raises:
            Unreachable: Nobody answered. NotReady: Somebody did, and could not serve.
        """
        return self._ask(ask, give_up_on=())

    def once(self, send: Ask[T], read_back: Callable[[], ReadBack], subject: str) -> T | None:
        """Has a change made at most once.

        Args:
            send: Makes the request.
            read_back: Finds out with ``repeat`` whether the change happened.
            subject: What the change is about, for the error.

        Returns:
            What ``send`` returned, or None when its answer was lost and reading back found it done.

        Raises:
            Unknown: Whether it happened could not be found out.
        """
        try:
            return self._ask(send, give_up_on=(Lost,))
        except Lost as lost:
            first = lost
        if self._settle(read_back, subject, first) is ReadBack.DONE:
            return None
        try:
            return self._ask(send, give_up_on=(Lost,))
        except Lost as lost:
            if self._settle(read_back, subject, lost) is ReadBack.DONE:
                return None
            raise _unknown(subject, lost) from lost
        except (Unreachable, NotReady) as gone:
            raise _unknown(subject, first) from gone
        except Failed:
            if self._settle(read_back, subject, first) is ReadBack.DONE:
                return None        # the first request was only slow: the second met its effect
            raise

    def _settle(self, read_back: Callable[[], ReadBack], subject: str, lost: Lost) -> ReadBack:
        try:
            verdict = read_back()
        except DrError as unreadable:
            raise _unknown(subject, lost) from unreadable
        if verdict is ReadBack.CANNOT_TELL:
            raise _unknown(subject, lost) from lost
        return verdict

    def _ask(self, ask: Ask[T], give_up_on: tuple[type[Exception], ...]) -> T:
        began_s = self._clock.monotonic_s()
        pause_s, tried = _FIRST_PAUSE_S, 0
        while True:
            index = self._next()
            try:
                return ask(self._namenodes[index])
            except (NotSent, Lost) as problem:
                if isinstance(problem, Late):
                    self._leave_alone(index)
                if isinstance(problem, give_up_on):
                    self._pass_over(index)
                    raise
                last: DrError = Unreachable(self._site, str(problem),
                                            "Check that a NameNode of this site runs and can be reached")
            except NotReady as problem:
                last = self._named(problem)
            self._pass_over(index)
            tried += 1
            if tried % len(self._namenodes) == 0:
                budget_s = self._budget_s * (_HANGS_TIMES if self._hung else 1)
                if self._clock.monotonic_s() + pause_s >= began_s + budget_s:
                    raise last
                self._clock.sleep_until(self._clock.monotonic_s() + pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _named(self, problem: NotReady) -> NotReady:
        """The same error about this site: which of them cannot serve is what a person has to know first."""
        if problem.subject == self._site:
            return problem
        return NotReady(self._site, f"{problem.problem} ({problem.subject})", problem.remedy)

    def _next(self) -> int:
        """The NameNode that served last, or the next one that is not known to hang."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            self._hung = {index: until_s for index, until_s in self._hung.items() if until_s > now_s}
            if self._serving in self._hung and len(self._hung) < len(self._namenodes):
                self._serving = next(index for index in range(len(self._namenodes)) if index not in self._hung)
            return self._serving

    def _leave_alone(self, index: int) -> None:
        if len(self._namenodes) > 1:
            with self._lock:
                self._hung[index] = self._clock.monotonic_s() + _LEFT_ALONE_S

    def _pass_over(self, index: int) -> None:
        with self._lock:
            if self._serving == index:
                self._serving = (index + 1) % len(self._namenodes)


def _unknown(subject: str, lost: Lost) -> Unknown:
    return Unknown(subject, f"the change may or may not have been made: {lost}",
                   "Check it once the NameNode answers, then run the command again")
