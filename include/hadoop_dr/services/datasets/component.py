"""What each kind of data sets knows how to do: its verbs, and what they answer.

A stage loops over the kinds a service has (``components.Components``) and knows none of them by name. In the order of a
run:

    check, coverage       before anything: what stands against a run, what a point would hold
    layout, roots         which directories this kind needs snapshots of
    drift                 what somebody else changed on the destination since the newest point
    is_as_kept            whether what it kept of somebody else's is still as it was
    read_ahead, prepare   ahead of the moment
    mark, mark_end        at T0, and right after the last snapshot
    evidence, export      whether the mark holds; what the point keeps
    plan, fits            what the destination needs, what of it goes, whether there is room
    before_tree           what has to happen before the destination's directories change
    after_tree            what has to happen once they are in place
    verify                whether the destination has what the point keeps
    undo                  in place of the last three, when a point is given up
    promote               at a change of roles

Each object is made for one stage of one process and may keep what it read. What a later stage needs of an earlier one
lies in the ledger, under the kind's name in ``taken`` and ``sealed``, or in the point's documents: a run may end
between any two verbs, and any verb may be called again by another process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hadoop_dr.domain.check_results import Result
from hadoop_dr.domain.ledger.bodies.taken import Incomplete
from hadoop_dr.domain.ledger.bodies.values import Part
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.plan.deletions import Deletions
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.roots.decision import RootDecision
from hadoop_dr.domain.roots.layout import Layout
from hadoop_dr.domain.runs.moment import MarkEvidence
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.domain.tree.inventory import Held
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan

COMPLETE = Incomplete()
"""A point leaves out nothing of a kind."""
Probe = Callable[[], object]
"""A question that a part of a site answers while it works; raises one of our errors when it does not."""
CheckClaim = Callable[[], None]
"""Raises Superseded when this try may not go on; asked before every batch of effects."""
Decide = Callable[[Layout], RootDecision]
"""Decides on the roots for a kind's layout, together with those of the kinds before it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a look before a run is about.

    Attributes:
        roots: The directories whose snapshots would be taken.
        baseline: The point an increment would build on; None for a full run.
        held: Directories that have snapshots of the service's points.
        giving_way: Directories by site that have snapshots and will make way for the roots.
        remaining_bytes: What the destination said a moment ago that it has left; None when it was not asked.
    """

    roots: Sequence[str]
    baseline: Point | None
    held: Collection[str] = ()
    giving_way: Mapping[str, Collection[str]] = field(default_factory=dict)
    remaining_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment whose snapshots were taken.

    Attributes:
        roots: Of these directories.
        snapshot: Name of the snapshots.
        settle_ms: For so long nothing may have changed after the last of them.
        sleep_until: Waits for a time of the monotonic clock, and shows meanwhile that waiting is what this try does.
    """

    roots: Sequence[str]
    snapshot: str
    settle_ms: int
    sleep_until: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Export:
    """What a point keeps of one kind.

    Attributes:
        body: For the ledger; None when the point holds nothing of this kind.
        incomplete: What the point leaves out.
        notes: What a person should know of the point.
    """

    body: Part | None = None
    incomplete: Incomplete = COMPLETE
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would change of one kind on the destination.

    Attributes:
        deletions: What would go, of how much (I8).
        figures: Objects by what would be done to them, under the title that people know them by.
        notes: What a person should know.
        held: How much is live afterwards, for the points that build on this one.
    """

    deletions: Deletions = field(default_factory=Deletions)
    figures: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    held: Mapping[str, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VerifiedKind:
    """What verification found of one kind.

    Attributes:
        verdict: Object by object; a mismatch is put right once, by ``after_tree``, before it counts.
        body: For the ledger, under the kind's name in ``sealed``; None when there is nothing to keep.
    """

    verdict: Verdict = field(default_factory=Verdict)
    body: Part | None = None


@dataclass(frozen=True, slots=True)
class Promoted:
    """What became of that which a secondary only keeps.

    Attributes:
        live: What was made live, one line each.
        left: What was not, for a person to do, one line each.
    """

    live: Sequence[str] = ()
    left: Sequence[str] = ()


class Undoing(Protocol):
    """Brings one kind on the destination back to a sealed point, from wherever a given-up point left it.

    What the given-up point made goes, what it changed or removed is as it was, and what neither point names stays. What
    somebody else had made of an object that goes is kept first (I10). Done again, each verb does what is left.
    """

    def differs(self) -> bool:
        """Whether there is anything to undo; changes nothing."""

    def before_tree(self) -> None:
        """What has to happen before the directories come back."""

    def after_tree(self) -> None:
        """What has to happen once they are back."""


class Component(Protocol):
    """One kind of data sets of one service. Without anything of it in policy and point, nothing is contacted."""

    @property
    def kind(self) -> str:
        """Its name in policies and ledgers, and of its documents."""

    def things(self) -> str:
        """Returns what the policy protects of it, as a plural for people; empty when that is nothing."""

    def check(self, scope: Scope) -> list[Result]:
        """Says what stands against a run, each with the remedy; leaves nothing behind, and raises nothing of ours."""

    def coverage(self) -> list[Result]:
        """Says what of the policy's declarations a point would hold and what not."""

    def layout(self) -> Layout:
        """Tells where what the policy protects lies, for the decision on roots; after ``evidence`` as of the mark.

        What cannot have a root is left aside, for ``refuse`` to judge.
        """

    def refuse(self) -> None:
        """Ends a run for what cannot be protected.

        Raises:
            Refused: The policy does not say to go on without it.
        """

    def declared(self) -> Sequence[str]:
        """Directories by which people look for a point's snapshots."""

    def drift(self) -> list[str]:
        """Names what somebody else changed on the destination since the newest point; writes nothing.

        Directories are looked at by ``services.foreign``, root by root.
        """

    def is_as_kept(self, kept: Kept) -> bool:
        """Whether all of this kind on the destination is as it was when a run kept what was foreign; writes nothing.

        Asked before a run that would wait for a person's word about it again, and only of what this kind kept itself
        (``foreign.keep_objects``), which it does before anything of it goes: in ``before_tree``, ``after_tree``,
        ``verify`` and an undo. False is never wrong: all is looked at anew then.
        """

    def read_ahead(self, moment_ms: int) -> bool:
        """Does what takes long and not every run needs, before its moment is armed; gives whether there was anything.

        Args:
            moment_ms: The moment that the run wants.
        """

    def prepare(self) -> None:
        """Reads ahead of the moment what can be read ahead; repeated, it catches up with what changed since."""

    def mark(self) -> None:
        """At T0, right before the snapshots are asked for: notes the position, in one request at most."""

    def mark_end(self) -> None:
        """Right after the last snapshot: notes the position again, in one request at most."""

    def evidence(self, moment: Moment) -> MarkEvidence | None:
        """Says whether what is kept at the mark and the snapshots are of one moment; None when nothing was marked.

        Raises:
            Refused: The kind cannot be protected as it was at the mark, see ``refuse``.
        """

    def export(self, documents: Documents) -> Export:
        """Writes what the point keeps as of the mark; the documents are of this kind alone and are replaced whole."""

    def plan(self, point: Point, documents: Documents, base: Baseline, trees: Sequence[RootPlan]) -> Planned:
        """Plans what the destination needs, and puts the export and what is to go among the plan's documents.

        Nothing goes later that is not counted here. Changes nothing on the destination.

        Args:
            base: What of an earlier point this one builds on.
            trees: The plans of the point's directories.

        Raises:
            Refused: Somebody else changed the destination since the run looked, and the policy leaves that to a person.
            BaselineLost: The export is gone.
        """

    def preview(self, trees: Sequence[RootPlan]) -> Planned:
        """Says what a run would change now; writes nothing."""

    def fits(self, trees: Sequence[RootPlan]) -> list[Result]:
        """Says what is too small on the destination for what was planned."""

    def before_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Changes the destination before its directories change: what goes. Idempotent; asks the claim for each batch.

        Raises:
            ForeignFound: Somebody else changed the destination, and that is left to a person.
        """

    def after_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Changes the destination once its directories are in place, until it is the point's. Idempotent as above.

        Raises:
            ForeignFound: Somebody else changed the destination, and that is left to a person.
            Unknown: A lost answer did not show its effect in time.
        """

    def verify(self, point: Point, documents: Documents, number: int) -> VerifiedKind:
        """Compares the destination with what the point keeps; the origin need not be there.

        Args:
            number: Of the candidate that is verified.

        Raises:
            ForeignFound: Somebody else changed it since it was placed, and that is left to a person.
        """

    def after_seal(self, point: Point, documents: Documents) -> None:
        """Reads of the origin what costs more than may lie between moment and seal; not done, a later run does it."""

    def warnings(self, point: Point) -> list[str]:
        """Returns what a person should know of what a point keeps of this kind."""

    def no_longer(self, before: Point, point: Point) -> list[str]:
        """Names what an earlier point had and the policy of a later one does not protect any more."""

    def undo(self, to: Point, given_up: Point, check_claim: CheckClaim) -> Undoing | None:
        """Prepares an undo; None when neither point holds anything of this kind."""

    def promote(self, point: Point, documents: Documents) -> Promoted:
        """Makes live, at a change of roles, what a secondary only keeps: quotas, positions, write ids.

        No stage of a backup calls this. A change of roles does, once for each service, when the role entry stands in
        the ledger and before any identity is announced; so no client writes yet, and the destination of the point is
        what becomes the primary. The other site need not be there and is not asked. Done again, by another process,
        it makes live what is left and says the same. What it cannot make live it names and goes on: a promotion does
        not stop half way for the sake of one object.

        Args:
            point: The newest sealed point, which the live tree is.
        """
