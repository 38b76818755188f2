"""The only place that builds adapters and wires services.

Each function here is one thing an entrance can ask for; the command line and Airflow call nothing else. What
one of them needs is loaded with it and not with the others: every task of Airflow is a process of its own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hadoop_dr.bootstrap.clients.agent import open_client_agent
    from hadoop_dr.bootstrap.clients.health import open_client_health
    from hadoop_dr.bootstrap.free_primary import free_primary_of
    from hadoop_dr.bootstrap.queries import (
        coverage_of,
        explanation_of,
        ledger_check,
        look_at,
        plan_of,
        points_of,
        run_query,
    )
    from hadoop_dr.bootstrap.role_changes.failover import failover_pair
    from hadoop_dr.bootstrap.role_changes.reprotect import reprotect_pair
    from hadoop_dr.bootstrap.role_changes.switchover import switchover_pair
    from hadoop_dr.bootstrap.roles import (
        announce_roles,
        identity_of,
        initialise_pair,
        record_new_cluster,
        refuse_change,
        roles_in_zookeeper,
    )
    from hadoop_dr.bootstrap.runs import backup_stages, check_request, prune_now, verify_point
    from hadoop_dr.bootstrap.status import status_of
    from hadoop_dr.bootstrap.unprotect import unprotect_service
    from hadoop_dr.bootstrap.watching.holds import hold_pair, resume_pair
    from hadoop_dr.bootstrap.watching.monitor import monitor_pair

__all__ = [
    "announce_roles",
    "backup_stages",
    "check_request",
    "coverage_of",
    "explanation_of",
    "failover_pair",
    "free_primary_of",
    "hold_pair",
    "identity_of",
    "initialise_pair",
    "ledger_check",
    "look_at",
    "monitor_pair",
    "open_client_agent",
    "open_client_health",
    "plan_of",
    "points_of",
    "prune_now",
    "record_new_cluster",
    "refuse_change",
    "reprotect_pair",
    "resume_pair",
    "roles_in_zookeeper",
    "run_query",
    "status_of",
    "switchover_pair",
    "unprotect_service",
    "verify_point",
]

_HOMES = {
    "announce_roles": "roles",
    "backup_stages": "runs",
    "check_request": "runs",
    "coverage_of": "queries",
    "explanation_of": "queries",
    "failover_pair": "role_changes.failover",
    "free_primary_of": "free_primary",
    "hold_pair": "watching.holds",
    "identity_of": "roles",
    "initialise_pair": "roles",
    "ledger_check": "queries",
    "look_at": "queries",
    "monitor_pair": "watching.monitor",
    "open_client_agent": "clients.agent",
    "open_client_health": "clients.health",
    "plan_of": "queries",
    "points_of": "queries",
    "prune_now": "runs",
    "record_new_cluster": "roles",
    "refuse_change": "roles",
    "reprotect_pair": "role_changes.reprotect",
    "resume_pair": "watching.holds",
    "roles_in_zookeeper": "roles",
    "run_query": "queries",
    "status_of": "status",
    "switchover_pair": "role_changes.switchover",
    "unprotect_service": "unprotect",
    "verify_point": "runs",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
