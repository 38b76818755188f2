"""The only place that builds adapters and wires services (DESIGN.md section 3).

Each function here is one thing an entrance can ask for; the command line and Airflow call nothing else.
"""

from hadoop_dr.bootstrap.queries import (
    coverage_of,
    explanation_of,
    ledger_check,
    look_at,
    plan_of,
    points_of,
)
from hadoop_dr.bootstrap.roles import announce_roles, identity_of, initialise_pair, roles_in_zookeeper
from hadoop_dr.bootstrap.runs import backup_stages, check_order, prune_now, run_query, verify_point
from hadoop_dr.bootstrap.standing import status_of
from hadoop_dr.bootstrap.unprotect import unprotect_service

__all__ = [
    "announce_roles",
    "backup_stages",
    "check_order",
    "coverage_of",
    "explanation_of",
    "identity_of",
    "initialise_pair",
    "ledger_check",
    "look_at",
    "plan_of",
    "points_of",
    "prune_now",
    "roles_in_zookeeper",
    "run_query",
    "status_of",
    "unprotect_service",
    "verify_point",
]
