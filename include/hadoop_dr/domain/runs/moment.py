"""What makes a set of snapshots one moment, and what happens when it cannot be shown (I1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from hadoop_dr.domain.config.policy import Unproven

MOST_REARMS = 3
"""So often a moment is armed anew when its window was touched."""
SERIAL_MS = 1.3
"""What a NameNode takes for a snapshot, one after the other; measured on a quiet machine."""
OPEN_FILE_MS = 0.002
"""What each open file of the cluster adds to a snapshot; measured with up to 20,000. A NameNode that freezes the length
of open files looks at all of them, wherever they are, for each snapshot (``captureOpenFiles``)."""
_PAUSE_MS = 3_000
LEAD_MS = 300
"""From the decision to take a moment at once to T0: warming connections and handing out work take about as long."""
_MOST_NEEDED_MS = 3_000
"""Who needs longer from its claim to its moment, as stages in processes of their own do, does not wait for it."""


class Proof(StrEnum):
    """How well it is known that everything in a point belongs to one moment, strongest first."""

    ATOMIC = "atomic"  # one root: the NameNode takes its snapshot in one step
    BOUNDED = "bounded"  # several roots, all of them inside the allowed skew
    UNPROVEN = "unproven"


class Cure(StrEnum):
    """Whether taking the moment again can help."""

    REARM = "re-arm"
    ONCE = "re-arm once"
    NONE = "none"


def skew_ms(spans: Sequence[tuple[float, float]]) -> float:
    """Returns the skew of a group: last answer minus first request, in milliseconds.

    Args:
        spans: For each root the monotonic times, in seconds, at which its request left and its answer was there.
    """
    return (max(last for _, last in spans) - min(first for first, _ in spans)) * 1000 if spans else 0.0


def each_snapshot_ms(open_files: int) -> float:
    """Says what a NameNode takes for one snapshot after the other while so many files are open on its cluster."""
    return SERIAL_MS + open_files * OPEN_FILE_MS


def lead_after(lead_ms: int, late_ms: int = 0) -> int:
    """Says how long before its moment the next run shall name it, from how this one fared with ``lead_ms``.

    A moment that is missed costs three entries of the ledger on both sites and a sweep, so a quarter is added to what
    would have done; one that is met lets it shrink slowly.

    Args:
        late_ms: By how much the run missed its moment; 0 when it met it.
    """
    if not late_ms:
        return max(LEAD_MS, lead_ms - lead_ms // 50)
    needed_ms = lead_ms + late_ms
    return needed_ms * 5 // 4 if needed_ms <= _MOST_NEEDED_MS else LEAD_MS


def clock_offset_ms(created_ms: float, asked_ms: float, answered_ms: float) -> float:
    """Says how far a site's clock was from ours when it took a snapshot; 0 when that may lie in between.

    Args:
        created_ms: Time of the snapshot by the site's clock.
        asked_ms, answered_ms: When its request left and its answer was there: T0 by our wall clock, and what the
            monotonic clock counted from there.
    """
    return created_ms - min(max(created_ms, asked_ms), answered_ms)


_QUIETER = "run it when nobody changes these objects, or shorten settle"
_READABLE = (
    "run it again; should it stay, keep the metastore's notification log longer: "
    "hive.metastore.event.db.listener.timetolive"
)


@dataclass(frozen=True, slots=True)
class Against:
    """One thing that stands against a moment.

    Attributes:
        why: What it is.
        remedy: What helps against it, and not against something else.
    """

    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class MarkEvidence:
    """What stands against the position that one kind of data sets noted at the moment.

    Attributes:
        what: The kind's own word for what it watches, such as ``the catalog``; singular.
        touched: Objects of the service that changed between the mark and the end of the settling time.
        missing: What belongs to an object of the moment and is in none of the snapshots.
        gaps: Where changes of that window could not be read, and why.
        lost: Where it cannot be told any more what was there at the mark, and why; a point would lack that.
    """

    what: str
    touched: Sequence[str] = ()
    missing: Sequence[str] = ()
    gaps: Sequence[str] = ()
    lost: Sequence[str] = ()

    def against(self) -> list[Against]:
        """Why the moment is not proven."""
        return [
            *_named(f"{self.what} changed while the snapshots were taken", self.touched, _QUIETER),
            *_named(f"what {self.what} registers is not in the snapshot", self.missing, _QUIETER),
            *_named(f"the changes of {self.what} cannot be read", self.gaps, _READABLE),
            *_named(f"the state of {self.what} at the moment is unknown", self.lost, _READABLE),
        ]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about a moment once its snapshots exist.

    Attributes:
        roots: How many roots were taken.
        skew_ms: Measured over the group.
        max_skew_ms: The policy's bound.
        marks: What the kinds of data sets say of their own positions.
        offsets_ms: Clock of a site's NameNode minus ours, by site, when it took the snapshots.
        max_offset_ms: The policy's bound.
        open_files: Files that are open on the whole cluster.
    """

    roots: int
    skew_ms: float
    max_skew_ms: float
    marks: Sequence[MarkEvidence] = ()
    offsets_ms: Mapping[str, float] = field(default_factory=dict)
    max_offset_ms: float = 0.0
    open_files: int = 0


