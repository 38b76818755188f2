"""Verify: candidate snapshots of a placed point against the stored facts (I2, I9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from hadoop_dr.domain.errors import AlreadyExists, Mismatch
from hadoop_dr.domain.foreign.tree_changes import Foreign
from hadoop_dr.domain.formats.fenced import fenced_name
from hadoop_dr.domain.formats.verdict import VERDICT, VERDICT_STEM, StoredVerdict
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.ledger.bodies.sealed import Sampled, Verified
from hadoop_dr.domain.ledger.bodies.values import Part
from hadoop_dr.domain.state.service_state import Claim, Point
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.domain.tree.file_attributes import Snapshot
from hadoop_dr.domain.tree.intended import first_lowered
from hadoop_dr.ports.mover import SetAttributes
from hadoop_dr.ports.requests import AUDIT, asked_for
from hadoop_dr.services.audit.sampling import SampleOlder
from hadoop_dr.services.backup.judge_root import JudgeRoot
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.foreign.changes import ForeignChanges, Found
from hadoop_dr.services.points.baseline import record
from hadoop_dr.services.points.inodes import keep_inodes
from hadoop_dr.services.points.intended import keep_intended
from hadoop_dr.services.pool import ROOTS_AT_ONCE, BoundedPool, map_bounded
from hadoop_dr.services.recovery.repair import Note, Repair
from hadoop_dr.services.stored.documents import Documents, Row
from hadoop_dr.services.stored.stored_plan import RootPlan, planned_roots
from hadoop_dr.services.take_snapshots import snapshot_named
from hadoop_dr.services.transfer.batches import Batches

SHOWN = 100
"""So many findings are named in the verdict; their number is always there."""


class VerifyPoint:
    """Proves what place left.

    Args:
        context: The service.
        heartbeat: Told how many objects were looked at.
        try_no: Which attempt of the stage this is.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None], try_no: int) -> None:
        self._context, self._heartbeat, self._try = context, heartbeat, try_no
        self._hindered: list[str] = []
        self._sampled: Sampled | None = None
        self._inodes: list[Row] = []
        self._blocks: Mapping[str, str] = {}
        self._datasets: Mapping[str, Part] = {}

    def run(self, claim: Claim, point: Point) -> dict[str, Any]:
        """Takes the candidate snapshots and compares them.

        Returns:
            ``{"point", "match", "mismatch", "cannot_tell", "word"}``.

        Raises:
            Mismatch: Something differs; the message names the first path.
            ForeignFound: Somebody else changed the secondary meanwhile, and that is left to a person.
        """
        documents = self._context.documents(point)
        roots = planned_roots(documents)
        is_as_kept = components_of(self._context).is_as_kept
        foreign = ForeignChanges(self._context, (claim.n, self._try), point, documents, roots, is_as_kept)
        newest = self._newest_candidate(point, roots)
        number = 0 if newest is None else foreign.next_candidate(newest)
        verdict, candidates, found = self._examine(point, documents, roots, number, foreign)
        if found:
            foreign.keep(claim, number, found)
        if verdict.mismatch or found or foreign.is_half_done(number):
            number += 1
            note = partial(foreign.note_repair, number)
            foreign.repair(number, lambda: self._repair(claim, point, documents, roots, candidates, note))
            verdict, candidates, found = self._examine(point, documents, roots, number, foreign)
        if found:
            foreign.keep(claim, number, found)
            raise foreign.again(number)
        lowered, intended = keep_intended(self._context, documents, roots, verdict)
        mismatch, cannot_tell = ([str(one) for one in some[:SHOWN]] for some in (verdict.mismatch, verdict.cannot_tell))
        stored = StoredVerdict(
            verified=Verified(verdict.word, verdict.match, tuple(cannot_tell)),
            mismatch=tuple(mismatch),
            snapshots={root: record(snapshot) for root, snapshot in candidates.items()},
            hindered=tuple(self._hindered[:SHOWN]),
            sampled=self._sampled,
            datasets=self._datasets,
            documents={**keep_inodes(documents, self._inodes), **intended},
            intended=len(lowered),
            lowered=first_lowered(lowered),
            blocks=self._blocks,
        )
        documents.put_json(fenced_name(VERDICT_STEM, claim.n, self._try, ".json"), VERDICT, stored)
        if verdict.mismatch:
            origin = self._context.origin.name
            raise Mismatch(
                verdict.mismatch[0].subject or mismatch[0],
                f"{len(verdict.mismatch)} objects differ from {origin}, the first: {verdict.mismatch[0]}",
                "The point stays hidden, and one repair did not help; look at this object on both sites.",
            )
        return {
            "point": point.point,
            "match": verdict.match,
            "mismatch": mismatch,
            "cannot_tell": cannot_tell,
            "word": verdict.word,
        }

    def _examine(
        self, point: Point, documents: Documents, roots: Sequence[RootPlan], repair: int, foreign: ForeignChanges
    ) -> tuple[Verdict, dict[str, Snapshot], Found]:
        """Looks at a candidate: for what is foreign, and, where nothing is, for what differs."""
        candidates = self._candidates(point, roots, repair)
        names = {root: snapshot.name for root, snapshot in candidates.items()}
        with BoundedPool(2, name="beside") as beside:  # the listings of an audit need wait for neither
            looked = beside.begin(foreign.look_at, repair)
            shown = beside.begin(self._show_times, point, roots)
            verdict, found = self._verdict(point, documents, roots, names, foreign, looked.result, repair)
            shown.result()
        return verdict, candidates, found

    def _repair(
        self,
        claim: Claim,
        point: Point,
        documents: Documents,
        roots: Sequence[RootPlan],
        candidates: Mapping[str, Snapshot],
        note: Note,
    ) -> None:
        """Once: what differs is carried over again, by comparing everything."""
        for root in roots:
            Repair(self._context, self._heartbeat).repair(claim, root, candidates[root.root].name, note)
        components_of(self._context).after_tree(point, documents, lambda: self._context.check_claim(claim))

    def _newest_candidate(self, point: Point, roots: Sequence[RootPlan]) -> int | None:
        """Number of the newest candidate an earlier try took: older ones do not show what it repaired.

        None when none was taken, so that nothing can have been found in one yet.
        """
        namenode, number = self._context.destination.namenode, 0
        every = map_bounded(namenode.snapshots, [root.root for root in roots])
        names = {snapshot.name for shots in every for snapshot in shots}
        while snapshot_name(self._context.policy.service, point.epoch, point.point, number + 1) in names:
            number += 1
        return number if number or self._context.candidate_name(point) in names else None

    def _candidates(self, point: Point, roots: Sequence[RootPlan], repair: int) -> dict[str, Snapshot]:
        """Takes the candidates, or adopts those an earlier try took of the same, unchanged tree.

        Nothing is ever removed here: a worker that slept through a takeover must find nothing it could destroy.
        """
        name = snapshot_name(self._context.policy.service, point.epoch, point.point, repair)
        namenode = self._context.destination.namenode

        def one(root: RootPlan) -> Snapshot:
            with suppress(AlreadyExists):
                namenode.create_snapshot(root.root, name)
            found = snapshot_named(namenode, root.root, name)
            self._heartbeat(1)
            return found

        return dict(zip([root.root for root in roots], map_bounded(one, roots), strict=True))

    def _show_times(self, point: Point, roots: Sequence[RootPlan]) -> None:
        """Taking a snapshot sets the directory's time, on both sites; the origin's is the one to show."""
        taken = point.taken.roots
        times = [
            SetAttributes(number, root.root, mtime_ms=taken[root.root].snapshot.created_ms)
            for number, root in enumerate(roots)
        ]
        Batches(self._context.movers.within, lambda: None, self._heartbeat).run(times, lambda outcome: False)

    def _verdict(
        self,
        point: Point,
        documents: Documents,
        roots: Sequence[RootPlan],
        names: Mapping[str, str],
        foreign: ForeignChanges,
        looked: Callable[[], None],
        number: int,
    ) -> tuple[Verdict, Found]:
        context, verdict, found = self._context, Verdict(), dict[str, Sequence[Foreign]]()
        judge = JudgeRoot(context, documents, names, foreign, looked, self._heartbeat)
        if any(root.plan.units for root in roots):
            judge.read_proofs()
        sample = SampleOlder(context, self._heartbeat)
        with BoundedPool(1, name="sample") as aside:
            with asked_for(AUDIT):
                sampled = aside.begin(sample.run, point, names)  # of older points: nothing else waits for it
            for root, (strange, mine) in zip(roots, map_bounded(judge.run, roots, width=ROOTS_AT_ONCE), strict=True):
                if strange:
                    found[root.root] = strange
                verdict.add(mine)
            self._inodes += judge.inodes
            if found:
                return verdict, found
            of_kinds, self._datasets = components_of(context).verify(point, documents, number)
            verdict.add(sampled.result())
        self._hindered, self._sampled, self._blocks = judge.hindered, sample.sampled, judge.blocks
        verdict.add(of_kinds)
        return verdict, found
