"""Frees the primary of a service's snapshots while its secondary is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.bootstrap.contexts import open_pair, require_roles
from hadoop_dr.domain.errors import BadInput, Refused, Unreachable
from hadoop_dr.domain.ledger import service_chain
from hadoop_dr.services.identity import refuse_other_clusters
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.service import ServiceLedger
from hadoop_dr.services.roots.free_primary import FreePrimary

__all__ = ["free_primary_of"]


def free_primary_of(
    service: str, *, newest: bool = False, approve: bool = False, pair: str | None = None, home: Path | None = None
) -> dict[str, Any]:
    """Says which snapshots of a service the primary can do without; removes them when that is approved.

    Args:
        newest: Also those of the point that the next backup builds on.
        pair: The pair of a service that has no policy file any more.

    Raises:
        BadInput: No file names the service, and no pair is given.
        Refused: The secondary answers, so that `prune` and `unprotect` do it and the ledger knows of it; or ZooKeeper
            does not call the site the primary.
        Unreachable: The primary does not answer.
    """
    home = home or settings.find_home()
    with open_pair(pair or _pair_of(home, service), home) as context:
        roles, silent = context.roles.state, context.roles.silent
        require_roles(context.pair, roles)
        other = next(name for name in context.sides if name != roles.primary)
        if why := silent.get(roles.primary):
            raise Unreachable(roles.primary, "does not answer, and its snapshots are to be removed", why.remedy)
        if other not in silent:
            raise Refused(
                service,
                f"{other} answers: backups are possible, and the ledger there has to record what is removed",
                f"hadoop-dr prune {service} removes what no rule keeps, hadoop-dr unprotect {service} all of it",
            )
        side = context.sides[roles.primary]
        refuse_other_clusters(context.pair, roles.clusters, {side.name: side.namenode})
        chain = Chain(service_chain(context.pair.name, service), side.files, None, SystemClock())
        state = ServiceLedger(chain, roles).read()
        return FreePrimary(service, context.pair.name, side, roles.epoch, state).run(newest=newest, approve=approve)


def _pair_of(home: Path, service: str) -> str:
    policies = settings.load_policies(home).policies
    if service not in policies:
        raise BadInput(f"service '{service}'", "no policy file names it", "Name its pair with --pair")
    return policies[service].pair
