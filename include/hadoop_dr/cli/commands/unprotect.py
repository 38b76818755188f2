"""The command that gives production its directories back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import unprotect_service
from hadoop_dr.cli.commands.options import as_json_option, pair_option, service_argument
from hadoop_dr.cli.pages.output import Show, emit, ends_well, say, warn
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.runs.wanted_moment import refuse_odd_words


@click.command(epilog="Example: hadoop-dr unprotect billing --reason 'the database moves to another cluster'")
@service_argument
@click.option("--reason", metavar="TEXT", required=True, help="The reason; kept in the ledger.")
@click.option("--both", is_flag=True, help="On the secondary too, which removes all points of SERVICE.")
@click.option("--takeover", is_flag=True, help="Stop a run that works on the service.")
@pair_option
@as_json_option
def unprotect(service: str, reason: str, both: bool, takeover: bool, pair: str | None, as_json: bool) -> None:
    """Remove the snapshots of SERVICE on the primary, so that its directories are ordinary ones again.

    HDFS then lets its directories be deleted and renamed. What lies in them stays, on both sites, and so do the points
    on the secondary, unless --both is given. A later backup protects the service again and compares everything.
    Exit code 1: snapshots of others still keep a directory.
    """
    if not reason.strip():
        raise click.BadParameter("says nothing", param_hint="--reason")
    with ends_well(as_json), Show() as show:
        refuse_odd_words(None, reason)
        show.stage("unprotect")
        run = f"cli-{secrets.token_hex(4)}"
        document = unprotect_service(service, run, reason, both=both, takeover=takeover, pair=pair)
    emit(document, as_json, lambda: _page(document))
    if any(site["left"] for site in document["sites"].values()):
        raise SystemExit(1)


def _page(document: Mapping[str, Any]) -> None:
    for name, site in document["sites"].items():
        free = ", ".join(site["free"]) or "nothing"
        say(f"{name}: {counted(site['snapshots'], 'snapshot')} removed; can be deleted again: {free}")
    lost, sites = counted(document["points"], "point"), " and ".join(document["sites"])
    say(f"{lost} lost their snapshots on {sites}; {counted(document['points_left'], 'point')} left on the secondary")
    if document["released"]:
        say(f"owned by no service any more: {', '.join(document['released'])}")
    for text in document["warnings"]:
        warn(text)
