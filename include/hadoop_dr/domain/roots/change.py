"""Roots that have to make way for others: HDFS lets no directory with snapshots lie in another.

A root that points hold snapshots of stays one. Who wants others orders a change, and is told first what it costs:

    ordered, approved --> "root_change" of the primary   its points lose their snapshots there, the old roots make way
    moment, plan, stage                                  the secondary's points all stand; its live tree is compared
    staged            --> "root_change" of the secondary the live tree is still what was compared; the points go
    place, verify, seal                                  the time without a point ends

Until a point is sealed the change is under way: a run that dies anywhere is followed by one that goes on with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

from hadoop_dr.domain.check_results import Result, fail, warn
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.ids import point_of_snapshot
from hadoop_dr.domain.paths import WORK_AREA
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.domain.tree.file_attributes import FileAttributes

NAME = "roots"
"""Name of the check of roots, in ``check`` and in warnings."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a change of roots would do.

    Attributes:
        old: Roots that make way, sorted.
        new: The roots in whose way they stand, sorted.
        points: Points that go, by site, oldest first.
        left: The newest point that the secondary has beside those; empty when there is none.
        files: How many files the newest point has of the old roots, as far as it says.
        seconds: How long placing and verifying took the last time; None when nobody knows.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    points: Mapping[str, Sequence[str]]
    left: str = ""
    files: int | None = None
    seconds: float | None = None


def check_change_request(reason: str | None, *, change_roots: bool, approve: bool) -> None:
    """Checks what somebody asks for, before anything is contacted.

    Raises:
        BadInput: A change of roots without a reason, or an approval of nothing.
    """
    if change_roots and not (reason or "").strip():
        raise BadInput("--change-roots", "needs a reason, which the ledger keeps", "Add --reason TEXT")
    if approve and not change_roots:
        raise BadInput("--approve", "approves a change of roots, and none is ordered", "Add --change-roots")


