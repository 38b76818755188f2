"""Threads for requests that go out together: bounded, answers in the order of the work, each wait counted once.

The first failure is the caller's, once what is under way has ended. What waits for what is told to ``ports.requests``:
so a run can say how many round trips it took, one after the other, whatever the number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from types import TracebackType
from typing import Any, Self, TypeVar

from hadoop_dr.ports.requests import Apart, AwaitedAnswer, carried

WIDTH = 16
"""Requests under way at once where nobody says another number."""
ROOTS_AT_ONCE = 8
"""Roots that plan, stage and verify work on side by side. The work on one root has threads of its own and may hold a
whole listing, so this bounds threads and memory."""
AHEAD = 64
"""Answers that may wait to be taken before no more is asked."""

What = TypeVar("What")
Answer = TypeVar("Answer")


class BoundedPool:
    """A bounded number of threads that ask.

    Args:
        width: Requests under way at once.
        ahead: Requests that may wait for a thread, so that endless work needs bounded memory.
    """

    def __init__(self, width: int = WIDTH, ahead: int = AHEAD, name: str = "requests") -> None:
        self.width, self.ahead = width, ahead
        self._pool = ThreadPoolExecutor(width, thread_name_prefix=name)

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for all of it; after a failure only for what is under way."""
        self._pool.shutdown(cancel_futures=error is not None)

    def shutdown(self) -> None:
        """Waits until every request that was begun has ended."""
        self._pool.shutdown()

    def begin(self, act: Callable[..., Answer], *what: Any) -> AwaitedAnswer[Answer]:
        """Sends one request in a thread of the pool; returns its answer once somebody waits for it."""
        return carried(self._pool, act, *what)

    def map(
        self, act: Callable[[What], Answer], work: Iterable[What], before_each: Callable[[], None] = lambda: None
    ) -> Iterator[Answer]:
        """Yields the answers in the order of the work, of which it takes only so much ahead.

        Args:
            before_each: Called by the caller's thread before each is begun; raises to stop.
        """
        waiting = Apart(work)
        flying: deque[AwaitedAnswer[Answer]] = deque()
        for one in waiting:
            before_each()
            flying.append(waiting.begin(self._pool, act, one))
            if len(flying) >= self.ahead:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()


def map_bounded(
    act: Callable[[What], Answer], work: Iterable[What], before_each: Callable[[], None] = lambda: None,
    width: int = WIDTH,
) -> Iterator[Answer]:
    """Does independent things side by side and gives the answers in the order of the work.

    Args:
        before_each: Called by the caller's thread before each is begun; raises to stop.
        width: How many at once.
    """
    waiting = iter(work)
    first = list(islice(waiting, 2))
    if len(first) < 2:
        for one in first:  # most runs have a single thing to do here, which needs no threads
            before_each()
            yield act(one)
        return
    with BoundedPool(width) as pool:
        yield from pool.map(act, chain(first, waiting), before_each)


def together(*acts: Callable[[], Answer]) -> list[Answer]:
    """Does a few different things side by side; gives what each gave."""
    return list(map_bounded(lambda act: act(), acts, width=max(1, len(acts))))
