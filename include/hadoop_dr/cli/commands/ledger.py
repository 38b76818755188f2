"""Commands about ledgers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import ledger_check
from hadoop_dr.cli.commands.options import CommandGroup, as_json_option
from hadoop_dr.cli.pages.output import emit, ends_well, say


@click.group(cls=CommandGroup, epilog="Example: hadoop-dr ledger check east-west")
def ledger() -> None:
    """Look at the ledgers, which are the source of truth."""


@ledger.command("check", epilog="Example: hadoop-dr ledger check east-west")
@click.argument("pair")
@as_json_option
def check(pair: str, as_json: bool) -> None:
    """Prove that every chain of PAIR is whole, and that both sites hold the same one."""
    with ends_well(as_json):
        document = ledger_check(pair)
    emit(document, as_json, lambda: _page(document))
    if not document["ok"]:
        raise SystemExit(1)


def _page(document: Mapping[str, Any]) -> None:
    for chain in document["chains"]:
        lengths = ", ".join(f"{site} {n}" for site, n in chain["entries"].items())
        behind = "; the shorter one is a beginning of the other" if len({*chain["entries"].values()}) > 1 else ""
        say(f"{'ok  ' if chain['ok'] else 'FAIL'}  {chain['chain']}: {lengths} entries{behind if chain['ok'] else ''}")
        for problem in chain["problems"]:
            say(f"      {problem}")
