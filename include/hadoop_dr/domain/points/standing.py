"""How one service stands, in a word, and whether a person has to look (I4): what ``status`` answers a monitor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hadoop_dr.domain.config.policy import Drift, Policy
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState


class Word(StrEnum):
    """The states of a service; the first three need nobody."""

    OK = "ok"
    PLACING = "placing"
    WAITING = "waiting"
    LATE = "late"
    DAMAGED = "damaged"
    FOREIGN = "foreign"
    NO_POINT = "no point"
    NO_POLICY = "no policy"
    BROKEN = "broken"
    UNKNOWN = "unknown"


WELL = frozenset({Word.OK, Word.PLACING, Word.WAITING})
"""States that need nobody."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a service stands.

    Attributes:
        word: In a word.
        why: What a person has to know beside it; empty when all is well.
        newest: The newest point that nothing is known against.
        damaged: Points that are kept and not to be relied on, oldest first.
    """

    word: Word
    why: str = ""
    newest: Point | None = None
    damaged: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nobody has to look."""
        return self.word in WELL


def standing(state: ServiceState, policy: Policy, now_ms: int) -> Standing:
    """Says how a service with a policy stands.

    A run that changes the live tree just now excuses no age: one that never ends would be excused for ever.
    """
    newest, damaged, foreign = state.newest_sound(), _damaged(state), _foreign(state, policy)
    why = f"point {damaged[-1].point} is damaged: {damaged[-1].damaged}" if damaged else foreign
    named = tuple(point.point for point in damaged)
    if newest is None:
        if why:
            return Standing(Word.DAMAGED if damaged else Word.FOREIGN, why, None, named)
        if policy.first_moment_ms is not None and now_ms <= policy.first_moment_ms + policy.rpo_ms:
            return Standing(Word.WAITING)
        changing = "a change of roots is in progress, and its point is not sealed yet"
        return Standing(Word.NO_POINT, changing if state.change else "no run has sealed one yet")
    if now_ms - newest.moment_ms > policy.rpo_ms:
        return Standing(Word.LATE, why or "its newest point is older than its rpo", newest, named)
    if why:
        return Standing(Word.DAMAGED if damaged else Word.FOREIGN, why, newest, named)
    placing = state.claim is not None and state.points[state.claim.point].state is PointState.STAGED
    return Standing(Word.PLACING if placing else Word.OK, "", newest)


def unprotected(state: ServiceState) -> Standing | None:
    """Says how a service stands that the ledger knows and no policy names; None when no point of it is left."""
    left = [point for point in state.sealed() if point.destination not in point.gone]
    if not left:
        return None
    why = f"{len(left)} of its points are kept, and no policy file names it any more (see: hadoop-dr unprotect --help)"
    return Standing(Word.NO_POLICY, why, state.newest_sound(), tuple(point.point for point in _damaged(state)))


def _damaged(state: ServiceState) -> list[Point]:
    return [point for point in state.sealed() if point.damaged and point.destination not in point.gone]


def _foreign(state: ServiceState, policy: Policy) -> str:
    """Why backups wait for a person; empty when they do not, or when a run is just looking again."""
    if state.claim is not None or policy.drift is not Drift.REFUSE:
        return ""
    waiting = ((point, state.foreign(point)) for point in state.unfinished())
    return next((f"point {point.point} waits for a person: {kept.text()}" for point, kept in waiting if kept), "")
