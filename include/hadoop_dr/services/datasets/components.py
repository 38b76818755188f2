"""The kinds of data sets that a service has, as one: a stage asks all of them and takes their answers together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.check_results import Result
from hadoop_dr.domain.ledger.bodies.taken import Incomplete
from hadoop_dr.domain.ledger.bodies.values import Part
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.plan.deletions import together
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.points.incomplete import all_incomplete
from hadoop_dr.domain.roots.decision import RootDecision
from hadoop_dr.domain.roots.layout import Layout, joined
from hadoop_dr.domain.runs.moment import MarkEvidence
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import (
    CheckClaim,
    Component,
    Decide,
    Moment,
    Planned,
    Promoted,
    Scope,
    Undoing,
)
from hadoop_dr.services.datasets.roots import Roots
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Exports:
    """What a point keeps of all kinds.

    Attributes:
        datasets: For the ledger, by kind; a kind of which the point holds nothing is not among them.
        incomplete: What the point leaves out.
        notes: What a person should know of it.
    """

    datasets: Mapping[str, Part]
    incomplete: Incomplete
    notes: Sequence[str]


class Components:
    """The kinds of one service, in the order in which they were given; each of them is asked in it.

    Args:
        context: The service.
        roots: Decides on roots.
        parts: The kinds.
    """

    def __init__(self, context: BackupContext, roots: Roots, parts: Sequence[Component]) -> None:
        self._context, self._roots, self._parts = context, roots, tuple(parts)

    # ------------------------------------------------------------------ before a run

    def things(self) -> str:
        """Returns what the policy protects, in words: ``directories and tables``."""
        return " and ".join(words for part in self._parts if (words := part.things()))

    def check(self, scope: Scope) -> list[Result]:
        """Says what stands against a run."""
        return [result for part in self._parts for result in part.check(scope)]

    def coverage(self) -> list[Result]:
        """Says what of the policy's declarations a point would hold and what not."""
        return [result for part in self._parts for result in part.coverage()]

    def drift(self) -> list[str]:
        """Names what somebody else changed on the destination since the newest point, outside directories."""
        return [line for part in self._parts for line in part.drift()]

    def is_as_kept(self, kept: Kept) -> bool:
        """Whether what the document of an entry keeps is still as it was; of a kind that is not there nobody knows."""
        kind = kept.document.kind if kept.document else ""
        return any(part.kind == kind and part.is_as_kept(kept) for part in self._parts)

    def decision(self) -> RootDecision:
        """The roots and what a person should know of them; what cannot be protected is left aside."""
        return self._roots.decide(self._layout())

    def decisions(self) -> tuple[RootDecision, RootDecision]:
        """The same, and as if no point held a snapshot."""
        return self.decision(), self._roots.changed(self._layout())

    def roots(self) -> tuple[str, ...]:
        """The directories a snapshot would be taken of now.

        Raises:
            Refused: Something cannot be protected, and the policy does not say to go on without it.
        """
        for part in self._parts:
            part.refuse()
        return self.decision().roots

    # ------------------------------------------------------------------ the moment

    def read_ahead(self, moment_ms: int) -> bool:
        """Does what takes long before the moment is armed; gives whether there was anything."""
        had = [part.read_ahead(moment_ms) for part in self._parts]
        return any(had)

    def prepare(self) -> None:
        """Reads ahead of the moment what can be read ahead."""
        self._roots.forget()
        for part in self._parts:
            part.prepare()

    def mark(self) -> None:
        """At T0: notes the position of each kind."""
        for part in self._parts:
            part.mark()

    def mark_end(self) -> None:
        """Right after the last snapshot: notes them again."""
        for part in self._parts:
            part.mark_end()

    def evidence(self, moment: Moment) -> list[MarkEvidence]:
        """Says of each kind whether what it keeps and the snapshots are of one moment."""
        return [one for part in self._parts if (one := part.evidence(moment)) is not None]

    def export(self, documents: Documents) -> Exports:
        """Writes what the point keeps of each kind."""
        found = {part.kind: part.export(documents) for part in self._parts}
        return Exports(
            {kind: one.body for kind, one in found.items() if one.body is not None},
            all_incomplete(one.incomplete for one in found.values()),
            [note for one in found.values() for note in one.notes],
        )

    def declared(self) -> set[str]:
        """Directories by which people look for a point's snapshots."""
        return {path for part in self._parts for path in part.declared()}

    # ------------------------------------------------------------------ on the destination

    def plan(self, point: Point, documents: Documents, base: Baseline, trees: Sequence[RootPlan]) -> Planned:
        """Plans what the destination needs of each kind."""
        return _all([part.plan(point, documents, base, trees) for part in self._parts])

    def preview(self, trees: Sequence[RootPlan]) -> Planned:
        """Says what a run would change now."""
        return _all([part.preview(trees) for part in self._parts])

    def fits(self, trees: Sequence[RootPlan]) -> list[Result]:
        """Says what is too small on the destination for what was planned."""
        return [result for part in self._parts for result in part.fits(trees)]

    def before_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Changes the destination before its directories change."""
        for part in self._parts:
            part.before_tree(point, documents, check_claim)

    def after_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Changes the destination once its directories are in place."""
        for part in self._parts:
            part.after_tree(point, documents, check_claim)

    def verify(self, point: Point, documents: Documents, number: int) -> tuple[Verdict, dict[str, Part]]:
        """Compares the destination with what the point keeps.

        Returns:
            The verdict, and what the ledger keeps by kind.
        """
        verdict, datasets = Verdict(), dict[str, Part]()
        for part in self._parts:
            found = part.verify(point, documents, number)
            verdict.add(found.verdict)
            if found.body is not None:
                datasets[part.kind] = found.body
        return verdict, datasets

    def after_seal(self, point: Point, documents: Documents) -> None:
        """Reads what may cost more than lies between moment and seal."""
        for part in self._parts:
            part.after_seal(point, documents)

    def warnings(self, point: Point) -> list[str]:
        """Returns what a person should know of what a point keeps."""
        return [line for part in self._parts for line in part.warnings(point)]

    def taken_out(self, point: Point) -> list[str]:
        """Names what the point before this one had and this one does not: once, as the next has this one before it."""
        before = self._context.ledger.last_read().sealed_before(point.point)
        if before is None or before.taken.protect == point.taken.protect:
            return []
        names = [name for part in self._parts for name in part.no_longer(before, point)]
        if not names:
            return []
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        return [f"not protected any more: {shown}; what {point.destination} has of it stays as it is"]

    def undo(self, to: Point, given_up: Point, check_claim: CheckClaim) -> Undoing:
        """Prepares an undo of each kind."""
        every = (part.undo(to, given_up, check_claim) for part in self._parts)
        return _Undoings([one for one in every if one is not None])

    def promote(self, point: Point, documents: Documents) -> Promoted:
        """Makes live what a secondary only keeps; says what, and what a person has to do."""
        every = [part.promote(point, documents) for part in self._parts]
        return Promoted([line for one in every for line in one.live], [line for one in every for line in one.left])

    def _layout(self) -> Layout:
        return joined(part.layout() for part in self._parts)


