"""A world in which every answer takes long by a virtual clock, and another run watches the heartbeat all the while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.ledger import service_chain
from hadoop_dr.domain.runs.heartbeat import Contender, Contention, Heartbeat, Owner, Watched, contend, watch
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.mover import Copy, Digest, Mover, Outcome
from hadoop_dr.services.context import BackupContext, Movers, SiteConnections
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.heartbeat import HeartbeatWriter, shown_heartbeat
from hadoop_dr.services.ledger.service import ServiceLedger
from sim.world import TableWorld, protecting

SERVICE = "/.hadoop-dr/east-west/services/billing"
POLICY = protecting("hdfs: /wh", "hive: bill") + "max_skew: 1h\n"


@dataclass
class Watcher:
    """Another run that waits for the service, and would take it over as soon as it may.

    Attributes:
        would: What was being waited for when it would have, once for each second.
        longest_s: The longest time without a change before its eyes.
    """

    contender: Contender
    claim_n: int = 0
    watched: Watched | None = None
    would: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    def look(self, claim_n: int, shown: Heartbeat | None, now_s: float, during: str) -> None:
        """Looks again; another claim is watched from its beginning."""
        if claim_n != self.claim_n:
            self.claim_n, self.watched = claim_n, None
        if not claim_n:
            return
        self.watched = watch(self.watched, shown, now_s)
        self.longest_s = max(self.longest_s, now_s - self.watched.since_s)
        if contend(Owner("ours"), self.contender, self.watched, now_s) is Contention.TAKE_OVER:
            self.would.append(during)


_IN_PIECES = ("list", "diff", "block_ids", "copy", "digest", "apply")


class Slow:
    """Lets time go by before every answer, and before each piece of one that comes in pieces.

    Outermost of all wrappers, so that an answer is there and reported before time goes by for anybody else.
    """

    def __init__(self, inner: object, world: SlowWorld) -> None:
        self._inner, self._world = inner, world

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if not callable(real):
            return real

        def call(*args: Any, **named: Any) -> Any:
            if name in _IN_PIECES:
                return self._in_pieces(name, iter(real(*args, **named)))
            with self._world.turn:
                self._world.passes(f"{name} {args[:1]}")
                return real(*args, **named)

        return call

    def _in_pieces(self, name: str, answer: Iterator[Any]) -> Iterator[Any]:
        number = 0
        while True:
            with self._world.turn:
                if number % self._world.pieces == 0:
                    self._world.passes(f"piece {number} of {name}")
                try:
                    piece = next(answer)
                except StopIteration:
                    return
            number += 1
            yield piece


class Trickle:
    """Copies a file in many seconds and reports while it moves, as the real mover does."""

    def __init__(self, inner: Mover, world: SlowWorld) -> None:
        self._inner, self._world, self.meter = inner, world, inner.meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def copy(self, copies: Iterable[Copy]) -> Iterator[Digest | Outcome]:
        """Lets a file take its time."""
        for wanted in copies:
            for second in range(self._world.file_s):
                self._world.passes(f"second {second} of {wanted.origin}", 1.0)
                if second < self._world.hangs_after_s:
                    self._world.report(1)
            yield from self._inner.copy([wanted])


class SlowWorld(TableWorld):
    """Every answer takes ``answer_s``; what another run goes by are the defaults of a policy.

    Attributes:
        answer_s: Seconds; nothing while a test makes ready.
        file_s: Seconds that a file takes from site to site.
        hangs_after_s: After so many of them nothing of it moves any more.
        turn: Time goes by for one at a time.
        pieces: So many of them come with one answer.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answer_s, self.file_s, self.hangs_after_s = 0.0, 0, 1 << 30
        self.takeover_after_s, self.handover_s = 30.0, 600.0
        self.watcher = Watcher(Contender("another", waits=True, after_s=self.takeover_after_s))
        self.report: Callable[[int], None] = lambda count: None
        self.turn, self.pieces = threading.RLock(), 2
        chain = Chain(service_chain("east-west", "billing"), MemoryFiles(self.clusters["west"]), None, self.clock)
        self._ledger = ServiceLedger(chain, PairState(1, "east", "west", 1))

    def passes(self, during: str, for_s: float | None = None) -> None:
        """Time goes by, second by second, and the other looks at each."""
        now_s = self.clock.monotonic_s()
        end_s = now_s + (self.answer_s if for_s is None else for_s)
        while now_s < end_s:
            self.clock.sleep_until(min(end_s, now_s + 1.0))
            now_s = self.clock.monotonic_s()
            claim = self._ledger.read().claim
            ours = claim.n if claim and claim.run == "ours" else 0
            shown = shown_heartbeat(MemoryNameNode(self.clusters["west"]), SERVICE, ours) if ours else None
            self.watcher.look(ours, shown, now_s, during)

    def context(self, faults: Faults | None = None) -> BackupContext:
        """The ground of a new process, each of whose answers takes its time."""
        context = super().context(faults)
        self._stand_still_for(context.claims.heartbeat)
        self.report = context.claims.heartbeat.beat

        def slow(port: Any) -> Any:
            return port and Slow(port, self)

        def site(side: SiteConnections) -> SiteConnections:
            return replace(
                side,
                namenode=slow(side.namenode),
                files=slow(side.files),
                metastore=slow(side.metastore),
                sql=slow(side.sql),
            )

        movers = context.movers
        return replace(
            context,
            origin=site(context.origin),
            destination=site(context.destination),
            movers=Movers(*(slow(one) for one in (movers.across, movers.within, movers.of_origin))),
        )

    def _stand_still_for(self, writer: HeartbeatWriter) -> None:
        """No time goes by while a thread shows that it works: on a busy machine it may wait for long meanwhile."""
        beat, quiet = writer.beat, writer.quiet

        def beat_at_once(achieved: int = 1) -> None:
            with self.turn:
                beat(achieved)

        @contextmanager
        def quiet_at_once(what: str, for_s: float) -> Iterator[None]:
            with ExitStack() as begun:
                with self.turn:
                    begun.enter_context(quiet(what, for_s))
                try:
                    yield
                finally:
                    with self.turn:
                        begun.close()

        writer.beat, writer.quiet = beat_at_once, quiet_at_once  # type: ignore[method-assign]

    def movers(self, faults: Faults, origin: str) -> tuple[Mover, Mover, Mover]:
        """From site to site a file takes its time."""
        across, within, source = super().movers(faults, origin)
        trickle: Any = Trickle(across, self)
        return trickle, within, source
