"""Commands about roles."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import announce_roles, identity_of, initialise_pair, record_new_cluster
from hadoop_dr.cli.commands.options import as_json_option
from hadoop_dr.cli.pages.output import emit, ends_well, say


@click.command(epilog="Example: hadoop-dr identity east-west")
@click.argument("pair")
@click.option("--initialise", is_flag=True, help="Set the first roles of a new pair, as its file says. Safe to repeat.")
@click.option("--announce", is_flag=True, help="Write the ledger's roles into both ZooKeepers again.")
@click.option("--new-cluster", metavar="SITE", help="Record that SITE was made anew as another HDFS cluster.")
@as_json_option
def identity(pair: str, initialise: bool, announce: bool, new_cluster: str | None, as_json: bool) -> None:
    """Show the roles of PAIR: what the ledger says, and what each ZooKeeper announces."""
    with ends_well(as_json):
        if initialise:
            initialise_pair(pair, by=who())
        if new_cluster is not None:
            record_new_cluster(pair, new_cluster)
        if announce:
            announce_roles(pair, by=who())
        document = identity_of(pair)
    emit(document, as_json, lambda: _page(document))


def who() -> str:
    """The person at the keyboard; a machine need not know the number that a container runs under by a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _page(document: Mapping[str, Any]) -> None:
    say(
        f"ledger: {document['primary'] or 'nobody'} is primary, epoch {document['epoch']}; access: {document['access']}"
    )
    for site, found in document["sites"].items():
        said = f"{site}: {found['role']} in epoch {found['epoch']}" if found["readable"] else found["problem"]
        say(f"{said}; HDFS: {_cluster(found)}")


def _cluster(found: Mapping[str, Any]) -> str:
    answers, recorded = found["cluster"], found["recorded_cluster"]
    if answers is None:
        return "no answer"
    known = "not recorded yet" if recorded is None else f"the ledger knows it as {recorded}"
    return f"{answers}" if answers == recorded else f"{answers}, {known}"
