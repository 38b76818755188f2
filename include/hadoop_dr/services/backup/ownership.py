"""A run's roots are its service's own before they get snapshots, and given up when they retired (section 6, I8).

Both under the run's claim: two runs of one service never own and give up at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.domain.service_state import Claim
from hadoop_dr.services.backup.ground import Ground


def own_roots(ground: Ground, claim: Claim, roots: Sequence[str]) -> None:
    """Makes the service the owner of its roots; costs nothing where it is.

    Raises:
        OwnedElsewhere: Another service has one of them.
        Superseded: The claim is not in force any more.
    """
    ground.owners.own(roots, claim.run, lambda: _check(ground, claim))


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
