"""A run's roots are its service's own before they get snapshots, and given up when they retired (section 6, I8).

Both under the run's claim: two runs of one service never own and give up at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hadoop_dr.domain.errors import OwnedElsewhere
from hadoop_dr.domain.service_state import Claim
from hadoop_dr.services.context import Ground


def own_roots(ground: Ground, claim: Claim, decide: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Makes the service the owner of its roots; costs nothing where it is.

    Args:
        decide: Gives the roots, as far as is known what other services own. It is asked again when one of those was
            first, because a table that lies there is left out from then on.

    Raises:
        OwnedElsewhere: Another service has one of them.
        Superseded: The claim is not in force any more.
    """
    roots = decide()
    while True:
        try:
            ground.owners.own(roots, claim.run, lambda: _check(ground, claim))
        except OwnedElsewhere:
            if (others := decide()) == roots:
                raise
            roots = others
        else:
            return roots


def release_retired(ground: Ground, claim: Claim, roots: Sequence[str]) -> list[str]:
    """Gives up what the service owns and no point needs, once neither site has it snapshottable any more.

    Args:
        roots: The run's own roots, which stay.

    Returns:
        The roots that were given up.
    """
    retired = set(ground.owners.mine).difference(roots, ground.policy.directories)
    if not retired:
        return []
    state = ground.ledger.read()
    for side in ground.sides.values():
        retired.intersection_update(state.retired_roots(side.name, retired))
    for side in ground.sides.values() if retired else ():
        retired.difference_update(side.namenode.snapshottable())
    return ground.owners.release(retired, claim.run, lambda: _check(ground, claim)) if retired else []


def _check(ground: Ground, claim: Claim) -> None:
    ground.ledger.require(claim)
