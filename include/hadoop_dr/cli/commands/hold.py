"""Commands with which a person holds back new points, and lets them go on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import hold_pair, resume_pair
from hadoop_dr.cli.commands.identity import who
from hadoop_dr.cli.commands.options import as_json_option
from hadoop_dr.cli.pages.output import emit, ends_well, say
from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.config.quantities import moment_ms
from hadoop_dr.domain.runs.wanted_moment import refuse_odd_words


@click.command(epilog="Example: hadoop-dr hold east-west --until 2026-11-20T06:00:00Z --reason 'the rack moves'")
@click.argument("pair")
@click.option("--until", metavar="TIME", required=True, help="When it ends by itself: 2026-11-20T06:00:00Z.")
@click.option("--reason", metavar="TEXT", required=True, help="The reason; kept in the ledger.")
@as_json_option
def hold(pair: str, until: str, reason: str, as_json: bool) -> None:
    """Hold back new points of every service of PAIR until TIME; one whose snapshots are taken is finished."""
    with ends_well(as_json):
        _refuse_no_reason(reason)
        try:
            until_ms = moment_ms(until)
        except Wrong as wrong:
            raise click.BadParameter(f"{wrong.problem}. {wrong.remedy}", param_hint="--until") from None
        document = hold_pair(pair, until_ms, f"hold-{secrets.token_hex(4)}", who(), reason)
    emit(document, as_json, lambda: _page(document))


@click.command(epilog="Example: hadoop-dr resume east-west --reason 'the rack stands'")
@click.argument("pair")
@click.option("--reason", metavar="TEXT", required=True, help="The reason; kept in the ledger.")
@as_json_option
def resume(pair: str, reason: str, as_json: bool) -> None:
    """Let new points of PAIR be made again: lifts the hold of a person, and that of the monitor.

    The monitor does not set its hold again for the same failure.
    """
    with ends_well(as_json):
        _refuse_no_reason(reason)
        document = resume_pair(pair, f"resume-{secrets.token_hex(4)}", who(), reason)
    emit(document, as_json, lambda: _page(document))


def _refuse_no_reason(reason: str) -> None:
    if not reason.strip():
        raise click.BadParameter("says nothing", param_hint="--reason")
    refuse_odd_words(None, reason)


def _page(document: Mapping[str, Any]) -> None:
    for one in document["held"]:
        say(held_line(document["pair"], one))
    if not document["held"]:
        say(f"{document['pair']}: new points are made")


def held_line(pair: str, held: Mapping[str, Any]) -> str:
    """Says of one hold who holds back new points, until when, and why."""
    until = f"until {held['until']}" if held["until"] else "until it is resumed"
    return f"held: {pair} makes no new point {until}; by {held['by']}, because {held['reason']}"
