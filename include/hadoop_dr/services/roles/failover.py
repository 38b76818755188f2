"""Failover: the secondary becomes the primary, because a person says that the old one is lost (S2.22 to S2.24).

    approved                    the person's answer, with what was shown
    every service's runs end    staged points are rolled forward, anything less is undone
    role entry ...              as in every change of roles; the old primary is out until a person lets it in

A death at any arrow leaves what the ledger says; called again it goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hadoop_dr.domain.check_results import Result, refuse_on_failure
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.ledger.bodies.pair import PersonAnswered
from hadoop_dr.domain.roles.failover import ServiceOutlook, stands_against
from hadoop_dr.domain.roles.identity import Role
from hadoop_dr.services.ledger.roles import RolesRead
from hadoop_dr.services.roles.change_roles import ChangeRoles


class Failover:
    """Fails a pair over.

    Args:
        change: The steps of it that every change of roles has.
        serving: Says of the parts of the site that becomes primary whether they answer.
        origin_serves: Says whether the old primary's file system answers.
    """

    def __init__(
        self, change: ChangeRoles, serving: Callable[[], list[Result]], origin_serves: Callable[[], bool]
    ) -> None:
        self._change, self._serving, self._origin_serves = change, serving, origin_serves

    def look(self, *, force: bool = False) -> dict[str, Any]:
        """Says what a failover would do, what would be lost, and what stands against it; changes nothing.

        Args:
            force: Judge as for a person who wants it although the old primary still answers.
        """
        read = self._change.roles.read()
        looked = self._change.look_at_services(moved=read.state.primary == self._change.promoted)
        return self._change.outlook(looked, read.state.epoch, self._judge(read, looked, force=force), "forced")

    def run(self, run: str, by: str, reason: str, *, approve: bool, force: bool = False) -> dict[str, Any]:
        """Carries it out, or goes on with one that was interrupted behind its role entry or left services closed.

        Args:
            approve: A person knows what would happen and wants it.
            force: Although the old primary still answers, and nothing stops its writers.

        Raises:
            Refused: Nobody approved it, or something stands against it; the roles have not changed.
            Superseded: Somebody else changes the roles; look, then run it again.
            DrError: A step failed; run it again.
        """
        change = self._change
        pair, promoted = change.pair, change.promoted
        read = change.roles.read()
        if read.state.primary == promoted and read.state.is_unfinished:
            return change.go_on(read, run, by, reason, {})
        with change.step("look"):
            looked = change.look_at_services()
            results = self._judge(read, looked, force=force)
        refuse_on_failure(pair, results)
        if not approve:
            said = f"a failover to {promoted} has to be approved"
            raise Refused(pair, said, "See it with --dry-run; then give --approve.")
        points = {one.service: one.point for one in looked if one.point and not one.problem}
        read = change.append(read, PersonAnswered(f"failover to {promoted}", True, by, reason, points), run)
        with change.step("runs"):
            closed = change.end_runs(looked, f"failover to {promoted}: {reason}")
        if len(closed) == len(looked):
            remedy = "The roles have not changed. Correct what is named, then run it again."
            raise Refused(pair, "no service can go: " + "; ".join(closed.values()), remedy)
        read = change.set_roles(read, "failover", Role.INVALID, run, by, reason)
        return change.go_on(read, run, by, reason, {one.service: one for one in looked})

    def _judge(self, read: RolesRead, looked: Sequence[ServiceOutlook], *, force: bool = False) -> list[Result]:
        change = self._change
        serves = read.state.primary not in ("", change.promoted) and self._origin_serves()
        against = stands_against(
            change.pair, change.promoted, read.state, self._serving(), looked, origin_serves=serves, force=force
        )
        return [*change.lacks_newest_roles(read), *against]
