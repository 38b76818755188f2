"""Builds the DAGs from the user's files: one per service, one per pair.

Parsing reads YAML and nothing else: no clock, no network, no database, the same result every time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, get_parsing_context

from hadoop_dr import settings
from hadoop_dr.domain.config.pair import Pair
from hadoop_dr.domain.config.policy import Mode, Policy, Transfer
from hadoop_dr.domain.errors import BadInput
from hadoop_dr_airflow.compat import conf
from hadoop_dr_airflow.operators import (
    ActOnHealth,
    AnnounceAccess,
    ArbitrateAccess,
    BackupStage,
    ShowAlarms,
    service_asset,
)
from hadoop_dr_airflow.retries import retry_settings
from hadoop_dr_airflow.sensors import HealthSensor, IdentitySensor
from hadoop_dr_airflow.timetables import MomentTimetable

BACKUP, ARBITRATE, FAILOVER, MONITOR = "backup__", "arbitrate__", "failover__", "monitor__"
_MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$"
# No backfill: a moment that has passed cannot be taken any more.
_RUN_TYPES: Any = ("scheduled", "manual", "operator_triggered", "asset_triggered")
_BY_HAND: Any = ("manual",)
# The continuous schedule needs a start; any time in the past does.
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def build_backups(home: Path | None = None) -> dict[str, DAG]:
    """Builds the DAG of every sound policy, or only the one that a task process asks for.

    Every task start parses the DAG file again; with a thousand policies that would cost more than the task.
    """

    def policies(found: Path) -> list[tuple[str, Policy]]:
        pairs, sound = settings.load_pairs(found), settings.load_policies(found).policies
        # Runs of a controller that stands nowhere fail with that reason and are seen; missing DAGs would not be.
        nowhere = settings.unknown_position(pairs) is not None
        return [(name, policy) for name, policy in sound.items() if nowhere or _acts_for(pairs, policy.pair)]

    return _built(BACKUP, home, policies, build_backup)


def build_arbitrations(home: Path | None = None) -> dict[str, DAG]:
    """Builds the DAG of every sound pair that this controller acts for."""

    def pairs(found: Path) -> list[tuple[str, str]]:
        every = settings.load_pairs(found)
        return [(name, name) for name in every.pairs if _acts_for(every, name)]

    return _built(ARBITRATE, home, pairs, build_arbitration)


def build_failovers(home: Path | None = None) -> dict[str, DAG]:
    """Builds the DAG of every sound pair with which a person makes the other site primary."""

    def pairs(found: Path) -> list[tuple[str, Pair]]:
        every = settings.load_pairs(found)
        return [(name, pair) for name, pair in every.pairs.items() if _acts_for(every, name)]

    return _built(FAILOVER, home, pairs, lambda pair: build_role_change("failover", pair))


def build_monitors(home: Path | None = None) -> dict[str, DAG]:
    """Builds the monitor of every sound pair that this controller acts for."""

    def pairs(found: Path) -> list[tuple[str, str]]:
        every = settings.load_pairs(found)
        return [(name, name) for name in every.pairs if _acts_for(every, name)]

    return _built(MONITOR, home, pairs, build_monitor)


def broken_files(home: Path | None = None) -> tuple[BadInput, ...]:
    """Returns one error for each pair or policy that is out, with file and line, and for a position that means nothing.

    A home that cannot be found is one such error, and then there is nothing else to be said.
    """
    try:
        return settings.problems(home or settings.find_home())
    except BadInput as error:
        return (error,)


def build_backup(policy: Policy) -> DAG:
    """Builds the DAG of one service: preflight, moment, plan, stage by shard, place, verify, seal, prune."""
    dag = DAG(
        dag_id=BACKUP + policy.service,
        description=f"Recovery points of {policy.service} on the pair {policy.pair}",
        schedule=MomentTimetable(policy.first_moment_ms, policy.period_ms, policy.cron),
        catchup=False,
        max_active_runs=1,
        allowed_run_types=_RUN_TYPES,
        params=_params(),
        tags=["hadoop-dr", policy.pair],
        default_args={**retry_settings(), "pool": _pool(policy.pair)},
    )

    def stage(name: str, **kwargs: Any) -> BackupStage:
        return BackupStage(task_id=name, service=policy.service, stage=name, dag=dag, **kwargs)

    plan = stage("plan")
    shards = BackupStage.partial(task_id="stage", service=policy.service, stage="stage", dag=dag)
    seal = stage("seal", outlets=[service_asset(policy.pair, policy.service)])
    staged = shards.expand(shard=plan.output)
    # A service without a change has nothing to stage: the plan alone has to succeed then. A skipped plan is another
    # controller's run, and a failed shard is none that was left out.
    place = stage("place", trigger_rule="none_failed_min_one_success")
    stage("preflight") >> stage("moment") >> plan >> [staged, place]
    staged >> place >> stage("verify") >> seal
    # Both are leaves. The last one asks the ledger whatever became of the others, so that no skipped chain looks green.
    # And it waits for every shard: when one fails, what comes after falls at once, while the others are still at work.
    sealed = stage("sealed", trigger_rule="all_done")
    seal >> [stage("prune"), sealed]
    staged >> sealed
    return dag


def build_monitor(pair: str) -> DAG:
    """Builds the DAG that watches the sites of one pair: watch, act, alarm; over and over."""
    dag = DAG(
        dag_id=MONITOR + pair,
        is_paused_upon_creation=True,  # whoever runs `hadoop-dr monitor` elsewhere needs no second one
        description=f"Health of both sites of {pair}: alarms, and a hold on new points while the primary has failed",
        schedule="@continuous",
        start_date=_LONG_AGO,
        catchup=False,
        max_active_runs=1,
        tags=["hadoop-dr", pair],
        default_args=retry_settings(anew=True),
    )
    watch = HealthSensor(task_id="watch", pair=pair, dag=dag)
    act = ActOnHealth(task_id="act", pair=pair, watched="watch", dag=dag)
    # An alarm has to show at once, so its task fails without another try.
    watch >> act >> ShowAlarms(task_id="alarm", pair=pair, acted="act", dag=dag, **retry_settings())
    return dag


def build_arbitration(pair: str) -> DAG:
    """Builds the DAG that follows the identities of one pair: watch, arbitrate, announce; over and over."""
    dag = DAG(
        dag_id=ARBITRATE + pair,
        description=f"Which site of {pair} clients use: follows the identities in both ZooKeepers",
        schedule="@continuous",
        start_date=_LONG_AGO,
        catchup=False,
        max_active_runs=1,
        tags=["hadoop-dr", pair],
        default_args=retry_settings(anew=True),
    )
    watch = IdentitySensor(task_id="watch_identity", pair=pair, dag=dag)
    arbitrate = ArbitrateAccess(task_id="arbitrate", pair=pair, dag=dag)
    # An alarm has to show at once, so its task fails without another try.
    watch >> arbitrate >> AnnounceAccess(task_id="announce", pair=pair, dag=dag, **retry_settings())
    return dag


def build_role_change(verb: str, pair: Pair) -> DAG:
    """Builds the DAG of one change of roles: look, ask a person, carry it out; started by hand and by nothing else.

    Args:
        verb: Which change: ``failover``.
    """
    # Loaded here: every task of a backup parses this file, and what asks a person takes a while to import.
    from hadoop_dr_airflow.role_changes import ASK, LOOK, AskPerson, CarryOut, LookAhead

    dag = DAG(
        dag_id=f"{verb}__{pair.name}",
        description=f"A person makes the other site of {pair.name} primary: {verb}",
        schedule=None,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,  # it waits for a person anyway, and nobody shall have to look for the switch
        allowed_run_types=_BY_HAND,
        params={
            "to": Param(type="string", enum=list(pair.site_names), title="To", description="Site to be primary."),
            "reason": Param(
                type="string", minLength=1, maxLength=500, pattern=r"\S", title="Reason",
                description="The reason; kept in the ledger.",
            ),
            "force": Param(
                False, type="boolean", title="Force",
                description="Although the old primary still answers, and nothing stops its writers.",
            ),
        },
        tags=["hadoop-dr", pair.name],
        default_args=retry_settings(),
    )
    approvers = tuple(one.strip() for one in conf.get("hadoop_dr", "approvers", fallback="").split(",") if one.strip())
    look = LookAhead(task_id=LOOK, pair=pair.name, verb=verb, dag=dag)
    ask = AskPerson(task_id=ASK, verb=verb, approvers=approvers, dag=dag)
    look >> ask >> CarryOut(task_id=verb, pair=pair.name, verb=verb, dag=dag)
    return dag


def _built(
    prefix: str, home: Path | None, found: Callable[[Path], list[tuple[str, Any]]], build: Callable[[Any], DAG]
) -> dict[str, DAG]:
    wanted = get_parsing_context().dag_id
    if wanted is not None and not wanted.startswith(prefix):
        return {}
    try:
        home = home or settings.find_home()
    except BadInput:
        if wanted is None:
            return {}  # one error says so for all DAG files: broken_files
        raise
    return {prefix + name: build(what) for name, what in found(home) if wanted in (None, prefix + name)}


def _acts_for(pairs: settings.PairSet, pair: str) -> bool:
    """A controller that stands at a site of another pair leaves this one alone (S2.17)."""
    try:
        settings.acting_site(pairs.pairs[pair])
    except BadInput:
        return False
    return True


def _pool(pair: str) -> str:
    """The pair's own pool where the installation says that there is one; a task of a missing pool would never start."""
    return f"hadoop_dr_{pair}" if conf.getboolean("hadoop_dr", "pool_per_pair", fallback=False) else "default_pool"