def replaced_roots(held: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    """Directories with snapshots that cannot stand beside the new roots, because one lies in the other; sorted.

    Args:
        held: Directories that have snapshots of points.
        new: The roots that are wanted; none lies in another.
    """
    roots = frozenset(new)
    over = {path for root in roots for path in _above(root)}
    return tuple(sorted(one for one in held if one in over or not roots.isdisjoint(_above(one))))


def propose(state: ServiceState, roots: Sequence[str], origin: str, destination: str) -> Proposal | None:
    """Says what a change to these roots would do beyond what is under way already; None when nothing stands in the way.

    Args:
        roots: The roots that are wanted.
        origin, destination: Names of the sites.
    """
    approved = state.change.old if state.change else ()
    old = tuple(one for one in replaced_roots(state.held_roots(), roots) if one not in approved)
    if not old:
        return None
    points = {site: _naming(state, old, site) for site in (origin, destination)}
    left = [point.point for point in state.sealed_on_destination() if point.point not in points[destination]]
    newest = max(state.sealed_on_destination(), key=lambda point: point.point, default=None)
    held = [newest.held(root) if newest else None for root in old]
    took = newest.sealed.summary.seconds if newest else {}
    return Proposal(
        old,
        replaced_roots(roots, old),
        points,
        max(left, default=""),
        None if None in held else sum(one.files for one in held if one),
        round(took["place"] + took["verify"], 1) if {"place", "verify"} <= set(took) else None,
    )


def _naming(state: ServiceState, roots: Collection[str], site: str) -> list[str]:
    """Sealed points that have a snapshot of one of the roots on a site."""
    return [
        point.point
        for point in state.sealed()
        if site in (point.origin, point.destination)
        and site not in point.gone
        and not set(roots).isdisjoint(point.taken.roots)
    ]


def points_to_go(state: ServiceState, old: Collection[str], site: str) -> list[str]:
    """The points that a site loses when these roots make way there, oldest first."""
    return _naming(state, old, site)


def objections(proposal: Proposal, state: ServiceState, origin: str, destination: str) -> list[Result]:
    """Returns what stands against a change, whoever approves it.

    Points that are held, a newest point that is damaged, and points that the primary would lose before the moment
    although nothing lies on the secondary yet: behind a failover they live on the primary.
    """
    going = sorted({name for names in proposal.points.values() for name in names})
    held = [name for name in going if name in state.pinned()]
    found = []
    if held:
        remedy = "Release them first, or keep the roots as they are."
        found.append(fail(NAME, f"a change of roots would remove points that are pinned: {_some(held)}", remedy))
    newest = max(state.sealed_on_destination(), key=lambda point: point.point, default=None)
    if newest is not None and newest.destination == origin:
        found.append(
            fail(
                NAME,
                f"the newest point, {newest.point}, lives on {origin}, which is the primary now, and no point was "
                f"sealed on {destination} since; a change of roots would remove it first",
                "Put 'protect' back and run a backup first; then change the roots.",
            )
        )
    if newest is not None and newest.damaged:
        found.append(
            fail(
                NAME,
                f"the newest point, {newest.point}, is damaged, and a change of roots would remove the ones before it",
                "Put 'protect' back and run a backup first: it copies what is damaged again.",
            )
        )
    return found


def not_ours(service: str, site: str, root: str, names: Iterable[str]) -> list[Result]:
    """Snapshots in an old root that no change of roots may remove: somebody else's, and what is kept for a person."""
    foreign = [name for name in names if not _is_ours(service, name)]
    if not foreign:
        return []
    kept = [name for name in foreign if name.startswith(f"dr-{service}-kept-")]
    what = "keep what an undo undid" if len(kept) == len(foreign) else "are not this service's"
    return [
        fail(
            NAME,
            f"{site}:{root} has snapshots that {what}: {_some(foreign)}; with them HDFS refuses other roots there",
            f"Take out of them what is wanted, then: hdfs dfs -deleteSnapshot {quote(root)} {foreign[0]}",
        )
    ]


def _is_ours(service: str, name: str) -> bool:
    return point_of_snapshot(service, name) is not None


def approval_request(service: str, proposal: Proposal, origin: str, destination: str) -> tuple[str, str]:
    """Writes what a person approves: which points go where, the time without a point, what is compared.

    Returns:
        The facts, and what to do if they are wanted.
    """
    here, there = proposal.points[origin], proposal.points[destination]
    after = f"the newest point is {proposal.left}" if proposal.left else "there is no point at all"
    took = f", the last time {proposal.seconds} s" if proposal.seconds is not None else ""
    files = f" ({counted(proposal.files, 'file')})" if proposal.files is not None else ""
    return (
        f"a change of roots from {_some(proposal.old)} to {_some(proposal.new)} needs approval. {origin} loses "
        f"{_counted(here)} before the moment. {destination} loses {_counted(there)} once everything is staged, and not "
        f"before: from then until the new point is sealed (placing and verifying{took}) {after}. Content of the old "
        f"roots on {destination}{files} is compared with {origin} and not copied; content that only {destination} has "
        "there refuses the run",
        f"To approve it: hadoop-dr backup {service} --change-roots --approve --reason TEXT, or tick 'Change roots' "
        "and 'Approve the change of roots' in the form of the run in Airflow",
    )


def _counted(points: Sequence[str]) -> str:
    if not points:
        return "no point"
    return f"{counted(len(points), 'point')} ({_some(points)})"


def under_way(state: ServiceState) -> list[Result]:
    """Says that a change of roots goes on with the next run, whoever orders it."""
    if state.change is None:
        return []
    change = state.change
    return [
        warn(
            NAME,
            f"a change of roots from {_some(change.old)} to {_some(change.new)} is in progress since run {change.run}"
            f" ({change.reason})",
            "The next backup continues it; to cancel it, restore 'protect' first.",
        )
    ]


def nesting(site: str, root: str, others: Sequence[str], held: Collection[str]) -> Result:
    """Says that a root cannot have snapshots, and what helps.

    Args:
        root: The wanted root.
        others: The directories above or below it that have snapshots already; at least one.
        held: Directories that have snapshots of the service's own points.
    """
    if strange := [other for other in others if other not in held]:
        many = len(strange) > 1
        named, have = _some(strange), "have" if many else "has"
        return fail(
            NAME,
            f"{site}:{root} cannot have snapshots, {named} {have} them already and HDFS refuses nesting",
            f"Protect {'them' if many else named} instead, or run: hdfs dfsadmin -disallowSnapshot {quote(strange[0])}"
            + (", and so on" if many else ""),
        )
    named = _some(others)
    return fail(
        NAME,
        f"{site}:{root} cannot have snapshots, points of this service hold those of {named} and HDFS refuses nesting",
        f"Declare {named} again; or back up with --change-roots and a --reason: after approval that makes {root} the "
        "root and gives up the older points; what the secondary has there is compared and not copied",
    )


def not_our_work(site: str, root: str, names: Iterable[str]) -> list[Result]:
    """Says what lies among the work areas of an old root and would be taken for data.

    Args:
        names: Of what lies there and is no work area of the service.
    """
    return [
        fail(
            NAME,
            f"{site}:{root}/{WORK_AREA}/{name} belongs to nobody or to another service, and a change of roots would "
            "treat it as data",
            "Find out what it is, and move it away; a run of the other service finishes its own work area.",
        )
        for name in names
    ]


# -- the live tree of a new root


def as_text(facts: FileAttributes) -> str:
    """Writes the attributes of an item so that equal ones are equal texts."""
    return "|".join(str(getattr(facts, name)) for name in FileAttributes.__slots__)


def moved_on(planned: Mapping[str, tuple[object, ...]], found: Mapping[str, tuple[object, ...]]) -> Iterator[str]:
    """Says what differs between the tree that was planned on and the one that is there, item by item.

    Args:
        planned: Inode id, attributes and block ids by relative path; an earlier version kept no block ids.
        found: The same.
    """
    for path, now in found.items():
        was = planned.get(path)
        if was is None:
            yield f"{path} was created"
        elif was != now[: len(was)]:
            yield f"{path} was changed"
    yield from (f"{path} was deleted" for path in planned if path not in found)


def _above(path: str) -> Iterator[str]:
    """The directories above a path, nearest first, without the root of the file system, which is no root of ours."""
    while path := path.rpartition("/")[0]:
        yield path


def _some(names: Sequence[str]) -> str:
    if len(names) <= _SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[: _SHOWN - 2])} ... {names[-1]}, {len(names)} in all"
