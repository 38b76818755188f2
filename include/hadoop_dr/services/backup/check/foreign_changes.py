"""What somebody else changed on the secondary before a run: refused by name, or undone as the policy says (I10)."""

from __future__ import annotations

from hadoop_dr.domain.check_results import Result, fail, ok, refuse_on_failure, warn
from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.foreign.drift import drift_text, needs_undo, way_out, way_out_while_roots_change
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.state.service_state import Claim
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import Components
from hadoop_dr.services.foreign.divergence import approved_divergence, kept_by, still_as_approved
from hadoop_dr.services.foreign.tree_drift import found_by_root, lines_by_root
from hadoop_dr.services.recovery.undo import UndoChanges
from hadoop_dr.services.roots.change import RootsInTheWay
from hadoop_dr.services.roots.existing_copy import existing_results


class ForeignBeforeRun:
    """Looks for foreign changes, and undoes them where the policy wants that.

    Args:
        context: The service.
        components: What it has of each kind of data sets.
        way: Roots that a change of roots takes away; their live trees are compared instead of differences.
        requested: A change of roots is requested.
    """

    def __init__(
        self, context: BackupContext, components: Components, way: RootsInTheWay, *, requested: bool
    ) -> None:
        self._context, self._components, self._way, self._requested = context, components, way, requested

    def look(self, last: Baseline) -> list[Result]:
        """What is somebody else's on the secondary: in roots that are new to the service, and since the last point."""
        state, roots = self._context.ledger.last_read(), self._components.roots()
        new = existing_results(self._context, state, roots, last.with_base)
        return [*new, *self.since(last)]

    def since(self, last: Baseline) -> list[Result]:
        """What somebody else changed since the last point."""
        changing = self._way.foreign_changes(self._components.roots(), requested=self._requested)
        foreign = self._components.drift()
        if last.newest is None and changing is None and not foreign:
            return []
        theirs = found_by_root(self._context, last) if changing is None else changing
        found = [*(line for lines in lines_by_root(theirs).values() for line in lines), *foreign]
        if not found:
            what = self._components.things()
            return [ok("drift", f"the secondary's {what} are as the last point left them")]
        detail = drift_text(self._context.destination.name, found)
        replaced = needs_undo(one for changes in theirs.values() for one in changes)
        if changing is not None:
            return [fail("drift", detail, f"{way_out_while_roots_change(replaced=replaced)}.")]
        if (approved := approved_divergence(self._context)) is not None:
            return [still_as_approved(self._context, approved, theirs, foreign, detail)]
        if self._context.drift is Drift.RESTORE:
            return [warn("drift", detail, "The next backup undoes it and keeps it aside, as drift: restore says.")]
        return [fail("drift", detail, f"{way_out(replaced=replaced)}.")]

    def undo(self, claim: Claim, last: Baseline) -> None:
        """Undoes foreign changes where the policy says so; they are kept aside.

        Raises:
            Refused: Somebody else changed the secondary, and the policy is to leave that to a person.
        """
        changing = self._way.changing(self._components.roots(), requested=self._requested)
        approved = approved_divergence(self._context)
        if self._context.drift is Drift.REFUSE or changing or approved is not None:
            refuse_on_failure(self._context.policy.service, self.look(last))
        if self._context.drift is Drift.REFUSE or changing:
            return
        if last.newest is not None and (found := found_by_root(self._context, last)):
            heartbeat, kept = self._context.claims.heartbeat_for(claim).beat, kept_by(approved, found)
            UndoChanges(self._context, heartbeat).foreign(claim, last.newest, found, kept)
