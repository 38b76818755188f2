"""A change of roots on the two sites: what stands in the way, what is announced, what makes way.

Nothing is removed that the ledger has not given up before: a directory makes way on a site only when no point holds a
snapshot of it there any more, by the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hadoop_dr.domain.check_results import Result, fail, guarded, refuse_on_failure
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.foreign.drift import drift_text, needs_undo, way_out_while_roots_change
from hadoop_dr.domain.foreign.tree_changes import Foreign
from hadoop_dr.domain.ledger.bodies.ends import RootsChanged
from hadoop_dr.domain.paths import WORK_AREA, join
from hadoop_dr.domain.points.pins import refuse_pinned
from hadoop_dr.domain.roots.change import (
    NAME,
    Proposal,
    not_our_work,
    not_ours,
    objections,
    points_to_go,
    propose,
    replaced_roots,
    under_way,
)
from hadoop_dr.domain.roots.decision import inside, nestings
from hadoop_dr.domain.state.service_state import Claim, Point, ServiceState
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.foreign.tree_drift import drift_by_root, lines_by_root
from hadoop_dr.services.inventory import facts_of, walk
from hadoop_dr.services.points.baseline import snapshot_problem, snapshots_of_root
from hadoop_dr.services.snapshot_cache import clear_snapshot_cache
from hadoop_dr.services.transfer.work_area import not_of_service

_SHOWN = 3


class RootsInTheWay:
    """Directories of the service that have snapshots, and in whose place or around which other roots are wanted.

    Args:
        context: The service.
    """

    def __init__(self, context: BackupContext) -> None:
        self._context = context

    def proposal(self, roots: Sequence[str]) -> Proposal | None:
        """Returns what has to be requested and approved before these can be the roots; None when nothing has."""
        context = self._context
        return propose(context.ledger.read(), roots, context.origin.name, context.destination.name)

    def look(self, state: ServiceState, roots: Sequence[str], *, requested: bool) -> list[Result]:
        """Says what stands against a change that was requested or is under way."""
        context, proposal = self._context, self._proposed(state, roots) if requested else None
        found = under_way(state)
        if proposal is not None:
            against = objections(proposal, state, context.origin.name, context.destination.name)
            found += [*against, *guarded(NAME, lambda: iter(self._beside(proposal)))]
        found += guarded(NAME, lambda: self._untold(state, self._old(state, roots, proposal)))
        if proposal or state.change:
            clear_snapshot_cache(self._context)
        for side in self._context.sides.values() if proposal or state.change else ():
            for root in self._old(state, roots, proposal):
                names = [snapshot.name for snapshot in snapshots_of_root(side.namenode, root)]
                found += not_ours(self._context.policy.service, side.name, root, names)
        return found

    def _proposed(self, state: ServiceState, roots: Sequence[str]) -> Proposal | None:
        return propose(state, roots, self._context.origin.name, self._context.destination.name)

    def giving_way(self, state: ServiceState, roots: Sequence[str], *, requested: bool) -> dict[str, set[str]]:
        """Directories, by site, that have snapshots now and will have made way when a root needs it."""
        proposal = self._proposed(state, roots) if requested else None
        going = {*(state.change.old if state.change else ()), *(proposal.old if proposal else ())}
        return {site: self._free(state, site) | going for site in self._context.sides}

    def announce(self, claim: Claim, roots: Sequence[str]) -> None:
        """Gives the old roots up on the primary, by the ledger; nothing is removed yet."""
        state, context = self._context.ledger.read(), self._context
        proposal = propose(state, roots, context.origin.name, context.destination.name)
        if proposal is None:
            return
        earlier = state.change.old if state.change else ()
        self._refuse_foreign(context.origin, proposal.old)
        self._give_up(claim, context.origin, sorted({*earlier, *proposal.old}), proposal.new, claim.frozen.reason)

    def give_up_on_destination(self, claim: Claim) -> None:
        """Gives the old roots up on the secondary, too, by the ledger; once is enough.

        Raises:
            Refused: There is a snapshot that is not ours; nothing was given up.
        """
        state, destination = self._context.ledger.read(), self._context.destination
        self._refuse_foreign(destination, state.change.old if state.change else ())
        if state.change is not None and points_to_go(state, state.change.old, destination.name):
            self._give_up(claim, destination, state.change.old, state.change.new, state.change.reason)

    def make_way(self, side: SiteConnections, roots: Iterable[str]) -> None:
        """Removes our snapshots of given-up directories around or in the roots, and the right to have them.

        Raises:
            Refused: There is a snapshot that is not ours.
        """
        ledger, wanted = self._context.ledger, list(roots)
        if not replaced_roots(self._free(ledger.last_read(), side.name), wanted):
            return
        free = replaced_roots(self._free(ledger.read(), side.name), wanted)  # nothing goes on what was known once
        for directory in sorted(set(free).intersection(side.namenode.snapshottable())):
            self._refuse_foreign(side, [directory])
            for shot in side.namenode.snapshots(directory):  # oldest first, as HDFS wants it
                side.namenode.delete_snapshot(directory, shot.name)
            side.namenode.disallow_snapshot(directory)

    def waiting(self, roots: Iterable[str]) -> frozenset[str]:
        """Roots that cannot have snapshots on the secondary before points with others went there; asks only then."""
        destination, wanted = self._context.destination, list(roots)
        held = replaced_roots(self._context.ledger.last_read().held_roots(destination.name), wanted)
        there = set(held).intersection(destination.namenode.snapshottable()) if held else set()
        return frozenset(nestings(wanted, there))

    def changing(self, roots: Sequence[str], *, requested: bool) -> bool:
        """Whether a change of roots is in progress or about to be."""
        return self._context.ledger.last_read().change is not None or (requested and self.proposal(roots) is not None)

    def foreign_changes(self, roots: Sequence[str], *, requested: bool) -> dict[str, list[Foreign]] | None:
        """Returns what somebody else changed in old and new roots since the newest point; None when no change goes on.

        Bytes that are staged for a new root lie in an old one, and are no foreign change of that.
        """
        if not self.changing(roots, requested=requested):
            return None
        state, proposal = self._context.ledger.read(), self.proposal(roots) if requested else None
        newest = max(state.sealed_on_destination(), key=lambda point: point.point, default=None)
        if newest is None:
            return {}
        looked_at = {*roots, *self._old(state, roots, proposal)}
        bases = self._bases(newest, looked_at)
        new = (*roots, *(state.change.new if state.change else ()))
        areas = [f"{root}/{WORK_AREA}" for root in new]
        found = {
            root: [one for one in changes if not any(inside(join(root, one.path), area) for area in areas)]
            for root, changes in drift_by_root(self._context, bases).items()
        }
        return {root: changes for root, changes in found.items() if changes}

    def refuse_foreign_changes(self, roots: Sequence[str]) -> None:
        """Ends a run that plans on a live tree which somebody else changed since the newest point.

        Raises:
            Refused: So it is; nothing has changed on the secondary.
        """
        if found := self.foreign_changes(roots, requested=False):
            lines = [line for some in lines_by_root(found).values() for line in some]
            replaced = needs_undo(one for changes in found.values() for one in changes)
            said = f"drift: {drift_text(self._context.destination.name, lines)}"
            raise Refused(self._context.policy.service, said, f"{way_out_while_roots_change(replaced=replaced)}.")

    def _untold(self, state: ServiceState, old: Iterable[str]) -> Iterator[Result]:
        """Of which old roots nobody can tell what is somebody else's on the secondary, and what lies in their way.

        Those that its points have given up are what place makes of them; they were looked at before.
        """
        destination, newest = (
            self._context.destination,
            max(state.sealed_on_destination(), key=lambda one: one.point, default=None),
        )
        if newest is None:
            return
        held = state.held_roots(destination.name)
        there = [root for root in old if root in held and facts_of(destination.namenode, root)]
        for root in sorted(set(there).difference(self._bases(newest, there))):
            yield fail(
                NAME,
                f"{destination.name}:{root} is in no complete snapshot of the newest point, so foreign content in "
                "it cannot be recognised; a change of roots would remove it",
                f"Back up with {root} declared as it was, which keeps what is deleted; then change the roots.",
            )
        for root in there:
            yield from not_our_work(
                destination.name, root, not_of_service(destination.namenode, root, self._context.policy.service)
            )

    def _refuse_foreign(self, side: SiteConnections, directories: Iterable[str]) -> None:
        service = self._context.policy.service
        clear_snapshot_cache(self._context)  # snapshots go after this look: it has to be of now
        for directory in directories:
            names = [shot.name for shot in snapshots_of_root(side.namenode, directory)]
            refuse_on_failure(service, not_ours(service, side.name, directory, names))

    def _bases(self, point: Point, roots: Iterable[str]) -> dict[str, str]:
        """Snapshots of a point that are still there, those with the live tree's inodes first."""
        destination, bases = self._context.destination.namenode, dict[str, str]()
        held, live = point.snapshots_on(destination.site), point.live_on(destination.site)
        for root in set(roots).intersection(held):
            for kept in (held[root], live[root]):
                if snapshot_problem(destination, kept) is None:
                    bases[root] = kept.name
        return bases

    def _old(self, state: ServiceState, roots: Sequence[str], proposal: Proposal | None) -> list[str]:
        """Old roots that still have to make way somewhere."""
        approved = replaced_roots(state.change.old, roots) if state.change else ()
        return sorted({*approved, *(proposal.old if proposal else ())})

    def _free(self, state: ServiceState, site: str) -> set[str]:
        """Directories of ours that no point holds on a site any more."""
        ours = state.roots().union(self._context.owners.mine)
        if state.change is not None:
            ours.update(state.change.old, state.change.new)
        return ours - state.held_roots(site)

    def _give_up(
        self, claim: Claim, side: SiteConnections, old: Sequence[str], new: Sequence[str], reason: str
    ) -> None:
        points = tuple((side.name, name) for name in points_to_go(self._context.ledger.read(), old, side.name))
        body = RootsChanged(claim.n, side.name, tuple(old), tuple(new), points, reason)
        service = self._context.policy.service
        self._context.ledger.append_mine(claim, body, lambda now: refuse_pinned(now, service, points))

    def _beside(self, proposal: Proposal) -> list[Result]:
        """Names what only the secondary has in a new root, outside the old ones: it would go, and no point had it."""
        origin, destination = self._context.origin, self._context.destination
        found: list[str] = []
        for root in proposal.new:
            below = {one[len(root) + 1 :] for one in proposal.old if one != root and inside(one, root)}
            if below:
                theirs = {path for path, _ in walk(origin.namenode, root, skip=below)}
                ours = (path for path, _ in walk(destination.namenode, root, skip=below))
                found += [f"{root}/{path}" for path in ours if path not in theirs and path not in below]
        if not found:
            return []
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return [
            fail(
                NAME,
                f"only {destination.name} has {', '.join(found[:_SHOWN])}{more}, which no point ever held and a change "
                "of roots would remove",
                "Move it away, or copy it to the primary.",
            )
        ]

