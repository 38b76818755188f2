"""Single requests side by side: bounded, in order, and no new one once one has failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

_THREADS = 16
_AHEAD = 64

What = TypeVar("What")
Answer = TypeVar("Answer")


def map_bounded(
    act: Callable[[What], Answer], work: Iterable[What], before_each: Callable[[], None] = lambda: None
) -> Iterator[Answer]:
    """Does independent things, at most 16 at once, and gives the answers in the order of the work.

    Args:
        before_each: Called by the caller's thread before each is begun; raises to stop.

    Raises:
        Whatever the first of them raised, once those under way have ended.
    """
    source = iter(work)
    first = list(islice(source, 2))
    if len(first) < 2:
        for one in first:         # most runs have a single thing to do here, which needs no threads
            before_each()
            yield act(one)
        return
    flying: deque[Future[Answer]] = deque()
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="transfer")
    try:
        for one in chain(first, source):
            before_each()
            flying.append(pool.submit(act, one))
            if len(flying) >= _AHEAD:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
