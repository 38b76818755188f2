"""``ports.mover.Mover`` over ``hdfs_native``."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from hadoop_dr.adapters.native.copying import ShortFile, Streams
from hadoop_dr.adapters.native.loop import LoopThread, Pump
from hadoop_dr.adapters.native.operations import apply_one
from hadoop_dr.adapters.native.site import SiteClient
from hadoop_dr.adapters.native.verdicts import STOPS, judge
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import Failed
from hadoop_dr.ports.mover import DEFAULT_LIMITS, Copy, Did, Digest, Meter, MoverLimits, Operation, Outcome, Read

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")
_KEPT_FAILURES = 1000


@dataclass(frozen=True, slots=True)
class _Engine:
    """What lives on the loop of one process."""

    process: int
    thread: LoopThread
    origin: SiteClient
    destination: SiteClient
    streams: Streams


class NativeMover:
    """Moves bytes from one site to another; the loop and the connections begin with the first call, after any fork."""

    def __init__(
        self, origin: HdfsAddress, destination: HdfsAddress, limits: MoverLimits = DEFAULT_LIMITS,
        report: Callable[[int], None] = lambda count: None,
    ) -> None:
        """Connects to nothing yet.

        Args:
            report: Called on the caller's thread about once a second while it waits, if anything has moved meanwhile.
        """
        self.meter = Meter()
        self._report, self._reported = report, (0, 0)
        self._origin, self._destination, self._limits = origin, destination, limits
        self._running: _Engine | None = None
        self._turn = threading.Lock()
        self._closed = False

    def copy(self, copies: Iterable[Copy]) -> Iterator[Digest | Outcome]:
        """Copies files; a file that meets a failover is begun again within its deadline."""
        engine = self._engine()

        async def one(job: Copy) -> Digest | Outcome:
            return await self._file(job.key, job.destination, engine.destination,
                                    lambda: engine.streams.copy(engine.origin, engine.destination, job))

        return self._pump(engine, copies, one)

    def digest(self, reads: Iterable[Read]) -> Iterator[Digest | Outcome]:
        """Reads files of the destination site back."""
        engine = self._engine()

        async def one(job: Read) -> Digest | Outcome:
            return await self._file(job.key, job.path, engine.destination,
                                    lambda: engine.streams.digest(engine.destination, job))

        return self._pump(engine, reads, one)

    def apply(self, operations: Iterable[Operation]) -> Iterator[Outcome]:
        """Runs operations on the destination site concurrently."""
        engine = self._engine()

        async def one(operation: Operation) -> Outcome:
            outcome = await apply_one(engine.destination, operation)
            self.meter.operations += 1
            return outcome

        return self._pump(engine, operations, one)

    def close(self) -> None:
        """Closes connections and ends threads."""
        self._closed = True
        if self._running and self._running.process == os.getpid():
            self._running.thread.close()

    async def _file(self, key: int, path: str, site: SiteClient,
                    attempt: Callable[[], Awaitable[Digest]]) -> Digest | Outcome:
        try:
            done = await site.insist(attempt, repeatable=True)
        except STOPS:
            raise
        except ShortFile as short:
            outcome = Outcome(key, Did.FAILED, str(short))
        except BaseException as error:
            judged = judge(error)
            outcome = Outcome(key, judged.did, judged.detail)
        else:
            self.meter.files += 1
            return done
        if len(self.meter.failed) < _KEPT_FAILURES:
            self.meter.failed.append(f"{path}: {outcome.detail}")
        return outcome

    def _pump(self, engine: _Engine, inputs: Iterable[I], one: Callable[[I], Awaitable[R]]) -> Iterator[R]:
        return Pump(engine.thread, self._limits.in_flight, one, self._report_progress).run(inputs)

    def _report_progress(self) -> None:
        """Bytes inside a file count as well; a file that stands still moves nothing here."""
        moved = (self.meter.bytes, self.meter.operations)
        if moved != self._reported:
            self._reported = moved
            self._report(1)

    def _engine(self) -> _Engine:
        if self._closed:
            mover = f"mover {self._origin.site} to {self._destination.site}"
            raise Failed(mover, "is closed", "Make another one")
        with self._turn:
            return self._started()

    def _started(self) -> _Engine:
        if self._running is None or self._running.process != os.getpid():
            self._running = _Engine(
                process=os.getpid(),
                thread=LoopThread(f"mover-{self._origin.site}-{self._destination.site}"),
                origin=SiteClient(self._origin, self._limits.deadline_s, self._limits.in_flight),
                destination=SiteClient(self._destination, self._limits.deadline_s, self._limits.in_flight),
                streams=Streams(self._limits, self.meter),
            )
        return self._running
