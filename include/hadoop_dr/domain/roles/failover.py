"""What a failover would do, and what stands against it: decided on facts alone (S2.22).

Two sites without a third vote cannot tell a lost site from a cut line. So a failover is never begun by a program: a
person sees these facts and approves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hadoop_dr.domain.check_results import Result, fail, warn
from hadoop_dr.domain.paths import parent
from hadoop_dr.domain.points.recovery import Left, Step, next_step
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.domain.state.service_state import PointState, ServiceState
from hadoop_dr.domain.tree.snapshot_diff import Changes

SHOWN = 100
"""So many lost files or tables of a service are named."""


@dataclass(frozen=True, slots=True)
class LostData:
    """What the old primary has of a service that no point holds.

    Attributes:
        files, tables: Their names, at most ``SHOWN`` of each.
        unknown: There may be more: the old primary does not tell.
    """

    files: Sequence[str] = ()
    tables: Sequence[str] = ()
    unknown: bool = True


@dataclass(frozen=True, slots=True)
class ServiceOutlook:
    """What a failover would make of one service.

    Attributes:
        service: Its name.
        point: The point that would be live; None when there is none.
        moment_ms: Its moment, milliseconds since the epoch.
        in_flight: The unfinished point of a run, if there is one.
        ending: What becomes of it.
        problem: Why the service stays closed; empty when it goes.
        doubts: What a person should know of the point.
        differs: In what the live tree is not that of the point, or why that cannot be told.
        lost: What would be lost.
    """

    service: str
    point: str | None = None
    moment_ms: int | None = None
    in_flight: str | None = None
    ending: Step = Step.NOTHING
    problem: str = ""
    doubts: tuple[str, ...] = ()
    lost: LostData = field(default_factory=LostData)
    differs: tuple[str, ...] = ()


def outlook(service: str, state: ServiceState, promoted: str, lost: LostData) -> ServiceOutlook:
    """Says what a failover to a site would make of a service, by what its ledger says.

    On the origin of the newest point nothing has to be brought: its own tree is what the point was made of, or newer.
    A staged point becomes the live one, because that site has all of it. Whatever else is unfinished is undone; on
    the other site it is left as it is.
    """
    there = (p for p in state.sealed() if p.origin == promoted or promoted not in p.gone)  # its origin has it live
    newest = max(there, key=lambda p: p.point, default=None)
    begun = (p for p in reversed(state.unfinished()) if p.state is not PointState.CLAIMED)
    flying = next((p for p in begun if p.destination == promoted), None)
    ending = Step.NOTHING if flying is None else next_step(Left(flying.state, origin_lost=True))
    if state.undo is not None and state.undo.site == promoted:
        ending = Step.FINISH_UNDO
    live = flying if flying is not None and ending is Step.ROLL_FORWARD else newest
    doubts = [f"point {newest.point} is damaged: {newest.damaged}"] if newest is not None and newest.damaged else []
    problem = "" if live is not None else f"no point of it was ever sealed on {promoted}"
    if flying is not None and (kept := state.foreign(flying)) is not None:
        problem = f"point {flying.point} waits for a person: {kept.text()}"
    return ServiceOutlook(
        service,
        live.point if live else None,
        live.moment_ms if live else None,
        flying.point if flying else None,
        ending,
        problem,
        tuple(doubts),
        lost,
    )


def paths_told(changes: Changes) -> list[str]:
    """Names what a snapshot diff shows as changed; a directory of which only entries changed is left out."""
    moved = {change.new or change.old for change in (*changes.created, *changes.deleted, *changes.renamed)}
    above = {parent(path) for path in (*moved, *(change.old for change in changes.renamed)) if path}
    altered = {change.new for change in changes.modified} - above
    return sorted(path for path in moved | altered if path)


def differs_from(point: str, site: str, changes: Sequence[str], unread: Sequence[str]) -> tuple[str, ...]:
    """Says in what a site's live tree is not that of a point: the first of each kind by name, the rest as a number.

    Args:
        changes: What was changed since.
        unread: Roots that could not be compared, with the reason.
    """
    wrongs = (f"the tree of {site} is not that of point {point}", changes), (
        f"the tree of {site} cannot be compared with point {point}", unread
    )  # fmt: skip
    return tuple(
        f"{wrong}: {found[0]}" + (f" and {len(found) - 1} more" if len(found) > 1 else "")
        for wrong, found in wrongs
        if found
    )


def stands_against(
    pair: str, promoted: str, roles: PairState, serving: Iterable[Result], services: Sequence[ServiceOutlook], *,
    origin_serves: bool, force: bool = False,
) -> list[Result]:
    """Says what a failover would be refused for, and what a person should know first.

    Args:
        serving: Whether each part of the site that becomes primary answers.
        origin_serves: The old primary's file system still answers.
        force: A person wants it all the same.
    """
    results = list(serving)
    if roles.primary == promoted:
        said = f"{promoted} is primary already, in epoch {roles.epoch}"
        if roles.is_unfinished:
            closed = f"; closed: {', '.join(roles.closed)}" if roles.closed else ""
            results.append(warn("roles", f"{said}, and not all of it is done{closed}", "With --approve it goes on."))
        else:
            results.append(fail("roles", said, f"See: hadoop-dr status {pair}"))
        return results
    if origin_serves:
        said = f"{roles.primary} still answers, and nothing stops its writers: what they write from now on is lost"
        remedy = f"Stop its clients, or shut {roles.primary} down first; --force goes on all the same."
        results.append((warn if force else fail)("old primary", said, remedy))
    if not services:
        results.append(fail("services", f"the pair {pair} has no service", "Write a policy, and make a point."))
    elif all(one.problem for one in services):
        first = services[0]
        said = f"no service can go: {first.service}: {first.problem}"
        results.append(fail("services", said, f"See: hadoop-dr points {first.service}"))
    else:
        results += [
            warn("services", f"{one.service} stays closed: {one.problem}", f"See: hadoop-dr explain {one.service}")
            for one in services
            if one.problem
        ]
    results += [
        warn("points", f"{one.service}: {doubt}", f"Read it again: hadoop-dr verify {one.service}")
        for one in services
        for doubt in one.doubts
    ]
    results += [
        warn("tree", f"{one.service}: {differs}", "It goes live as it is: look at it first.")
        for one in services
        for differs in one.differs
    ]
    return results
