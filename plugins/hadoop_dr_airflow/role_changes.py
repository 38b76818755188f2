"""Tasks of a change of roles: look, ask a person, carry it out; the same services as behind the command line (S2.22).

    look        what would happen, what would be lost, what stands against it; fails where something does
    ask         waits for a person, who sees these facts in Airflow's own page of required actions
    <verb>      carries it out under the name of that person; a refusal is recorded, and the run ends without a change
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import BaseOperator

from hadoop_dr_airflow.brief import brief
from hadoop_dr_airflow.compat import AirflowSkipException
from hadoop_dr_airflow.operators import hdfs_users_of, in_words

if TYPE_CHECKING:
    from airflow.sdk import Context

FACTS = "facts"
LOOK, ASK = "look", "ask"
APPROVE, REFUSE = "Approve", "Refuse"
_SERVICES_SHOWN = 50


class LookAhead(BaseOperator):
    """Says what a change of roles would do; fails with the reasons where something stands against it.

    Args:
        pair: The pair.
        verb: Which change.
    """

    ui_color = "#f2e3d7"

    def __init__(self, *, pair: str, verb: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pair, self.verb = pair, verb

    def execute(self, context: Context) -> dict[str, Any]:
        """Hands the facts on, as a page for the person and in short for whatever reads the run."""
        from hadoop_dr.domain.errors import Refused

        document = _change(self.pair, context, by="airflow", dry_run=True)
        page = facts_page(self.verb, document)
        self.log.info(page)
        against = [one for one in document["checks"] if one["state"] == "fail"]
        if against:
            said = "; ".join(str(one["detail"]) for one in against)
            raise Refused(self.pair, f"a {self.verb} is not possible: {said}", str(against[0]["remedy"]))
        context["ti"].xcom_push(key=FACTS, value=page)
        return brief(document)


class AskPerson(HITLOperator):
    """Shows a person the facts and waits; nothing is decided by a program, and no silence is taken for a yes.

    Args:
        verb: Which change.
        approvers: Ids of the Airflow users who may answer; empty: whoever may answer requests of this DAG.
    """

    def __init__(self, *, verb: str, approvers: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(
            subject=f"{verb.capitalize()} to {{{{ params.to }}}}: {{{{ params.reason }}}}",
            body=f"{{{{ ti.xcom_pull(task_ids='{LOOK}', key='{FACTS}') }}}}",
            options=[APPROVE, REFUSE],
            assigned_users=[{"id": one, "name": one} for one in approvers] or None,
            **kwargs,
        )


class CarryOut(BaseOperator):
    """Carries a change of roles out, or records that a person refused it; a second try goes on where the first ended.

    Args:
        pair: The pair.
        verb: Which change.
    """

    ui_color = "#f2c9b8"

    def __init__(self, *, pair: str, verb: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pair, self.verb = pair, verb

    def execute(self, context: Context) -> dict[str, Any]:
        """Gives the report in short; the whole stands in the ledger of the pair."""
        from hadoop_dr.bootstrap import refuse_change
        from hadoop_dr.domain.errors import Failed

        answer, params = context["ti"].xcom_pull(task_ids=ASK), context["params"]
        by = _who(answer)
        if answer["chosen_options"] != [APPROVE]:
            what = f"{self.verb} to {params['to']}"
            refuse_change(self.pair, what, context["dag_run"].run_id, by, params["reason"], users=self._users())
            raise AirflowSkipException(f"{by} refused the {what}; nothing has changed")
        document = _change(self.pair, context, by=by, tell=lambda step: self.log.info("%s", step))
        self.log.info(in_words(self.verb, document))
        if closed := document["closed"]:
            said = "; ".join(f"{service}: {why}" for service, why in sorted(closed.items()))
            remedy = "Correct what is named, then clear this task: it goes on with the services that are closed."
            raise Failed(self.pair, f"{document['to']} is primary, and these services stay closed: {said}", remedy)
        return brief(document)

    def _users(self) -> dict[str, str]:
        return hdfs_users_of(self.pair)


def _change(pair: str, context: Context, *, by: str, **how: Any) -> dict[str, Any]:
    from hadoop_dr.bootstrap import failover_pair

    params = context["params"]
    return failover_pair(
        pair, params["to"], context["dag_run"].run_id, by, params["reason"],
        approve=not how.get("dry_run"), force=bool(params.get("force")), users=hdfs_users_of(pair), **how,
    )  # fmt: skip


def _who(answer: Mapping[str, Any]) -> str:
    user = answer.get("responded_by_user") or {}
    return f"{user.get('name') or user.get('id') or 'nobody'} through Airflow"


def facts_page(verb: str, document: Mapping[str, Any]) -> str:
    """Writes the facts that a person decides on as Markdown: short, and the same whichever names people gave.

    Args:
        verb: Which change.
        document: What the dry run said.
    """
    return "\n".join(_lines(verb, document))


def _lines(verb: str, document: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"**{verb.capitalize()}** of `{document['pair']}` from `{document['from']}` to `{document['to']}`, "
        f"epoch {document['epoch']} so far. Fence that can be reached: **{document['fence']}**."
    )
    for one in document["checks"]:
        if one["state"] != "ok":
            yield f"\n* {one['state'].upper()} {_plain(one['detail'])}. {_plain(one['remedy'])}"
    yield "\n| service | point | age | in flight | lost |"
    yield "|---|---|---|---|---|"
    services = sorted(document["lost"])
    for service in services[:_SERVICES_SHOWN]:
        age_s = document["rpo_seconds"].get(service)
        flying = document["in_flight"].get(service)
        yield "| " + " | ".join((
            f"`{service}`",
            f"`{document['points'].get(service, 'none')}`",
            "" if age_s is None else f"{age_s:,.0f} s",
            f"{flying['ending']} of `{flying['point']}`" if flying else "",
            _lost(document["lost"][service]),
        )) + " |"
    if (more := len(services) - _SERVICES_SHOWN) > 0:
        yield f"\nand {more} more services"


def _lost(lost: Mapping[str, Any]) -> str:
    parts = [
        f"{len(lost[kind])} {kind}, the first {_plain(lost[kind][0])}" for kind in ("files", "tables") if lost[kind]
    ]
    return "; ".join([*parts, *(["more is not known"] if lost["unknown"] else [])]) or "nothing"


def _plain(text: str) -> str:
    """A name or message that cannot break the table or begin a line of its own."""
    return " ".join(str(text).split()).replace("\\", "\\\\").replace("|", "\\|").replace("`", "'").replace("<", "&lt;")
