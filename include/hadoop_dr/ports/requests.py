"""What a process asks of the sites: how many requests, for what, and how many of them waited for one another.

Round trips are the currency of a run. They are counted where a request leaves, by stage and
site. **Trips** are the longest chain of requests each of which waits for the answer to the one before: requests that go
out together are one trip, however many they are. A thread that begins work for another one takes that one's count
along (``carried``), and whoever waits for its answer goes on from the higher of both counts (``AwaitedAnswer.result``).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import Any, Generic, Protocol, TypeVar

What = TypeVar("What")
Answer = TypeVar("Answer")

AUDIT = "audit"
"""Full listings that look for what a snapshot diff hides: they grow with the data, not with the change."""
DATA = "data"
"""In place of a site: files copied or read back, and changes of a name space, through the data plane."""
Counts = Mapping[str, Mapping[str, int]]
MAPPED, TRIPS = "stage", "trips"
"""The stage that runs as many tasks, and the column that counts trips and not requests."""
BEFORE = "before"
"""What was asked before the first stage: roles and ledgers."""

_TRIPS: ContextVar[int] = ContextVar("trips", default=0)
_PURPOSE: ContextVar[str] = ContextVar("purpose", default="")


class Note(Protocol):
    """Told of each request to one site."""

    def __call__(self, what: str, count: int = 1, trips: int = 1) -> None:
        """Counts requests that leave together, so that they are one trip."""


def nobody(what: str, count: int = 1, trips: int = 1) -> None:
    """Counts nothing."""


class Requests:
    """Counts requests by stage, site and operation. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._trips: Counter[str] = Counter()
        self._stage, self._began = BEFORE, trips()
        self._elsewhere: list[Counts] = []

    def begin(self, stage: str) -> None:
        """Counts the requests from here on under this stage."""
        self._trips[self._stage] += trips() - self._began
        self._stage, self._began = stage, trips()

    def of(self, site: str) -> Note:
        """Returns what counts the requests to a site."""

        def note(what: str, count: int = 1, trips: int = 1) -> None:
            _TRIPS.set(_TRIPS.get() + trips)
            with self._lock:
                self._counts[_PURPOSE.get() or self._stage, site, what] += count

        return note

    def by_operation(self) -> dict[tuple[str, str, str], int]:
        """Counts by stage, site and operation."""
        with self._lock:
            return dict(self._counts)

    def take_in(self, counted: Iterable[Counts]) -> None:
        """Adds what earlier stages of a run counted in processes of their own, one document of each."""
        self._elsewhere += counted

    def document(self) -> dict[str, dict[str, int]]:
        """Counts by stage and site, with the trips of each stage."""
        return added([*self._elsewhere, self._own()])

    def _own(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (stage, site, _), count in sorted(self.by_operation().items()):
            found.setdefault(stage, {}).setdefault(site, 0)
            found[stage][site] += count
        trips_of = {**self._trips, self._stage: self._trips[self._stage] + trips() - self._began}
        for stage, counts in found.items():
            if stage in trips_of:
                counts[TRIPS] = trips_of[stage]
        return found


def added(documents: Iterable[Counts]) -> dict[str, dict[str, int]]:
    """Adds documents of counts; mapped tasks of one stage overlap, so their trips are those of the longest."""
    found: dict[str, dict[str, int]] = {}
    for document in documents:
        for stage, counts in document.items():
            there = found.setdefault(stage, {})
            for what, count in counts.items():
                before = there.get(what, 0)
                there[what] = max(before, count) if (stage, what) == (MAPPED, TRIPS) else before + count
    return found


def trips() -> int:
    """How many requests this thread's work has waited for, one after the other."""
    return _TRIPS.get()


def wait_for(count: int) -> None:
    """Goes on from an answer that was there after so many trips."""
    _TRIPS.set(max(_TRIPS.get(), count))


def one_trip(act: Callable[[What], Answer], work: Iterable[What]) -> list[Answer]:
    """Does independent things in one thread, as a bounded number of threads does: none waits for another's answer.

    That they share a connection only bounds how many are under way; they count as if each had its own.
    """
    began = most = _TRIPS.get()
    answers = list[Answer]()
    for one in work:
        _TRIPS.set(began)
        answers.append(act(one))
        most = max(most, _TRIPS.get())
    _TRIPS.set(most)
    return answers


@contextmanager
def asked_for(purpose: str) -> Iterator[None]:
    """Counts requests under a purpose of their own instead of the stage's."""
    before = _PURPOSE.set(purpose)
    try:
        yield
    finally:
        _PURPOSE.reset(before)


class AwaitedAnswer(Generic[Answer]):
    """An answer that another thread waits for."""

    def __init__(self, future: Future[Answer], context: Context) -> None:
        self._future, self._context = future, context

    def result(self) -> Answer:
        """Waits for the answer and returns it, or raises what the request raised."""
        try:
            return self._future.result()
        finally:
            wait_for(self._context.get(_TRIPS, 0))


def carried(pool: Executor, act: Callable[..., Answer], *what: Any) -> AwaitedAnswer[Answer]:
    """Has a pool do something, as part of what this thread does."""
    context = copy_context()
    return AwaitedAnswer(pool.submit(context.run, act, *what), context)


class Apart(Generic[What]):
    """Takes work from a source that may itself ask something; what its user waits for meanwhile is not its own wait.

    Independent things stay independent however slowly they are handed out: the tenth request of a loop does not wait
    for the first one's answer just because that was there when it left.
    """

    def __init__(self, work: Iterable[What]) -> None:
        self._work, self._trips = iter(work), trips()

    def __iter__(self) -> Apart[What]:
        """Returns itself."""
        return self

    def __next__(self) -> What:
        """Returns the next thing."""
        before = _TRIPS.get()
        _TRIPS.set(self._trips)
        try:
            return next(self._work)
        finally:
            self._trips = _TRIPS.get()
            _TRIPS.set(before)

    def begin(self, pool: Executor, act: Callable[[What], Answer], what: What) -> AwaitedAnswer[Answer]:
        """Has a pool do something with what was taken, from when it was there on."""
        before = _TRIPS.get()
        _TRIPS.set(self._trips)
        try:
            return carried(pool, act, what)
        finally:
            _TRIPS.set(before)
