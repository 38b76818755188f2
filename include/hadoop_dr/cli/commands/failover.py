"""The commands with which a person makes the secondary the primary (S2.22)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import failover_pair, switchover_pair
from hadoop_dr.cli.commands.identity import who
from hadoop_dr.cli.commands.options import as_json_option
from hadoop_dr.cli.pages.output import Show, emit, ends_well, say, warn
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.runs.wanted_moment import refuse_odd_words


@click.command(epilog="Example: hadoop-dr failover east-west --to west --reason 'Dublin burns' --approve")
@click.argument("pair")
@click.option("--to", metavar="SITE", required=True, help="The site that becomes primary.")
@click.option("--reason", metavar="TEXT", required=True, help="The reason; kept in the ledger.")
@click.option("--approve", is_flag=True, help="What --dry-run shows is known and wanted.")
@click.option("--force", is_flag=True, help="Although the old primary still answers, and nothing stops its writers.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and what would be lost; change nothing.")
@as_json_option
def failover(pair: str, to: str, reason: str, approve: bool, force: bool, dry_run: bool, as_json: bool) -> None:
    """Make SITE the primary of PAIR, because the old primary is lost.

    Every service goes on with its newest point; a point that is staged is finished first, anything less is undone.
    What the old primary wrote after that point is lost, and named as far as it can be known. Called again after an
    interruption, it goes on from there.
    """
    if not reason.strip():
        raise click.BadParameter("says nothing", param_hint="--reason")
    with ends_well(as_json), Show() as show:
        refuse_odd_words(None, reason)
        run = f"failover-{secrets.token_hex(4)}"
        document = failover_pair(
            pair, to, run, who(), reason, approve=approve, force=force, dry_run=dry_run, tell=show.stage
        )
    emit(document, as_json, lambda: _page(document, dry_run=dry_run))
    if (dry_run and any(one["state"] == "fail" for one in document["checks"])) or document.get("closed"):
        raise SystemExit(1)


@click.command(epilog="Example: hadoop-dr switchover east-west --to west --reason 'the rack moves' --approve")
@click.argument("pair")
@click.option("--to", metavar="SITE", required=True, help="The site that becomes primary.")
@click.option("--reason", metavar="TEXT", required=True, help="The reason; kept in the ledger.")
@click.option("--approve", is_flag=True, help="What --dry-run shows is known and wanted.")
@click.option("--force", is_flag=True, help="Although a service stays closed, or a writer may still be at work.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and what stands against it; change nothing.")
@as_json_option
def switchover(pair: str, to: str, reason: str, approve: bool, force: bool, dry_run: bool, as_json: bool) -> None:
    """Exchange the roles of PAIR as planned: SITE becomes primary, and nothing that was acknowledged is lost.

    Clients lose access, writers on the old primary are stopped, and every service gets a last point; then SITE is
    primary, and access moves there. A failure before that takes all of it back. Called again after an interruption, it
    goes on from there; called with --to the present primary, it takes a begun switchover back.
    """
    if not reason.strip():
        raise click.BadParameter("says nothing", param_hint="--reason")
    with ends_well(as_json), Show() as show:
        refuse_odd_words(None, reason)
        run = f"switchover-{secrets.token_hex(4)}"
        document = switchover_pair(
            pair, to, run, who(), reason, approve=approve, force=force, dry_run=dry_run, tell=show.stage
        )
    emit(document, as_json, lambda: _page(document, dry_run=dry_run))
    if (dry_run and any(one["state"] == "fail" for one in document["checks"])) or document.get("closed"):
        raise SystemExit(1)


def _page(document: Mapping[str, Any], *, dry_run: bool) -> None:
    if dry_run:
        for one in document["checks"]:
            say(f"{one['state']:<5} {one['name']}: {one['detail']}" + (f". {one['remedy']}" if one["remedy"] else ""))
        say(f"from {document['from']} to {document['to']}; fence {document['fence']}")
        for service, one in sorted(document["in_flight"].items()):
            say(f"{service}: point {one['point']} is not finished: {one['ending']}")
    else:
        said = f"{document['to']} is primary in epoch {document['epoch']}; clients use {document['access']}"
        say(f"{said}; fence {document['fence'] or 'lifted'}")
    _services(document)
    if not dry_run:
        say("seconds  " + ", ".join(f"{step} {took:.1f}" for step, took in document["rto_seconds"].items()))
        for service, why in sorted(document["closed"].items()):
            warn(f"{service} stays closed: {why}")
        for text in document["warnings"]:
            warn(text)


def _services(document: Mapping[str, Any]) -> None:
    for service, point in sorted(document["points"].items()):
        say(f"{service}: point {point}, {document['rpo_seconds'][service]:.0f} s old")
        lost = document["lost"][service]
        if lost["files"]:
            say(f"  lost: {counted(len(lost['files']), 'file')}, the first: {lost['files'][0]}")
        if lost["unknown"]:
            say(f"  what else {document['from']} had since then is not known")
