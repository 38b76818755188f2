"""Commands about roles."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import announce_roles, identity_of, initialise_pair
from hadoop_dr.cli.commands.options import as_json_option
from hadoop_dr.cli.pages.output import emit, ends_well, say


@click.command(epilog="Example: hadoop-dr identity east-west")
@click.argument("pair")
@click.option("--initialise", is_flag=True, help="Set the first roles of a new pair, as its file says. Safe to repeat.")
@click.option("--announce", is_flag=True, help="Write the ledger's roles into both ZooKeepers again.")
@as_json_option
def identity(pair: str, initialise: bool, announce: bool, as_json: bool) -> None:
    """Show the roles of PAIR: what the ledger says, and what each ZooKeeper announces."""
    with ends_well(as_json):
        if initialise:
            initialise_pair(pair, by=who())
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
        say(f"{site}: {found['role']} in epoch {found['epoch']}" if found["readable"] else found["problem"])