@dataclass(frozen=True, slots=True)
class MomentVerdict:
    """How a moment is proven.

    Attributes:
        proof: The grade.
        reasons: Why it is unproven, one sentence each; empty when it is proven.
        cure: Whether a later moment may be proven.
        whole: Whether everything that a point holds could be read; what could not is in no point, proven or not.
        remedies: What helps against these reasons, each once.
    """

    proof: Proof
    reasons: tuple[str, ...] = ()
    cure: Cure = Cure.REARM
    whole: bool = True
    remedies: tuple[str, ...] = ()

    def remedy(self) -> str:
        """Returns what helps, in one sentence."""
        helps = [*self.remedies, *(["set unproven: seal"] if self.whole else [])]
        sentence = "; or ".join(helps)
        return f"{sentence[:1].upper()}{sentence[1:]}."


def prove(evidence: Evidence) -> MomentVerdict:
    """Grades a moment."""
    passing = [*_skewed(evidence), *(one for mark in evidence.marks for one in mark.against())]
    lasting = [
        Against(
            f"the clock of {site} is {offset:+.0f} ms off, the limit is {evidence.max_offset_ms:g} ms",
            f"synchronise the clocks of the controller and of {site}, or raise max_clock_offset",
        )
        for site, offset in sorted(evidence.offsets_ms.items())
        if abs(offset) > evidence.max_offset_ms
    ]
    if found := [*passing, *lasting]:
        return MomentVerdict(
            Proof.UNPROVEN,
            tuple(one.why for one in found),
            Cure.NONE if lasting else Cure.ONCE if _too_many(evidence) else Cure.REARM,
            whole=not any(mark.lost for mark in evidence.marks),
            remedies=tuple(dict.fromkeys(one.remedy for one in found)),
        )
    return MomentVerdict(Proof.ATOMIC if evidence.roots <= 1 else Proof.BOUNDED)


def _too_many(evidence: Evidence) -> bool:
    """Whether so many roots are too far apart by themselves, and not for the company of other services.

    Each try is a snapshot of every root on the primary, and its removal.
    """
    alone_ms = evidence.roots * each_snapshot_ms(evidence.open_files)
    return bool(_skewed(evidence)) and alone_ms > evidence.max_skew_ms


def _skewed(evidence: Evidence) -> list[Against]:
    if evidence.roots <= 1 or evidence.skew_ms <= evidence.max_skew_ms:
        return []
    why = f"{evidence.roots} roots were {evidence.skew_ms:.1f} ms apart, the limit is {evidence.max_skew_ms:g} ms"
    return [Against(why, "run it at a minute that fewer services use, or raise max_skew")]


def _named(problem: str, names: Sequence[str], remedy: str) -> list[Against]:
    if not names:
        return []
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [Against(f"{problem}: {', '.join(names[:3])}{more}", remedy)]


class MomentDecision(StrEnum):
    """What follows from a verdict."""

    GO_ON = "go on"
    REARM = "re-arm"
    VOID = "void"


def decide(verdict: MomentVerdict, rearmed: int, unproven: Unproven) -> MomentDecision:
    """Chooses what happens to a moment.

    Args:
        verdict: Its grade.
        rearmed: How often this run has re-armed already.
        unproven: What the policy says of a point that cannot be proven.
    """
    if verdict.proof is not Proof.UNPROVEN:
        return MomentDecision.GO_ON
    if rearmed < {Cure.REARM: MOST_REARMS, Cure.ONCE: 1, Cure.NONE: 0}[verdict.cure]:
        return MomentDecision.REARM
    return MomentDecision.GO_ON if unproven is Unproven.SEAL and verdict.whole else MomentDecision.VOID


def rearm_pause_ms(service: str, rearmed: int) -> int:
    """Says how much longer than need be a service waits before it takes its moment again.

    Services whose moments were one and the same spoiled one another's skew, and would again if all of them came back at
    one time. Each comes back at one of its own, within 6 seconds at first, then 12, then 24.

    Args:
        rearmed: How often the run has taken its moment again, this time included; 0 is its first moment.
    """
    if rearmed == 0:
        return 0
    drawn = int.from_bytes(sha256(f"{service} {rearmed}".encode()).digest()[:8])
    return drawn % (_PAUSE_MS << rearmed)
