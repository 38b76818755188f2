"""The command with which a person lets the old primary back in as the secondary (S0.8, S2.26)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import reprotect_pair
from hadoop_dr.cli.commands.identity import who
from hadoop_dr.cli.commands.options import as_json_option
from hadoop_dr.cli.pages.output import Show, emit, ends_well, say, warn
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.runs.wanted_moment import refuse_odd_words

_TOLD = 20


@click.command(epilog="Example: hadoop-dr reprotect east-west --reason 'Dublin is back' --approve")
@click.argument("pair")
@click.option("--reason", metavar="TEXT", required=True, help="The reason; kept in the ledger.")
@click.option("--approve", is_flag=True, help="What is shown is known: the next backups may undo it.")
@click.option("--release", is_flag=True, help="Remove the snapshots that keep what never crossed, once it is undone.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing, keep nothing.")
@as_json_option
def reprotect(pair: str, reason: str, approve: bool, release: bool, dry_run: bool, as_json: bool) -> None:
    """Let the old primary of PAIR back in as the secondary.

    What it wrote after the newest point and never crossed is kept in snapshots there and shown by name. With --approve
    the site is announced as the secondary, and the next backup of each service undoes exactly what was shown, from
    that site's own snapshots, then copies what changed on the new primary. The snapshots stay until --release. It may
    be repeated.
    """
    if not reason.strip():
        raise click.BadParameter("says nothing", param_hint="--reason")
    if approve and release:
        raise click.BadParameter("cannot be given with --approve", param_hint="--release")
    with ends_well(as_json), Show() as show:
        refuse_odd_words(None, reason)
        run = f"reprotect-{secrets.token_hex(4)}"
        document = reprotect_pair(
            pair, run, who(), reason, approve=approve, release=release, dry_run=dry_run, tell=show.stage
        )
    emit(document, as_json, lambda: _page(document, release=release, dry_run=dry_run))
    if document["closed"]:
        raise SystemExit(1)


def _page(document: Mapping[str, Any], *, release: bool, dry_run: bool) -> None:
    site = document["to"]
    for service, paths in sorted(document["released"].items()):
        for path in paths:
            say(f"{service}: {site}:{path} {'would be removed' if dry_run else 'is removed'}")
    for service in sorted(document["points"]):
        _service(document, service)
    for service, why in sorted(document["closed"].items()):
        warn(f"{service} cannot come back: {why}")
    for text in document["warnings"]:
        warn(text)
    if document["approved"]:
        say(f"{site} is the secondary in epoch {document['epoch']}: the next backups bring it back")
    elif not dry_run and not release:
        say(f"nothing was undone and {site} is not let in yet: add --approve for that")


def _service(document: Mapping[str, Any], service: str) -> None:
    site, said = document["to"], document["diverged"].get(service)
    if said is None:
        say(f"{service}: nothing of {site} has to be undone")
        return
    point, what = document["points"][service], counted(said["count"], "change")
    say(f"{service}: {what} of {site} since point {point} never crossed")
    lines = [*said["files"], *said["tables"]][:_TOLD]
    for line in lines:
        say(f"  {line}")
    if said["count"] > len(lines):
        say(f"  and {said['count'] - len(lines)} more")
    for root, name in sorted(document["kept"].get(service, {}).items()):
        say(f"  kept in {site}:{root}/.snapshot/{name}")
