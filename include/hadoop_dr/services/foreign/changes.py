"""Foreign changes during a run: told before anything is repaired, kept, and handled by the drift rule (I10).

    candidate n ---- find ----> nothing: goes on
                        |
                        v
              kept: snapshots, entry "kept"
                        |
      refuse <----------+----------> restore
    run ends, the point stays       repair n+1 undoes them, candidate n+1 is looked at like n
    staged; the next run looks
    again, at a candidate of its
    own if the tree has changed

Every name and number comes from the point and the candidate, so a death at any arrow is followed by the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.errors import ForeignFound
from hadoop_dr.domain.foreign.drift import needs_undo
from hadoop_dr.domain.foreign.tree_changes import Foreign, is_change
from hadoop_dr.domain.formats.fenced import fenced_name
from hadoop_dr.domain.formats.stage_note import MARK, NoteOfStage
from hadoop_dr.domain.formats.tables import REPAIR_ITEMS, REPAIR_STAGED
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept
from hadoop_dr.domain.ledger.kept_changes import MAX_LINES, Kept
from hadoop_dr.domain.plan.work_order import StagedShare
from hadoop_dr.domain.state.service_state import Claim, Point
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.domain.tree.item_rows import item_rows, items_from_rows
from hadoop_dr.domain.tree.snapshot_diff import Changes
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.foreign.find import CarriedOut, FindForeign
from hadoop_dr.services.foreign.kept import IsAsKept, is_unchanged, keep_tree, refusal
from hadoop_dr.services.points.stage_records import StageRecords
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan, plan_items

_BEGUN, _DONE = "begun.json", "done.json"
Found = Mapping[str, Sequence[Foreign]]
"""Foreign changes by root; only roots that have some."""


class ForeignChanges:
    """What somebody else did to the roots of one point.

    Args:
        context: The service.
        own: Claim and try that look, which what they write down bears in its name.
        point: The point.
        documents: Its documents.
        roots: Its plan.
        is_as_kept: Asks the kind of a document that keeps objects.
    """

    def __init__(
        self,
        context: BackupContext,
        own: tuple[int, int],
        point: Point,
        documents: Documents,
        roots: Sequence[RootPlan],
        is_as_kept: IsAsKept,
    ) -> None:
        self._own = own
        self._context, self._documents, self._is_as_kept = context, documents, is_as_kept
        self._point, self._roots = point, roots
        self._records = StageRecords(context, documents)
        self._find = FindForeign(context.destination.namenode)
        self._differences: dict[str, tuple[CarriedOut, Changes]] = {}
        self._led: dict[int, str | None] = {}

    def next_candidate(self, newest: int) -> int:
        """Which candidate is to be looked at: a new one when the newest was refused and the tree has changed since.

        So it is, too, when a repair of the newest was begun by somebody who died.

        Raises:
            ForeignFound: It was refused, and everything is as it was.
        """
        refused = self._context.ledger.last_read().foreign(self._point)
        if refused is not None and refused.number == newest:
            left = self._context.drift is Drift.REFUSE
            if left and is_unchanged(self._context, self._point, refused, self._is_as_kept):
                raise refusal(self._context, refused)
            return newest + 1
        return newest + 1 if self._repair(newest + 1) else newest

    def is_half_done(self, number: int) -> bool:
        """Whether the repair that led to a candidate was not carried out whole: then another one has to follow."""
        return number > 0 and (led := self._repair(number)) is not None and not self._noted(f"{led}/{_DONE}")

    def look_at(self, number: int) -> None:
        """Reads what the destination says of all roots, side by side; ``of`` tells what of it is foreign."""
        steps = [self._step(root, number) for root in self._roots]
        answers = zip(steps, self._find.differences(steps), strict=True)
        self._differences = {step.root: (step, changes) for step, changes in answers}

    def reported(self, root: str) -> tuple[str, Changes]:
        """The snapshot that a root's plan came from, and what the destination says of it and the candidate."""
        step, changes = self._differences[root]
        return step.base, changes

    def of(self, root: str, listing: Mapping[str, DirEntry] | None) -> list[Foreign]:
        """Foreign changes of one root.

        Args:
            listing: A full listing of the candidate by path, if there is one.
        """
        step, changes = self._differences.pop(root)
        return self._find.run(step, changes, listing)

    def keep(self, claim: Claim, number: int, found: Found) -> None:
        """Keeps the tree as it is, with all that is foreign in it, and records that.

        Raises:
            ForeignFound: The policy says to leave it to a person.
        """
        context, rule = self._context, self._context.drift.value
        name = f"dr-{context.policy.service}-kept-{self._point.point}.{number}"
        namenode, candidate = context.destination.namenode, self._candidate(number)
        names = {root: keep_tree(namenode, root, name, candidate) for root in found}
        lines = tuple(one.text(root) for root, changes in found.items() for one in changes)
        body = ChangesKept(
            claim=claim.n,
            point=self._point.point,
            number=number,
            site=context.destination.name,
            snapshots=names,
            found=lines[:MAX_LINES],
            count=len(lines),
            rule=rule,
            replaced=needs_undo(one for changes in found.values() for one in changes),
        )
        kept = self._recorded(number, rule)
        if kept is None:
            context.ledger.append_mine(claim, body)
            kept = self._recorded(number, rule)
        assert kept is not None
        if context.drift is Drift.REFUSE:
            raise refusal(self._context, kept)

    def again(self, number: int) -> ForeignFound:
        """The error for changes that went on while others were undone."""
        kept = self._recorded(number, self._context.drift.value)
        assert kept is not None
        return refusal(self._context, kept)

    def note_repair(self, number: int, root: RootPlan, staged: Sequence[StagedShare]) -> None:
        """Writes down what a repair is about to do in a root, so that its result can be told from foreign changes."""
        rows = [(i, there, i in one.whole) for one in staged for i, there in one.units.items()]
        items, notes = [item for item in root.items if is_change(item)], f"{self._repair_notes(number)}/{root.index}"
        self._documents.write_loose(f"{notes}-items.parquet", REPAIR_ITEMS, item_rows(items))
        self._documents.write_loose(f"{notes}-staged.parquet", REPAIR_STAGED, rows)

    def repair(self, number: int, act: Callable[[], None]) -> None:
        """Carries a repair out, between the two notes that tell whether it was carried out whole."""
        self._documents.put_json(f"{self._repair_notes(number)}/{_BEGUN}", MARK, NoteOfStage())
        self._led[number] = self._repair_notes(number)
        act()
        self._documents.put_json(f"{self._repair_notes(number)}/{_DONE}", MARK, NoteOfStage())

    # ------------------------------------------------------------------ parts

    def _step(self, root: RootPlan, number: int) -> CarriedOut:
        """The plan that led to a candidate: the newest repair up to it, else the plan of the point."""
        candidate = self._candidate(number)
        for repair in range(number, 0, -1):
            if (led := self._repair(repair)) is not None:
                return self._repaired(root, repair, led, candidate)
        assert root.base is not None
        staged, whole = self._records.staged(root)
        return CarriedOut(
            root=root.root,
            base=root.base,
            candidate=candidate,
            items=root.items,
            plan=root.plan,
            staged=staged,
            whole=whole,
        )

    def _repaired(self, root: RootPlan, repair: int, led: str, candidate: str) -> CarriedOut:
        rows = self._documents.read_loose(f"{led}/{root.index}-items.parquet", REPAIR_ITEMS) or []
        staged = self._documents.read_loose(f"{led}/{root.index}-staged.parquet", REPAIR_STAGED) or []
        items = items_from_rows(rows)
        return CarriedOut(
            root=root.root,
            base=self._candidate(repair - 1),
            candidate=candidate,
            items=items,
            plan=plan_items(items),
            staged={cast(int, inode): cast(int, there) for inode, there, _ in staged},
            whole=frozenset(cast(int, inode) for inode, _, whole in staged if whole),
            complete=self._noted(f"{led}/{_DONE}"),
        )

    def _repair_notes(self, number: int) -> str:
        return fenced_name(f"repairs/{number}", *self._own, ending="")

    def _repair(self, number: int) -> str | None:
        """Where the repair that leads to a candidate was written down, by the latest who began it; None for none."""
        if number not in self._led:
            self._led[number] = self._documents.newest(f"repairs/{number}")
        return self._led[number]

    def _noted(self, name: str) -> bool:
        return self._documents.get_json(name, MARK) is not None

    def _candidate(self, number: int) -> str:
        return snapshot_name(self._context.policy.service, self._point.epoch, self._point.point, number)

    def _recorded(self, number: int, rule: str) -> Kept | None:
        every: Sequence[Kept] = self._context.ledger.read().kept
        mine = (one for one in every if (one.point, one.number, one.rule) == (self._point.point, number, rule))
        return next(mine, None)
