"""Tasks: each is one call of the facade that the command line uses too; nothing of ours is imported while parsing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseOperator

from hadoop_dr_airflow.brief import brief
from hadoop_dr_airflow.compat import AirflowSkipException

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from airflow.sdk import Context

    from hadoop_dr.bootstrap.arbitration import Arbiter
    from hadoop_dr.services.backup.stages import BackupStages

SUMMARY = "summary"
SKIPPED = "skipped"
REQUESTS = "requests"
_COUNTED = ("preflight", "moment", "plan", "stage", "place", "verify")
"""Stages before the seal, which writes down what all of them asked."""


def service_asset(pair: str, service: str) -> Asset:
    """The asset that gets an event with every sealed point."""
    return Asset(name=f"hadoop-dr/{pair}/{service}", uri=f"hadoop-dr://{pair}/{service}", group="hadoop-dr")


def in_words(what: str, result: Mapping[str, Any]) -> str:
    """Writes a stage's result in one line for a person; of many things the first, and how many more there are."""
    said = {name.replace("_", " "): value for name, value in brief(result).items() if value not in (None, "", [], {})}
    return f"{what}: {', '.join(f'{name} {_in_words(value)}' for name, value in said.items())}"


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_in_words(inner)}" for name, inner in value.items())
    return " ".join(map(_in_words, value)) if isinstance(value, list | tuple) else str(value)


