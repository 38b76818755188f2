"""The checks of a run: every reason not to begin, found without changing anything."""

from __future__ import annotations

from hadoop_dr.domain.check_results import Mark, Result, fail, failed_to, warn
from hadoop_dr.domain.config.policy import Mode
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.points.damage import damage_warnings
from hadoop_dr.domain.points.pending import pending_the_other_way
from hadoop_dr.domain.points.recovery import recovery_due
from hadoop_dr.domain.roles.holds import HOLD, hold_results
from hadoop_dr.domain.roots.root_results import kept_directories, root_results, unless_missing
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.services.backup.check.advice import advise
from hadoop_dr.services.backup.check.foreign_changes import ForeignBeforeRun
from hadoop_dr.services.backup.check.site_checks import SiteChecks, look_at_quotas
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import Scope
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.foreign.kept import kept_results
from hadoop_dr.services.points.baseline import find_baseline, lost_results
from hadoop_dr.services.points.damage import rotten_origin
from hadoop_dr.services.roots.change import RootsInTheWay
from hadoop_dr.services.roots.parents import look_above


class RunChecks:
    """What ``check`` shows and what a run is refused for.

    Args:
        context: The service.
        change_roots: A change of roots is requested.

    Attributes:
        components: The component of each kind of data sets, made for these checks.
        foreign: Finds what somebody else changed before the run.
    """

    def __init__(self, context: BackupContext, *, change_roots: bool = False) -> None:
        self._context, self._requested = context, change_roots
        self.components = components_of(context, change_roots=change_roots)
        self._roots_in_the_way = RootsInTheWay(context)
        self.foreign = ForeignBeforeRun(context, self.components, self._roots_in_the_way, requested=change_roots)

    def look(self) -> list[Result]:
        """Runs every check without acting; drift of the secondary included when nobody works on it."""
        results, state = self.decide(every=True)
        if state is None:
            return results
        (kept, undecided), due = kept_results(self._context, state, self.components.is_as_kept), recovery_due(state)
        if not due and state.claim is None and not any(r.mark == "fail" for r in results):
            results += self.foreign.look(self.newest_point(state))
        notes = unless_missing(root_results(*self.components.decisions()), results)
        return [*results, *kept, *recovery_due(state, undecided), *notes]

    def since_newest(self) -> list[Result]:
        """Returns what somebody else changed since the newest point; nothing while a run works or has to be ended."""
        state = self._context.ledger.read()
        if state.claim is not None or recovery_due(state):
            return []
        return self.foreign.since(self.newest_point(state))

    def roots_in_the_way(self) -> list[Result]:
        """Returns what keeps the roots of now from having snapshots: others around or in them, most of all."""
        state, roots = self._context.ledger.read(), self.components.roots()
        giving_way = self._roots_in_the_way.giving_way(state, roots, requested=self._requested)
        on_sites = SiteChecks(self._context, self.components)
        return on_sites.roots(Scope(roots, None, state.held_roots(), giving_way))

    def decide(self, *, every: bool = False) -> tuple[list[Result], ServiceState | None]:
        """Runs the checks that a run is refused for.

        Returns:
            Their results, and the state that they were made on; None for it where a site could not be read.

        Args:
            every: Look above roots that points hold as well, and at the primary's quotas: a few requests for each.
        """
        context = self._context
        on_sites = SiteChecks(context, self.components)
        sites = [*held_back(context), *on_sites.sites(versions=every)]
        if any(result.mark is Mark.FAIL for result in sites if result.name != HOLD):
            return sites, None
        try:
            decision = self.components.decision()
            state = context.ledger.read_lately()
            context.ledger.chain.refuse_shortened()
            baseline = self.baseline(state, on_origin=every)
        except DrError as error:
            checked = on_sites.run(Scope(context.policy.directories, None))
            return [*sites, *checked, failed_to("reading", error)], None
        damaged = [
            warn("points", text, f"Read it again: hadoop-dr verify {context.policy.service} --point POINT")
            for text in damage_warnings(state, context.destination.name)
        ]
        moments = [
            *pending_the_other_way(state, context.destination.name),
            *rotten_origin(context, state),
            *newest_of_all(state, context.tools.clock.wall_ms()),
        ]
        stays = kept_directories(decision, context.policy.service, state.held_roots(context.origin.name))
        giving_way = self._roots_in_the_way.giving_way(state, decision.roots, requested=self._requested)
        checked = on_sites.run(Scope(decision.roots, baseline.point, state.held_roots(), giving_way))
        checked += self._roots_in_the_way.look(state, decision.roots, requested=self._requested)
        held = () if every else state.held_roots()
        checked += look_above(context, [root for root in decision.roots if root not in held])
        if every:
            checked += look_at_quotas(context, decision.roots, state.newest_sealed())
            checked += advise(context, decision.roots, state)
        nested = any(r.name == "roots" and r.mark is Mark.FAIL for r in checked)
        owners = context.owners.look(decision.roots, again=nested)
        return [*sites, *owners, *checked, *stays, *moments, *damaged, *lost_results(baseline)], state

    def baseline(self, state: ServiceState, *, on_origin: bool = False) -> Baseline:
        """Returns the point that a run would build on; none in full mode."""
        if self._context.policy.mode is Mode.FULL:
            return Baseline(None)
        return self.newest_point(state, on_origin=on_origin)

    def newest_point(self, state: ServiceState, *, on_origin: bool = False) -> Baseline:
        """Returns what is known of the newest point in the roots of now, whatever became of former roots.

        Foreign changes are told from it, also when everything is copied and the plan builds on no point.
        """
        return find_baseline(self._context, state, self.components.roots(), on_origin=on_origin)


def held_back(context: BackupContext, *, again: bool = False) -> list[Result]:
    """Refuses a run while a person or the monitor holds back new points.

    Args:
        again: Looks at the pair's ledger once more: somebody may have said so since this process began.
    """
    return hold_results(context.pair.name, context.owners.pair_state(again=again), context.tools.clock.wall_ms())


def newest_of_all(state: ServiceState, moment_ms: int) -> list[Result]:
    """Refuses a moment that would not be the newest: points are known, and kept, in the order of their moments."""
    newest = state.ahead_of(moment_ms)
    if newest is None:
        return []
    return [
        fail(
            "clock",
            f"the newest point, {newest.point}, is of a later moment than {iso(moment_ms)}: this controller's clock "
            "went back, or was ahead then",
            f"Synchronise this controller's clock and both sites' (NTP); backups go on after {iso(newest.moment_ms)}.",
        )
    ]
