"""The one page that says how a pair is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import status_of
from hadoop_dr.cli.commands.hold import held_line
from hadoop_dr.cli.commands.options import as_json_option
from hadoop_dr.cli.pages.output import Show, emit, ends_well, say, say_beside, table, warn
from hadoop_dr.domain.config.quantities import counted


@click.command(epilog="Example: hadoop-dr status --json | jq .ok")
@click.argument("pair", required=False)
@as_json_option
def status(pair: str | None, as_json: bool) -> None:
    """Show roles, health, and how old the newest point of each service of PAIR is; of every pair without PAIR.

    Health is how many of a site's parts answer: its NameNode, its ZooKeeper, and the metastore that its
    pair file names. Age and RPO are in seconds.

    Exit codes: 0 all is well; 1 a service is late, damaged, broken, unknown, or without a point or a policy; a part of
    a site does not answer; or a pair or policy file is wrong.
    """
    with ends_well(as_json), Show() as show:
        show.stage("status")
        document = status_of(pair, warn)
    emit(document, as_json, lambda: _page(document))
    if not document["ok"]:
        raise SystemExit(1)


def _page(document: Mapping[str, Any]) -> None:
    for pair in document["pairs"]:
        _pair_page(pair, document["problems"])
    for problem in document["problems"]:
        say(f"ignored: {problem}")


def _pair_page(document: Mapping[str, Any], below: Collection[str]) -> None:
    """Shows one pair; of a broken policy its file, line and remedy stand below all tables, once."""
    epoch = "unknown" if document["epoch"] is None else document["epoch"]
    access = f"clients use {document['access']}" if document["access"] else "access unknown"
    say(f"pair {document['pair']}, epoch {epoch}, {access}")
    for one in document["held"]:
        say(held_line(document["pair"], one))
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
                "-" if s["rpo_seconds"] is None else round(s["rpo_seconds"]),
                s["state"],
            )
            for name, s in document["services"].items()
        ],
    )
    for name, service in document["services"].items():
        if service["why"] and service["why"] not in below:
            say(f"{name} ({service['state']}): {service['why']}")
        if service["left_out"]:
            objects = counted(service["left_out"], "object")
            say(f"{name}: its newest point leaves out {objects}: hadoop-dr coverage {name}")
        say_beside(service["beside"], f"{name}: ")
