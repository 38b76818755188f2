"""What a planned change of roles would be refused for: decided on facts alone (S2.22)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hadoop_dr.domain.check_results import Mark, Result, fail, warn
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.roles.failover import ServiceOutlook, stands_against
from hadoop_dr.domain.state.pair_state import PairState


def stands_against_switchover(
    pair: str, promoted: str, roles: PairState, serving: Iterable[Result], services: Sequence[ServiceOutlook],
    open_files: Sequence[str], *, force: bool = False,
) -> list[Result]:
    """Says what a switchover would be refused for, and what a person should know first.

    Nothing is lost by waiting, so it is refused where a failover would leave a service closed.

    Args:
        serving: Whether each part of both sites answers.
        open_files: Files that a writer has open on the primary now.
        force: A person wants it all the same.
    """
    results = stands_against(pair, promoted, roles, serving, services, origin_serves=False, force=force)
    if roles.primary == promoted:
        return results
    if not force:
        results = [
            fail(one.name, one.detail, one.remedy) if one.name == "services" and one.mark is Mark.WARN else one
            for one in results
        ]
    if open_files:
        more = f" and {len(open_files) - 1} more" if len(open_files) > 1 else ""
        said = f"{open_files[0]}{more}: open for writing"
        results.append(warn("open files", said, "The switchover waits for them, then ends their leases."))
    return results


def is_taken_back(roles: PairState, promoted: str) -> bool:
    """Whether a call for the present primary takes back a switchover that was begun."""
    begun = bool(roles.holder) and not roles.changing
    return roles.primary == promoted and (begun or promoted in roles.fences)


def is_carried_on(roles: PairState, promoted: str) -> bool:
    """Whether a call goes on behind the role entry of an earlier one."""
    left = any(site != promoted for site in roles.fences)
    return roles.primary == promoted and (roles.is_unfinished or left)


def refuse_holes(
    pair: str, holes: Sequence[str], open_files: Sequence[str], changed: Sequence[str], *, force: bool
) -> list[str]:
    """Says how writers of the old primary are not known to be stopped.

    Args:
        holes: Roots in which something could be made behind the fence.
        open_files: Files that did not close.
        changed: What changed on the old primary behind its last point.
        force: A person wants the switchover all the same.

    Returns:
        The same, in sentences.

    Raises:
        Refused: There is something, and nobody wants it all the same.
    """
    found = [
        *(f"{root}: the fence does not refuse a new directory there" for root in holes),
        *(f"{path}: stays open, and its writer may go on" for path in open_files),
        *(f"{path}: changed behind the last point" for path in changed),
    ]
    if found and not force:
        raise Refused(pair, found[0], "Stop its writer, then run it again; --force goes on all the same.")
    return found
