"""Commands for hosts of applications that do not use the library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from hadoop_dr.bootstrap import open_client_agent, open_client_health
from hadoop_dr.cli.commands.options import CommandGroup, as_json_option
from hadoop_dr.cli.pages.output import emit, ends_well, say, warn
from hadoop_dr.domain.errors import DrError


@click.group(cls=CommandGroup, epilog="Example: hadoop-dr client agent east-west --directory /etc/hadoop/east-west")
def client() -> None:
    """Lead applications that do not use the library to the site in use."""


@client.command("agent", epilog="Example: hadoop-dr client agent east-west --directory /etc/hadoop/east-west")
@click.argument("pair")
@click.option("--directory", metavar="DIR", required=True, help="Where the files are kept, for HADOOP_CONF_DIR.")
@click.option("--once", is_flag=True, help="Write them and end; without it they are kept up to date until it is ended.")
@as_json_option
def agent(pair: str, directory: str, once: bool, as_json: bool) -> None:
    """Keep core-site.xml, hdfs-site.xml and hive-site.xml of PAIR's site in use in DIR.

    The file system is called hdfs://PAIR whichever site is in use. Each file is replaced at once as a whole, on every
    switch. A client that was started before keeps what it read then. While no site may be used, the files stay.
    """
    if as_json and not once:
        raise click.UsageError("--json gives one document, so it needs --once")
    with ends_well(as_json), open_client_agent(pair, directory) as kept:
        document: Mapping[str, Any] = kept.refresh()
        while not once:
            if document["written"]:
                _page(document)
            document = _again(kept, document)
    emit(document, as_json, lambda: _page(document))


def _again(kept: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    kept.wait()
    try:
        found: Mapping[str, Any] = kept.refresh()
    except DrError as error:
        if document.get("problem") != str(error):
            warn(str(error))
        return {**document, "written": [], "problem": str(error)}
    return found


def _page(document: Mapping[str, Any]) -> None:
    written = ", ".join(document["written"]) or "nothing to write"
    in_use = f"{document['pair']}: {document['site']} is in use, epoch {document['epoch']}"
    say(f"{in_use}; {document['directory']}: {written}")


@client.command("health", epilog="Example: hadoop-dr client health east-west --site west --port 8009")
@click.argument("pair")
@click.option("--site", metavar="SITE", required=True, help="The site that the page is about.")
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="Where it listens; 0 for any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address of this host it listens on.")
@as_json_option
def health(pair: str, site: str, port: int, host: str, as_json: bool) -> None:
    """Answer load balancers by HTTP: 200 while clients of PAIR may use SITE, else 503.

    It says where it answers, and runs until it is ended. Anybody who reaches the port may ask.
    """
    with ends_well(as_json), open_client_health(pair, site, host, port) as page:
        document = page.document
        emit(document, as_json, lambda: say(f"{document['url']} says whether {document['site']} is in use"))
        page.serve()
