"""The shared moment: all snapshots leave together at T0, between two marks of each kind (I1).

Each root has an executor that waits on the monotonic clock with a warm connection (S2.2): one of its own up to
``AT_ONCE`` roots, one for several beyond. The NameNode handles the requests one after the other, at about a millisecond
each, so more of them at once would only wait there, on connections that nobody keeps; what is promised is the measured
skew. Nothing here has a deadline but each request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Barrier

from hadoop_dr.domain.errors import DrError, Protocol, Unknown
from hadoop_dr.domain.runs.moment import skew_ms
from hadoop_dr.domain.tree.file_attributes import Snapshot
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import one_trip, trips, wait_for
from hadoop_dr.services.pool import BoundedPool, map_bounded

_WARM_S = 5.0
AT_ONCE = 64
"""As many connections as are kept to a site."""


@dataclass(frozen=True, slots=True)
class TimedSnapshot:
    """One root's snapshot and when it was asked for and answered.

    Attributes:
        first_s: Monotonic time the request left.
        last_s: Monotonic time the answer was there.
    """

    root: str
    snapshot: Snapshot
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class Taken:
    """All roots of a group at one moment.

    Attributes:
        skew_ms: Last answer minus first request over the whole group.
        late_by_ms: How long after T0 the first request left.
    """

    roots: tuple[TimedSnapshot, ...]
    skew_ms: float
    late_by_ms: int


class TakeSnapshots:
    """Takes the snapshots of a group at T0, or none: what was made is removed when one fails.

    Args:
        namenode: The site the moment is taken on.
        clock: Monotonic time to wait on.
        warm_s: When as many connections as there will be at once were used last, by that clock.
    """

    def __init__(self, namenode: NameNode, clock: Clock, warm_s: float = float("-inf")) -> None:
        self._namenode, self._clock, self._warm_s = namenode, clock, warm_s

    def run(
        self, roots: Sequence[str], name: str, at_s: float, before: Callable[[], None],
        waiting: Callable[[float], None], after: Callable[[], None] = lambda: None,
    ) -> Taken:
        """Releases all requests at ``at_s``.

        Args:
            roots: Snapshottable directories.
            name: Name of every snapshot.
            at_s: T0 on the monotonic clock.
            before: Called at T0, right before the requests leave: marks where each kind of data sets stands.
            waiting: Called with ``at_s`` by the caller's thread; returns at that time.
            after: Called once every answer is there, before anything is made of them.

        Raises:
            AlreadyExists: A root has a snapshot of this name which this call did not make.
            DrError: One of the requests failed; every snapshot this call made was removed.
        """
        if roots:
            return self._together(roots, name, at_s, before, waiting, after)
        # A database without a table, or one that was dropped, is a position of its kind and no more.
        waiting(at_s)
        before()
        after()
        return Taken((), 0.0, max(0, round((self._clock.monotonic_s() - at_s) * 1000)))

    def _together(
        self, roots: Sequence[str], name: str, at_s: float, before: Callable[[], None],
        waiting: Callable[[float], None], after: Callable[[], None],
    ) -> Taken:
        width = min(len(roots), AT_ONCE)
        barrier, asked = Barrier(width + 1), list[int]()

        def some(share: Sequence[str]) -> list[tuple[float, float] | DrError]:
            try:
                cold = self._warm(share[0])
            except BaseException:
                barrier.abort()  # the others would wait for ever
                raise
            barrier.wait()
            barrier.wait()  # T0
            wait_for(asked[0])
            return one_trip(lambda root: cold or self._one(root, name), share)

        pool = BoundedPool(width, name="moment")
        try:
            futures = [(share, pool.begin(some, share)) for share in (roots[at::width] for at in range(width))]
            barrier.wait()
            waiting(at_s)
            before()
            asked.append(trips())
            barrier.wait()
            ended = {root: answer for share, future in futures
                     for root, answer in zip(share, future.result(), strict=True)}
        except BaseException:
            barrier.abort()  # nobody may take a snapshot for a moment that does not come, nor be waited for
            raise
        finally:
            pool.shutdown()
        answers = [ended[root] for root in roots]
        failed = [answer for answer in answers if isinstance(answer, DrError)]
        if failed:
            for root, answer in zip(roots, answers, strict=True):
                if not isinstance(answer, DrError) or isinstance(answer, Unknown):
                    with suppress(DrError):  # the void point's snapshots are swept again later
                        self._namenode.delete_snapshot(root, name)
            raise next((error for error in failed if isinstance(error, Unknown)), failed[0])
        times = [answer for answer in answers if not isinstance(answer, DrError)]
        with BoundedPool(1, name="after") as beside:
            after_result = beside.begin(after)
            shots = list(map_bounded(lambda root: snapshot_named(self._namenode, root, name), roots))
        after_result.result()
        taken = tuple(TimedSnapshot(root, shot, *span) for root, shot, span in zip(roots, shots, times, strict=True))
        late_s = min(first_s for first_s, _ in times) - at_s
        return Taken(taken, skew_ms(times), max(0, round(late_s * 1000)))

    def _one(self, root: str, name: str) -> tuple[float, float] | DrError:
        first = self._clock.monotonic_s()
        try:
            self._namenode.create_snapshot(root, name)
        except DrError as error:
            return error
        return first, self._clock.monotonic_s()

    def _warm(self, root: str) -> DrError | None:
        if self._clock.monotonic_s() - self._warm_s <= _WARM_S:
            return None
        try:
            self._namenode.status(root)
        except DrError as error:
            return error
        return None


def snapshot_named(namenode: NameNode, root: str, name: str) -> Snapshot:
    """Reads a snapshot back by name.

    Raises:
        Protocol: It was made a moment ago and is not listed.
    """
    for snapshot in namenode.snapshots(root):
        if snapshot.name == name:
            return snapshot
    raise Protocol(
        f"{namenode.site}:{root}",
        f"snapshot {name} was taken and is not listed",
        "Somebody deleted it; run the backup again.",
    )
