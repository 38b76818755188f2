"""A breadth-first explorer, and programs of the product as state machines that it can walk through step by step.

A program is ordinary code that asks for everything it needs from outside. It is run from its beginning with the answers
it had so far until it asks for one more; so its own code decides what comes next, and no copy of it is explored.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from hadoop_dr.domain.errors import DrError

State = tuple[int, ...]
Ask = Callable[..., Any]
"""Called by a program with a request; gives the answer, or raises it where it is an exception."""


class _Paused(BaseException):
    """The answers are used up; carries the request that has none yet."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Attributes:
        result: What it returned.
        error: What it raised.
    """

    result: Any = None
    error: DrError | None = None


class Names:
    """Small numbers for values, so that a state is a flat tuple of them."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self.values: list[Any] = []

    def of(self, value: Hashable) -> int:
        """Gives the number of a value; equal values have one number."""
        if (number := self._numbers.get(value)) is None:
            number = self._numbers[value] = len(self.values)
            self.values.append(value)
        return number


@dataclass
class Program:
    """A program as a state machine; state 0 is its beginning.

    Attributes:
        run: Runs it, given what it asks.
        raised: Makes the exception of an answer that is one; None for a plain answer.
        last: Word of the requests behind which only others of that kind follow, and every answer to them: places with
            the same future are one.
    """

    run: Callable[[Ask], Any]
    raised: Callable[[Any], Exception | None]
    last: tuple[str, tuple[Any, ...]] = ("", ())
    requests: list[Any] = field(default_factory=list)
    _answers: list[tuple[Any, ...]] = field(default_factory=list)
    _numbers: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _after: dict[tuple[int, Hashable], int] = field(default_factory=dict)
    _futures: dict[Any, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._state(())

    def after(self, state: int, answer: Hashable) -> int:
        """Gives the state behind an answer."""
        if (found := self._after.get((state, answer))) is None:
            found = self._after[state, answer] = self._state((*self._answers[state], answer))
        return found

    def _state(self, answers: tuple[Any, ...]) -> int:
        if (known := self._numbers.get(answers)) is None:
            coming = self._next(answers)
            future = self._future(answers, coming)
            if future is not None and future in self._futures:
                known = self._numbers[answers] = self._futures[future]
                return known
            known = self._numbers[answers] = len(self.requests)
            if future is not None:
                self._futures[future] = known
            self.requests.append(coming)
            self._answers.append(answers)
        return known

    def _future(self, answers: tuple[Any, ...], coming: Any) -> Any:
        if isinstance(coming, Ended):
            return coming.result, type(coming.error)
        word, possible = self.last
        if coming[0] != word:
            return None
        return coming, tuple(self._future(more, self._next(more)) for more in ((*answers, one) for one in possible))

    def _next(self, answers: tuple[Any, ...]) -> Any:
        left = iter(answers)

        def ask(*request: Any) -> Any:
            for answer in left:
                if (error := self.raised(answer)) is not None:
                    raise error
                return answer
            raise _Paused(request)

        try:
            return Ended(self.run(ask))
        except _Paused as paused:
            return paused.args[0]
        except DrError as error:
            return Ended(error=error)


class Violated(AssertionError):
    """A state or a move broke a promise; the message tells the way that led there."""


@dataclass(frozen=True, slots=True)
class Explored:
    """What an exploration went through.

    Attributes:
        states, moves: Their numbers.
        whole: Nothing was left.
    """

    states: int
    moves: int
    whole: bool


def explore(
    start: State,
    moves: Callable[[State], Iterable[State]],
    wrong: Callable[[State, State], str],
    tell: Callable[[State], str],
    most: int,
) -> Explored:
    """Walks through the states that can be reached, nearest first.

    Args:
        moves: Gives the states that may come next.
        wrong: Says what is wrong with a state and the move that led to it, else an empty text.
        tell: Describes a state, for the way to a violation.
        most: So many states at most.

    Raises:
        Violated: Something is wrong.
    """
    came_from: dict[State, State] = {start: start}
    waiting, moved = deque([start]), 0
    collecting = gc.isenabled()
    gc.disable()  # nothing here makes cycles, and millions of live tuples make each collection slow
    try:
        while waiting and len(came_from) < most:
            state = waiting.popleft()
            for following in moves(state):
                moved += 1
                if said := wrong(state, following):
                    raise Violated(f"{said}\n" + _way(came_from, state, following, tell))
                if following not in came_from:
                    came_from[following] = state
                    waiting.append(following)
    finally:
        if collecting:
            gc.enable()
    return Explored(len(came_from), moved, not waiting)


def _way(came_from: dict[State, State], state: State, last: State, tell: Callable[[State], str]) -> str:
    steps = [last, state]
    while came_from[steps[-1]] != steps[-1]:
        steps.append(came_from[steps[-1]])
    return "\n".join(f"{at:3} {tell(step)}" for at, step in enumerate(reversed(steps)))
