"""The heartbeat of a claim: what a run shows of its work, and what others conclude from it (I3).

Nobody compares clocks with anybody: a contender counts on its own monotonic clock how long the heartbeat has stood
still before its eyes. Who ends and leaves work to another task, or begins something that shows nothing on its way, says
what is awaited and for how long; a contender waits that long before it calls it a standstill.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum

from hadoop_dr.domain.codec import codec_of
from hadoop_dr.domain.runs.process import Process


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What is shown, as one value that differs from the one before whenever something was achieved.

    Attributes:
        claim: The claim it is about.
        count: What the process has achieved so far.
        who: The process that wrote it.
        awaits: What comes next without a heartbeat until then: another task, or a long call. Empty while work goes on.
        quiet_s: For how long at most.
    """

    claim: int
    count: int
    who: Process | None = None
    awaits: str = ""
    quiet_s: float = 0.0


_PROCESS = codec_of(Process)


def encode_heartbeat(heartbeat: Heartbeat) -> bytes:
    """Writes a heartbeat."""
    return json.dumps(asdict(heartbeat), sort_keys=True).encode()


def decode_heartbeat(content: bytes) -> Heartbeat | None:
    """Reads a heartbeat; None when it is none, which then shows nothing.

    What a newer version shows besides is no reason to take it for dead.
    """
    try:
        kept = json.loads(content)
        who = None if kept["who"] is None else _PROCESS.load(kept["who"])
        return Heartbeat(int(kept["claim"]), int(kept["count"]), who, str(kept["awaits"]), float(kept["quiet_s"]))
    except (ValueError, TypeError, KeyError):
        return None


@dataclass(frozen=True, slots=True)
class Contender:
    """A try that wants a service which another claim has.

    Attributes:
        run: Its run.
        waits: It stays until the other has ended.
        after_s: How long a heartbeat has to stand still before it may take over.
    """

    run: str
    waits: bool
    after_s: float


@dataclass(frozen=True, slots=True)
class Watched:
    """What a contender has seen of a claim so far.

    Attributes:
        newest: The newest heartbeat; None when none was shown yet.
        since_s: When it was first seen, on the contender's clock.
        moved: It changed before the contender's eyes.
    """

    newest: Heartbeat | None
    since_s: float
    moved: bool = False


def watch(before: Watched | None, shown: Heartbeat | None, now_s: float) -> Watched:
    """Takes another look into account; one that shows nothing takes nothing back."""
    if before is None:
        return Watched(shown, now_s)
    if shown is None or shown == before.newest:
        return before
    return Watched(shown, now_s, moved=True)


class Contention(Enum):
    """What a contender does next."""

    TAKE_OVER = "take over"
    BUSY = "busy"
    LOOK_AGAIN = "look again"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has the service.

    Attributes:
        run: The run of the claim.
        ended: The one process that was to do all of its work has ended; certain, or False.
        shower_ended: The process that wrote the newest heartbeat has ended; certain, or False.
    """

    run: str
    ended: bool = False
    shower_ended: bool = False


def contend(owner: Owner, contender: Contender, watched: Watched, now_s: float) -> Contention:
    """Decides whether a contender takes a service over.

    A later try of the same run need not be told that its own run is at work, nor wait for what that run itself awaits.
    """
    own = owner.run == contender.run
    if owner.ended or (own and owner.shower_ended):
        return Contention.TAKE_OVER
    if watched.moved and not (own or contender.waits):
        return Contention.BUSY
    if now_s - watched.since_s >= patience_s(contender, watched.newest, own=own):
        return Contention.TAKE_OVER
    return Contention.LOOK_AGAIN


def patience_s(contender: Contender, newest: Heartbeat | None, *, own: bool) -> float:
    """How long the newest heartbeat has to stand still."""
    if newest is None or own:
        return contender.after_s
    return max(contender.after_s, newest.quiet_s)