class BackupStage(BaseOperator):
    """One stage of a backup run.

    The ledger knows the run by Airflow's run id, the same for every task and try of it, so a task that runs twice, or
    beside its own earlier try, finds what is done.

    Args:
        service: The service.
        stage: Name of the stage.
        shard: Which shard, for the mapped stage.
    """

    ui_color = "#d7e8f2"

    def __init__(self, *, service: str, stage: str, shard: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.service, self.stage, self.shard = service, stage, shard

    def execute(self, context: Context) -> Any:
        """Runs the stage, says in one line what it did, and hands that on."""
        from hadoop_dr.bootstrap import backup_stages
        from hadoop_dr.domain.runs.wanted_moment import refuse_past, wanted_moment_ms

        run_id, try_no = context["dag_run"].run_id, context["ti"].try_number
        if self.stage == "preflight":
            wishes = _wishes(context)  # looked at before anything is contacted
            wanted_moment_ms(wishes["moment"], time.time_ns() // 1_000_000)
            if context["params"].get("moment"):  # a person's; of those that a schedule missed the newest is made up for
                refuse_past(wishes["moment"], int(context["dag_run"].run_after.timestamp() * 1000))
        with backup_stages(self.service, run_id=run_id, try_no=try_no, users=_users(self.service)) as stages:
            result = self._call(stages, context)
            if self.stage in _COUNTED:
                context["ti"].xcom_push(key=REQUESTS, value=stages.requests())
        self.log.info(in_words(self.task_id, result))
        return self._handed_on(brief(result), context)

    def _call(self, stages: BackupStages, context: Context) -> dict[str, Any]:
        if self.stage == "preflight":
            wishes = _wishes(context)
            self._skip_unless_acting(stages.acts(wishes["transfer"]), context)
            boxes = {name: bool(context["params"].get(name)) for name in ("approve_deletions", "change_roots")}
            return stages.preflight(
                wishes["moment"], wishes["mode"], wishes["transfer"], wishes["reason"], **boxes,
                approve=bool(context["params"].get("approve_change_of_roots")),
            )  # fmt: skip
        if self.stage == "stage":
            return stages.stage(self.shard or 0)
        if self.stage == "sealed":
            if why := context["ti"].xcom_pull(task_ids="preflight", key=SKIPPED):
                raise AirflowSkipException(why)
            return stages.last_word()
        if self.stage == "seal":
            return stages.seal(_asked(context))
        run: Callable[[], dict[str, Any]] = getattr(stages, self.stage)
        return run()

    def _skip_unless_acting(self, acts: Mapping[str, Any], context: Context) -> None:
        """The other controller of the pair does this service; here the run ends without a fault (S2.17)."""
        if not acts["acts"]:
            context["ti"].xcom_push(key=SKIPPED, value=acts["why"])
            raise AirflowSkipException(acts["why"])

    def _handed_on(self, result: dict[str, Any], context: Context) -> Any:
        if self.stage == "plan":
            context["ti"].xcom_push(key=SUMMARY, value=result)
            return list(range(result["shards"]))
        if self.stage == "seal":
            for asset in self.outlets:
                context["outlet_events"][asset].extra = {"point": result["point"], "run": context["dag_run"].run_id}
        return result


def _asked(context: Context) -> list[dict[str, dict[str, int]]]:
    """Returns what the tasks before asked, each in a process of its own; a task that did not end says nothing."""
    counts: list[dict[str, dict[str, int]]] = []
    for stage in _COUNTED:
        pulled = context["ti"].xcom_pull(task_ids=stage, key=REQUESTS) or []
        counts += [pulled] if isinstance(pulled, dict) else [one for one in pulled if one]  # many where it was mapped
    return counts


def _users(service: str) -> dict[str, str]:
    from hadoop_dr import settings

    return hdfs_users_of(settings.load_policy(settings.find_home(), service).pair)


def hdfs_users_of(pair: str) -> dict[str, str]:
    """The HDFS users that the connections of a pair's sites name, by site.

    It is read in the task that uses it and goes nowhere else: not into XCom, not into the log.
    """
    from hadoop_dr import settings
    from hadoop_dr_airflow.hooks import hdfs_users

    return hdfs_users(settings.load_pair(settings.find_home(), pair).site_names)


def _wishes(context: Context) -> dict[str, str | None]:
    """Returns what this run was started with: the moment of the schedule, or what a person filled in."""
    params, run = context["params"], context["dag_run"]
    wishes = {name: params.get(name) or None for name in ("moment", "mode", "transfer", "reason")}
    if wishes["moment"] is None and run.run_type == "scheduled" and run.data_interval_end is not None:
        wishes["moment"] = run.data_interval_end.isoformat()
    if wishes["moment"] is not None:
        from hadoop_dr.domain.ids import iso
        from hadoop_dr.domain.runs.wanted_moment import read_moment_ms

        wishes["moment"] = iso(read_moment_ms(wishes["moment"]))
    return wishes


class _Access(BaseOperator):
    """A task about which site clients use.

    Args:
        pair: The pair.
    """

    ui_color = "#f2e3d7"

    def __init__(self, *, pair: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pair = pair

    def _arbiter(self, context: Context) -> AbstractContextManager[Arbiter]:
        from hadoop_dr.bootstrap.arbitration import open_arbiter

        return open_arbiter(self.pair, f"airflow {context['dag_run'].run_id}", users=hdfs_users_of(self.pair))


class ArbitrateAccess(_Access):
    """Decides afresh which site clients use, and publishes it: one task, so that nothing comes between."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Decides and publishes; a copy that could not be brought up to date is a reason to try again."""
        from hadoop_dr.domain.errors import NotReady

        with self._arbiter(context) as arbiter:
            result = arbiter.arbitrate()
            self.log.info(in_words(self.task_id, result))
            if arbiter.look()["due"]:
                problem = f"a copy of the access is not up to date: {result['copies']}"
                raise NotReady(self.pair, problem, "It is tried again; repair the site that it names if that goes on")
        return result


class AnnounceAccess(_Access):
    """Tells people where access is now; fails while both sites say that they are primary."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Reads what is published and says it."""
        from hadoop_dr.domain.errors import Refused

        with self._arbiter(context) as arbiter:
            result = arbiter.look()
        self.log.info(in_words(self.task_id, result))
        if result["alarm"]:
            raise Refused(self.pair, result["alarm"], f"Give one site the higher epoch: hadoop-dr identity {self.pair}")
        return result


class ActOnHealth(BaseOperator):
    """Looks at both sites afresh, holds back new points or lets them go on, and raises alarms.

    Args:
        pair: The pair.
        watched: The task that saw what failed.
    """

    ui_color = "#f2d7d7"

    def __init__(self, *, pair: str, watched: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pair, self.watched = pair, watched

    def execute(self, context: Context) -> dict[str, Any]:
        """Acts; somebody who could not be told of an alarm is a reason to try again."""
        from hadoop_dr.bootstrap.watching.monitor import open_monitor
        from hadoop_dr.domain.errors import NotReady
        from hadoop_dr_airflow.hooks import alarm_notifiers

        seen, run = context["ti"].xcom_pull(task_ids=self.watched) or {}, context["dag_run"].run_id
        with open_monitor(
            self.pair, "airflow", run, users=hdfs_users_of(self.pair), failed=seen.get("failures"),
            notifiers=alarm_notifiers(),
        ) as monitor:  # fmt: skip
            result = monitor.watch(once=True, tell=lambda document: None)
        self.log.info(in_words(self.task_id, result))
        if any(not alarm["told"] for alarm in result["alarms"]):
            remedy = "It is tried again; correct the connection hadoop_dr_alarms if that goes on"
            raise NotReady(self.pair, "not everybody was told of an alarm", remedy)
        return brief(result)


class ShowAlarms(BaseOperator):
    """Fails while an alarm stands, so that Airflow's own callbacks and its pages show it.

    Args:
        pair: The pair.
        acted: The task that raised it.
    """

    ui_color = "#f2d7d7"

    def __init__(self, *, pair: str, acted: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pair, self.acted = pair, acted

    def execute(self, context: Context) -> None:
        """Says what stands."""
        from hadoop_dr.domain.errors import Refused

        result = context["ti"].xcom_pull(task_ids=self.acted) or {}
        if texts := [alarm["text"] for alarm in result.get("alarms", [])]:
            raise Refused(self.pair, "; ".join(texts), f"See: hadoop-dr status {self.pair}")
