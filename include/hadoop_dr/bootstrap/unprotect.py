"""Takes a service's snapshots away; also of a service whose policy file is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.bootstrap.contexts import load_frozen_policy, open_pair, open_service, read_service, require_clusters
from hadoop_dr.domain.config.policy import Policy
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.ledger.bodies.values import NO_POLICY
from hadoop_dr.services.roots.unprotect import Unprotect


def unprotect_service(
    service: str,
    run_id: str,
    reason: str,
    *,
    both: bool = False,
    takeover: bool = False,
    pair: str | None = None,
    home: Path | None = None,
) -> dict[str, Any]:
    """Takes the service's snapshots, and the right to have them, away on the primary, or on both sites.

    Args:
        pair: Of a service that has no policy file any more: it is as its last run knew it.
    """
    home = home or settings.find_home()
    frozen = None if pair is None else last_policy(home, service, pair)
    with open_service(service, home, both=True, frozen=frozen) as context:
        require_clusters(context)
        document = Unprotect(context, run_id).run(reason, both=both, takeover=takeover)
    if frozen is None:
        again = f"the policy {context.policy.file} still protects it: the next backup makes its directories roots again"
        document["warnings"] = [*document["warnings"], f"{again}, and compares everything"]
    return document


def last_policy(home: Path, service: str, pair: str) -> tuple[Policy, str]:
    """Returns the policy that the newest claim of a service froze, and its text.

    Raises:
        BadInput: A policy file names the service, or its ledger on this pair is empty.
    """
    policies = settings.load_policies(home)
    if service in policies.policies:
        raise BadInput("--pair", f"{policies.policies[service].file} is its policy", "Omit --pair.")
    with open_pair(pair, home) as context:
        frozen = read_service(context, service).policy
    if frozen == NO_POLICY:
        raise BadInput(f"service '{service}'", f"the pair {pair} has no ledger of it", "See: hadoop-dr status")
    return load_frozen_policy(frozen), frozen.text