class _Undoings:
    def __init__(self, every: Sequence[Undoing]) -> None:
        self._every = every

    def differs(self) -> bool:
        return any(one.differs() for one in self._every)

    def before_tree(self) -> None:
        for one in self._every:
            one.before_tree()

    def after_tree(self) -> None:
        for one in self._every:
            one.after_tree()


def components_of(context: BackupContext, *, change_roots: bool = False) -> Components:
    """Makes the components of a service for one stage of its run.

    Args:
        change_roots: A change of roots is ordered.
    """
    roots, made = Roots(context, changing=change_roots), list[Component]()
    for build in context.tools.kinds:
        made.append(build(context, _beside(roots, tuple(made))))
    return Components(context, roots, made)


def _beside(roots: Roots, earlier: Sequence[Component]) -> Decide:
    def decide(layout: Layout) -> RootDecision:
        return roots.decide(joined((*(one.layout() for one in earlier), layout)))

    return decide


def _all(plans: Sequence[Planned]) -> Planned:
    return Planned(
        together(plan.deletions for plan in plans),
        {title: figures for plan in plans for title, figures in plan.figures.items()},
        [note for plan in plans for note in plan.notes],
        {name: held for plan in plans for name, held in plan.held.items()},
    )


__all__ = ["Components", "Exports", "components_of"]
