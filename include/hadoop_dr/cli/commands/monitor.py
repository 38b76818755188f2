"""The command that watches a pair without Airflow."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import monitor_pair
from hadoop_dr.cli.commands.hold import held_line
from hadoop_dr.cli.commands.options import as_json_option
from hadoop_dr.cli.pages.output import emit, ends_well, say, warn
from hadoop_dr.domain.errors import BadInput


@click.command(epilog="Example: hadoop-dr monitor east-west --once --json")
@click.argument("pair")
@click.option("--once", is_flag=True, help="End with the first verdict; a role that is gone is timed before.")
@as_json_option
def monitor(pair: str, once: bool, as_json: bool) -> None:
    """Watch both sites of PAIR: raise alarms, and hold back new points while the primary has failed.

    It says something whenever anything changes, and runs until somebody ends it. Who is told of alarms is in the file
    that HADOOP_DR_ALARM_FILE names, or is the webhook of HADOOP_DR_ALARM_WEBHOOK.

    Exit codes with --once: 0 no alarm stands and both sites are well; 1 otherwise.
    """
    shown: dict[str, Any] = {}

    def tell(document: dict[str, Any]) -> None:
        if not once and document != shown.get("document"):
            shown["document"] = document
            _page(document)

    with ends_well(as_json):
        if as_json and not once:
            raise BadInput("--json", "there is one document, at the end", "Add --once.")
        document = monitor_pair(pair, "monitor", f"monitor-{secrets.token_hex(4)}", once=once, tell=tell)
    emit(document, as_json, lambda: _page(document))
    if not document["ok"]:
        raise SystemExit(1)


def _page(document: Mapping[str, Any]) -> None:
    for site, found in document["sites"].items():
        health = f"{found['health']['available']}/{found['health']['total']} nodes"
        state = f"failed: {found['why']}" if found["failed"] else "ok"
        say(f"{site} ({found['role'] or 'role unknown'}): {health}, {state}")
        for trouble in found["troubles"]:
            say(f"  {trouble}")
    for one in document["held"]:
        say(held_line(document["pair"], one))
    for alarm in document["alarms"]:
        say(f"alarm: {alarm['text']}")
    for text in document["warnings"]:
        warn(text)
