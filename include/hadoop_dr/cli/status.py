"""The one page that says how a pair is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import status_of
from hadoop_dr.cli.options import as_json_option
from hadoop_dr.cli.output import emit, ends_well, table, warn


@click.command(epilog="Example: hadoop-dr status east-west --json")
@click.argument("pair", required=False)
@as_json_option
def status(pair: str | None, as_json: bool) -> None:
    """Show roles, health, and how old the newest point of each service of PAIR is."""
    with ends_well(as_json):
        document = status_of(pair, warn)
    emit(document, as_json, lambda: _page(document))


def _page(document: Mapping[str, Any]) -> None:
    click.echo(f"pair {document['pair']}, epoch {document['epoch']}, clients use {document['access']}")
    table(
        ("site", "role", "health", "fence"),
        [
            (
                name,
                site["role"],
                f"{site['health']['available']}/{site['health']['total']}" if site["readable"] else "no answer",
                site["fence"] or "-",
            )
            for name, site in document["sites"].items()
        ],
    )
    table(
        ("service", "newest point", "age s", "RPO s", "state"),
        [
            (
                name,
                s["newest"] or "-",
                "-" if s["age_seconds"] is None else round(s["age_seconds"]),
                s["rpo_seconds"],
                s["state"],
            )
            for name, s in document["services"].items()
        ],
    )
