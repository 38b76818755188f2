"""The command that gives the primary room while the secondary is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import free_primary_of
from hadoop_dr.cli.commands.options import as_json_option, pair_option, service_argument
from hadoop_dr.cli.pages.output import Show, emit, ends_well, say
from hadoop_dr.domain.config.quantities import counted


@click.command("free-primary", epilog="Example: hadoop-dr free-primary billing --newest --approve")
@service_argument
@click.option("--newest", is_flag=True, help="Include those of the newest point; the next backup then compares all.")
@click.option("--approve", is_flag=True, help="Remove them; by default they are only shown.")
@pair_option
@as_json_option
def free_primary(service: str, newest: bool, approve: bool, pair: str | None, as_json: bool) -> None:
    """Show which snapshots of SERVICE the primary can do without while the secondary is down, and remove them.

    Snapshots keep the blocks of what production deleted since alive; while the secondary is away nothing else removes
    them. What lies in the directories stays, and so do the points on the secondary. It is refused while the secondary
    answers.
    """
    with ends_well(as_json), Show() as show:
        show.stage("free-primary")
        document = free_primary_of(service, newest=newest, approve=approve, pair=pair)
    emit(document, as_json, lambda: _page(document))


def _page(document: Mapping[str, Any]) -> None:
    site, done = document["site"], "removed" if document["approved"] else "would be removed"
    for one in document["points"]:
        paths = [f"{root}/.snapshot/{name}" for root, names in one["snapshots"].items() for name in names]
        say(f"{site}: point {one['point']}: {counted(len(paths), 'snapshot')} {done}: {', '.join(paths)}")
    if not document["points"]:
        say(f"{site}: nothing {done}")
    for point, why in document["stays"].items():
        say(f"{site}: point {point} stays: {why}")
    if not document["approved"] and document["points"]:
        say(f"nothing was removed yet: hadoop-dr free-primary {document['service']} --approve, with the same options")
