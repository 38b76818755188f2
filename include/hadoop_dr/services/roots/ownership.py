"""A run's roots are its service's own before they get snapshots, and given up when they retired (I8).

Both under the run's claim: two runs of one service never own and give up at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hadoop_dr.domain.errors import OwnedElsewhere
from hadoop_dr.domain.state.service_state import Claim
from hadoop_dr.services.context import BackupContext


def own_roots(context: BackupContext, claim: Claim, decide: Callable[[], Sequence[str]]) -> Sequence[str]:
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
            context.owners.own(roots, claim.run, lambda: _check(context, claim))
        except OwnedElsewhere:
            if (others := decide()) == roots:
                raise
            roots = others
        else:
            return roots


def release_retired(context: BackupContext, claim: Claim, roots: Sequence[str]) -> list[str]:
    """Gives up what the service owns and no point needs, once neither site has it snapshottable any more.

    Args:
        roots: The run's own roots, which stay.

    Returns:
        The roots that were given up.
    """
    retired = set(context.owners.mine).difference(roots, context.policy.directories)
    if not retired:
        return []
    state = context.ledger.read()
    for side in context.sides.values():
        retired.intersection_update(state.retired_roots(side.name, retired))
    for side in context.sides.values() if retired else ():
        retired.difference_update(side.namenode.snapshottable())
    return context.owners.release(retired, claim.run, lambda: _check(context, claim)) if retired else []


def _check(context: BackupContext, claim: Claim) -> None:
    context.ledger.require(claim)
