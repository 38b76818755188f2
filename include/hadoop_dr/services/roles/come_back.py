"""One service of a former primary that comes back as the secondary: its divergence is kept, approved and released.

    looked at     what was changed since the newest point, by the site's own snapshot of it
    kept          a snapshot of each root that diverged, then the entry "kept"
    approved      the entry "divergence": the next backup undoes exactly that, and plans forward
    released      the snapshots go, then the entry "unkept"

Each line may be repeated: what is there already is found and not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from hadoop_dr.domain.errors import NotFound, Refused
from hadoop_dr.domain.ledger import ServiceBody
from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept, DivergenceApproved, KeptRemoved
from hadoop_dr.domain.ledger.kept_changes import DIVERGENCE, MAX_LINES, Kept
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.points.pending import pending_the_other_way
from hadoop_dr.domain.roles.reprotect import DivergedService
from hadoop_dr.domain.roots.existing_copy import may_have_diverged
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.foreign.divergence import objects_digest
from hadoop_dr.services.foreign.keep_before import keep_as_is
from hadoop_dr.services.foreign.tree_drift import found_by_root, lines_by_root
from hadoop_dr.services.points.baseline import find_baseline
from hadoop_dr.services.pool import map_bounded


class ComeBack:
    """Brings one service back to a former primary.

    Args:
        context: The service, in the roles of now: the former primary is the destination of its backups.
        run: Id of the command, for the ledger.
    """

    def __init__(self, context: BackupContext, run: str) -> None:
        self._context, self._run = context, run
        self._site, self._namenode = context.destination.name, context.destination.namenode

    def look(self) -> DivergedService:
        """Says what diverged, and why the service cannot come back; writes nothing."""
        return self._looked()[0]

    def keep(self) -> DivergedService:
        """Keeps what diverged in snapshots, and says so in the ledger; what is kept is what is told of.

        Raises:
            Superseded: Somebody else changed the roles.
            Unknown: An answer was lost and could not be read back; keep it again.
        """
        context = self._context
        found, last = self._looked()
        if found.problem or found.done or not found.count:
            return found
        name = f"dr-{context.policy.service}-kept-{context.roles.epoch}-diverged"
        names = dict(zip(found.trees, map_bounded(self._kept_as(name), found.trees), strict=True))
        trees = lines_by_root(found_by_root(context, last, names)) if names else {}
        kept = replace(found, trees=trees, snapshots={root: names[root] for root in trees})
        if kept.snapshots:
            context.ledger.append_decided(self._run, lambda state: self._to_keep(state, kept))
        return kept

    def approve(self, kept: DivergedService, by: str, reason: str) -> None:
        """Lets the next backup undo what is kept, and nothing else.

        Raises:
            Refused: A run began meanwhile, or a point was sealed.
        """
        body = DivergenceApproved(
            self._site, kept.point or "", kept.snapshots, objects_digest(kept.objects), kept.count, by, reason
        )

        def decide(state: ServiceState) -> ServiceBody | None:
            newest = state.newest_sealed()
            if state.claim is not None or newest is None or newest.point != kept.point:
                raise Refused(kept.service, "a backup ran meanwhile", "Run it again.")
            stands = state.approved_on(self._site, self._context.roles.epoch)
            same = stands is not None and (stands.to, stands.snapshots, stands.objects) == (
                body.to, body.snapshots, body.objects
            )  # fmt: skip
            return None if same else body

        self._context.ledger.append_decided(self._run, decide)

    def release(self, *, dry_run: bool = False) -> list[str]:
        """Removes what keeps a divergence.

        Returns:
            Paths of the snapshots.

        Raises:
            Refused: The site has not come back yet, so nothing else may show what diverged.
        """
        context = self._context
        state = context.ledger.read()
        kept = [one for one in state.kept if one.rule == DIVERGENCE and one.site == self._site]
        paths = [path for one in kept for path in one.places]
        if kept and may_have_diverged(state, context.roles.epoch):
            remedy = f"Run a backup first: hadoop-dr backup {context.policy.service}"
            raise Refused(context.policy.service, f"no point was sealed on {self._site} since it diverged", remedy)
        for one in () if dry_run else kept:
            self._remove(one)
        return paths

    # ------------------------------------------------------------------ parts

    def _remove(self, kept: Kept) -> None:
        for root, name in sorted(kept.snapshots.items()):
            with suppress(NotFound):  # an earlier try, or a person
                self._namenode.delete_snapshot(root, name)
        self._context.ledger.append_decided(
            self._run, lambda state: KeptRemoved(kept.n) if any(one.n == kept.n for one in state.kept) else None
        )

    def _kept_as(self, name: str) -> Callable[[str], str]:
        return lambda root: keep_as_is(self._namenode, root, name)

    def _to_keep(self, state: ServiceState, found: DivergedService) -> ServiceBody | None:
        """The entry that keeps it, unless it stands."""
        if any(one.rule == DIVERGENCE and one.snapshots == found.snapshots for one in state.kept):
            return None
        lines = (*found.lines, *found.objects)
        return ChangesKept(
            claim=0,
            point=found.point or "",
            number=-1,
            site=self._site,
            snapshots=found.snapshots,
            found=lines[:MAX_LINES],
            count=len(lines),
            rule=DIVERGENCE,
        )

    def _looked(self) -> tuple[DivergedService, Baseline]:
        context = self._context
        state, service, components = context.ledger.read(), context.policy.service, components_of(context)
        newest = state.newest_sealed()
        if newest is None:
            return DivergedService(service, problem="no point of it was ever sealed"), Baseline(None)
        if not may_have_diverged(state, context.roles.epoch):
            return DivergedService(service, newest.point, done=True), Baseline(None)
        if problem := self._occupied(state):
            return DivergedService(service, newest.point, problem=problem), Baseline(None)
        roots = components.roots()
        last = find_baseline(context, state, roots)
        lost = sorted(set(roots).intersection(newest.roots) - last.with_base)
        if lost:
            problem = f"no common point: {self._site} has lost its snapshot of point {newest.point} of {lost[0]}"
            problem += f" and {len(lost) - 1} more" if len(lost) > 1 else ""
            problem += "; only drift: restore in the policy lets a backup compare and replace everything there"
            return DivergedService(service, newest.point, problem=problem), last
        trees, objects = lines_by_root(found_by_root(context, last)), components.drift()
        return DivergedService(service, newest.point, trees, objects, warnings=last.lost), last

    def _occupied(self, state: ServiceState) -> str:
        """Says what an earlier run left, or one that works now: its changes look like somebody else's."""
        if state.claim is not None:
            return f"run {state.claim.run} works on it: wait for it, or run a backup that takes it over"
        left: Sequence[str] = [one.detail for one in pending_the_other_way(state, self._site)]
        if not left and (state.undo is not None or state.unfinished()):
            left = ["an earlier run is not ended: run a backup, which ends it"]
        return left[0] if left else ""
