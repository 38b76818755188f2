"""Shows the heartbeat of a claim as an extended attribute of the service's document directory (I3).

It lies there and not in a work area because a run plans and waits for its moment long before it has one. Each claim has
an attribute of its own, so that a superseded try that wakes cannot overwrite what its successor shows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import count
from typing import TypeVar

from hadoop_dr.domain.errors import DrError, NotFound
from hadoop_dr.domain.runs.heartbeat import Heartbeat, decode_heartbeat, encode_heartbeat
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.host import Host
from hadoop_dr.ports.namenode import NameNode

T = TypeVar("T")

_ATTRIBUTE = "user.progress."
_SHOW_EVERY_S = 1.0
_CLAIM_EVERY_S = 5.0
_HUSHED_S = 10.0
_ITEMS_S = 5_000
"""Items that are planned, packed or read back in a second, and more, on a machine with other work."""
_LONG_S = 5.0
_MANY = 1000


class HeartbeatWriter:
    """Shows others that this process moves on. Only work moves it: call ``beat`` where something was achieved.

    One for each process, for all its threads: what it writes is at most one attribute a second. A heartbeat that cannot
    be written ends no work; it is a note.

    Args:
        namenode: The deciding site.
        directory: The service's document directory.
    """

    def __init__(self, namenode: NameNode, directory: str, clock: Clock, host: Host) -> None:
        self._namenode, self._directory, self._clock = namenode, directory, clock
        self._me = host.me()
        self._turn = threading.Lock()
        self._claim_n: int | None = None
        self._count, self._shown_at = 0, float("-inf")
        self._quiet: dict[int, tuple[str, float]] = {}
        self._numbers = count()
        self._problem, self._hushed_until = "", float("-inf")

    def work_for(self, claim_n: int) -> None:
        """From now on what is achieved is achieved under this claim; before, nothing is shown."""
        if claim_n != self._claim_n:
            self._claim_n, self._shown_at = claim_n, float("-inf")

    def rest(self) -> None:
        """Shows nothing any more: the claim has ended, or another process goes on."""
        self._claim_n = None

    def beat(self, achieved: int = 1) -> None:
        """Counts what was achieved; writes the count out at most once a second."""
        self._count += achieved
        if self._claim_n is None or not self._turn.acquire(blocking=False):
            return  # nothing to show it for, or another thread is showing it
        try:
            now = self._clock.monotonic_s()
            if now - self._shown_at >= _SHOW_EVERY_S and now >= self._hushed_until:
                self._shown_at = now
                self._show(now)
        finally:
            self._turn.release()

    def hush(self) -> None:
        """Writes nothing for the seconds in which every millisecond counts; what is achieved meanwhile is counted."""
        self._hushed_until = self._clock.monotonic_s() + _HUSHED_S

    def speak(self) -> None:
        """Ends the silence that ``hush`` began."""
        self._hushed_until = float("-inf")

    @contextmanager
    def quiet(self, what: str, for_s: float) -> Iterator[None]:
        """Says that something long is begun which shows nothing on its way, and how long it may take at most."""
        with self._turn:
            number, now = next(self._numbers), self._clock.monotonic_s()
            self._quiet[number] = (what, now + for_s)
            self._shown_at = now
            self._show(now)
        try:
            yield
        finally:
            with self._turn:
                del self._quiet[number]
                self._shown_at = float("-inf")

    def working(self, what: str, items: int) -> AbstractContextManager[None]:
        """Says that this process works by itself on so many items, asking nobody, if that may take long."""
        for_s = items / _ITEMS_S
        return self.quiet(what, for_s) if for_s > _LONG_S else nullcontext()

    def along(self, items: Iterable[T]) -> Iterator[T]:
        """Yields the items and shows that they are worked through, asking nobody."""
        for number, item in enumerate(items, 1):
            yield item
            if number % _MANY == 0:
                self.beat(_MANY)

    def hand_over(self, awaits: str, for_s: float) -> None:
        """Shows what is awaited once this process has ended, and for how long; shows nothing else any more."""
        if self._claim_n is None:
            return
        with self._turn:
            self._count += 1
            self._write(Heartbeat(self._claim_n, self._count, self._me, awaits, for_s))
            self._claim_n = None

    def sleep_until(self, monotonic_s: float, check_claim: Callable[[], None] | None = None) -> None:
        """Waits for a moment and shows that waiting is what this try does.

        Args:
            check_claim: Asked now and then, never shortly before the moment; raises when the claim was lost. A
                heartbeat is not written shortly before it either.
        """
        while (left := monotonic_s - self._clock.monotonic_s()) > 0:
            if check_claim is not None and left > _CLAIM_EVERY_S:
                check_claim()
            if left > _SHOW_EVERY_S:
                self.beat()
            self._clock.sleep_until(min(monotonic_s, self._clock.monotonic_s() + _SHOW_EVERY_S))

    def _show(self, now_s: float) -> None:
        if self._claim_n is None:
            return
        what, until_s = max(self._quiet.values(), key=lambda one: one[1], default=("", now_s))
        self._write(Heartbeat(self._claim_n, self._count, self._me, what, max(0.0, until_s - now_s)))

    def take_problem(self) -> str:
        """Returns once why a heartbeat could not be shown; empty when each could."""
        problem, self._problem = self._problem, ""
        return problem

    def _write(self, heartbeat: Heartbeat) -> None:
        try:
            self._namenode.set_xattr(self._directory, attribute_of(heartbeat.claim), encode_heartbeat(heartbeat))
        except DrError as error:
            self._problem = f"progress could not be shown, so another run may consider this one dead: {error}"


def attribute_of(claim_n: int) -> str:
    """Names the attribute in which a claim's heartbeat is shown."""
    return f"{_ATTRIBUTE}{claim_n}"


def shown_heartbeat(namenode: NameNode, directory: str, claim_n: int) -> Heartbeat | None:
    """Reads what a claim shows; None when that is nothing."""
    try:
        kept = dict(namenode.extras(directory, acl=False).xattrs).get(attribute_of(claim_n))
    except NotFound:
        return None
    return None if kept is None else decode_heartbeat(kept)


def forget_heartbeats(namenode: NameNode, directory: str, before_n: int) -> None:
    """Removes what earlier claims showed; a directory holds only so many attributes."""
    with suppress(DrError):
        for name, _ in namenode.extras(directory, acl=False).xattrs:
            number = name.removeprefix(_ATTRIBUTE)
            if name.startswith(_ATTRIBUTE) and number.isdecimal() and int(number) < before_n:
                namenode.remove_xattr(directory, name)