def _params() -> dict[str, Param]:
    def chosen(kind: type[Mode] | type[Transfer]) -> list[str | None]:
        return [None, *(member.value for member in kind)]

    return {
        "moment": Param(
            None, type=["null", "string"], format="date-time", pattern=_MOMENT, title="Moment",
            description="When the snapshots of all data sets are taken; empty: as soon as possible.",
        ),
        "mode": Param(
            None, type=["null", "string"], enum=chosen(Mode), title="Mode",
            description="Empty: the policy's value.",
        ),
        "transfer": Param(
            None, type=["null", "string"], enum=chosen(Transfer), title="Transfer",
            description="Empty: the policy's value.",
        ),
        "reason": Param(
            None, type=["null", "string"], maxLength=500, title="Reason",
            description="The reason for the run; kept in the ledger.",
        ),
        "approve_deletions": Param(
            False, type="boolean", title="Approve deletions",
            description="Allow more deletions than the policy's limit.",
        ),
        "change_roots": Param(
            False, type="boolean", title="Change roots",
            description="Change the roots although older points hold snapshots of the present ones. Needs a reason; "
            "without approval only shows what that costs.",
        ),
        "approve_change_of_roots": Param(
            False, type="boolean", title="Approve the change of roots",
            description="The cost of the change of roots is known and accepted.",
        ),
    }
