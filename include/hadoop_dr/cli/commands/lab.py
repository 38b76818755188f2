"""Commands of the lab; the package behind them is loaded only when one is called."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hadoop_dr import settings
from hadoop_dr.bootstrap import initialise_pair
from hadoop_dr.cli.commands.options import CommandGroup, as_json_option
from hadoop_dr.cli.pages.output import emit, ends_well, human_bytes, say, table, tell
from hadoop_dr.domain.errors import BadInput, Failed

if TYPE_CHECKING:
    from hadoop_lab import Lab

SEE = "See: hadoop-dr lab status"
"""The remedy of every wrong word about the lab."""
_DAEMON = click.argument("daemon", metavar="SITE.DAEMON")


def _open() -> Lab:
    from hadoop_lab import Lab

    return Lab(settings.find_home())


class _LabGroup(CommandGroup):
    """Turns the lab's errors into the command line's."""

    def invoke(self, ctx: click.Context) -> Any:
        from hadoop_lab import LabError, WrongName

        try:
            return super().invoke(ctx)
        except LabError as error:
            first, *more = str(error).splitlines() or [""]
            for line in more:
                tell(line)
            problem, _, remedy = first.rpartition("; ")
            kind = BadInput if isinstance(error, WrongName) else Failed
            raise kind("lab", problem or first, remedy[:1].upper() + remedy[1:] if problem else SEE) from error


@click.group(cls=_LabGroup, epilog="Example: hadoop-dr lab up")
def lab() -> None:
    """Two real Hadoop clusters on this machine, as ordinary processes on 127.0.0.1."""


@lab.command(epilog="Example: hadoop-dr lab up --hiveserver2 --airflow")
@click.option("--hiveserver2", is_flag=True, help="HiveServer2 on both sites too.")
@click.option("--airflow", is_flag=True, help="Airflow's four components too.")
@click.option("--ha", multiple=True, metavar="SITE", help="Two NameNodes with automatic failover on this site.")
@as_json_option
def up(hiveserver2: bool, airflow: bool, ha: tuple[str, ...], as_json: bool) -> None:
    """Start what is missing, and give the shipped pair its roles: east primary, epoch 1. Safe to repeat."""
    from hadoop_lab import LabOptions

    begun = time.monotonic()
    home = settings.find_home()
    with ends_well(as_json):
        opened = _open()
        opened.up(LabOptions(hiveserver2=hiveserver2, airflow=airflow, ha=ha), tell, lambda _: _give_roles(home))
        document = lab_status(opened)
    tell(f"ready after {time.monotonic() - begun:.1f} s")
    emit(document, as_json, lambda: _page(document))


@lab.command(epilog="Example: hadoop-dr lab down --wipe")
@click.option("--wipe", is_flag=True, help="Remove data, logs and the choice of ports too.")
def down(wipe: bool) -> None:
    """Stop every daemon; data stay for the next `up` unless --wipe."""
    _open().down(wipe=wipe, progress=tell)


@lab.command("status", epilog="Example: hadoop-dr lab status --json | jq .sites.east.daemons")
@as_json_option
def status_command(as_json: bool) -> None:
    """Show addresses, roles and daemons."""
    document = lab_status(_open())
    emit(document, as_json, lambda: _page(document))


@lab.command(epilog="Example: hadoop-dr lab kill west.namenode")
@_DAEMON
def kill(daemon: str) -> None:
    """End a daemon at once, as a crash does (kill -9)."""
    _open().kill(daemon)
    say(f"killed {daemon}; start it again: hadoop-dr lab start {daemon}")


@lab.command(epilog="Example: hadoop-dr lab pause west.metastore")
@_DAEMON
def pause(daemon: str) -> None:
    """Stop a daemon from running without ending it (SIGSTOP)."""
    _open().pause(daemon)
    say(f"paused {daemon}; resume it: hadoop-dr lab resume {daemon}")


@lab.command(epilog="Example: hadoop-dr lab resume west.metastore")
@_DAEMON
def resume(daemon: str) -> None:
    """Let a paused daemon go on."""
    _open().resume(daemon)
    say(f"resumed {daemon}")


@lab.command(epilog="Example: hadoop-dr lab start west.namenode")
@_DAEMON
def start(daemon: str) -> None:
    """Start a daemon that was killed."""
    _open().start(daemon, tell)
    say(f"{daemon} runs")


@lab.command(epilog="Example: hadoop-dr lab logs east.namenode --lines 100")
@_DAEMON
@click.option("--lines", type=click.IntRange(min=1), default=30, show_default=True, help="Number of lines.")
def logs(daemon: str, lines: int) -> None:
    """Print the last lines of a daemon's log."""
    from hadoop_lab.supervisor import processes

    for line in processes.tail(_open().log(daemon), lines).splitlines():
        say(line)


@lab.command(epilog="Example: hadoop-dr lab demo")
@click.option("--failover", is_flag=True, help="Go on: lose the primary, fail over, come back.")
@as_json_option
def demo(failover: bool, as_json: bool) -> None:
    """Play the whole story: a service with data, a full and an incremental point through Airflow, equal answers."""
    from hadoop_lab.demo.failover import FailoverDemo, report_lines
    from hadoop_lab.demo.run import Demo

    home = settings.find_home()
    with ends_well(as_json):
        document = Demo(_open(), home, tell, lambda _: _give_roles(home)).run()
        if failover:
            document["failover"] = FailoverDemo(_open(), home, tell).run()
    emit(document, as_json, lambda: _demo_page(document))
    if failover and not as_json:
        say("")
        for line in report_lines(document["failover"]):
            say(line)


def _demo_page(document: dict[str, Any]) -> None:
    say("")
    say("Recovery points of billing")
    table(
        ("point", "state", "proof", "skew ms", "entries", "copied", "on"),
        [
            (
                p["point"],
                p["state"],
                p["proof"],
                p["skew_ms"],
                p["entries"],
                human_bytes(p["bytes_copied"]),
                ", ".join(site for site, there in p["sites"].items() if there),
            )
            for p in document["points"]
        ],
    )
    say("")
    say("The same questions to both sites")
    for answer in document["queries"]:
        say(f"  {'equal  ' if answer['equal'] else 'DIFFERS'} {answer['query']}")
        for row in answer["rows"][:3]:
            say(f"          {', '.join(str(cell) for cell in row)}")
    airflow = document["airflow"]
    say("")
    say(f"Airflow   {airflow['url']}  user {airflow['user']}, password {airflow['password']}")
    say("Look      .venv/bin/hadoop-dr points billing · explain billing · status · lab status")
    say("Next      .venv/bin/hadoop-dr backup billing · plan billing · lab kill west.namenode · lab down")
    say(f"Took      {document['seconds']} s")


def lab_status(opened: Lab) -> dict[str, Any]:
    """Returns the document of ``lab status --json``, with the roles where ZooKeeper answers."""
    document = opened.status()
    if document["sites"]:
        from hadoop_dr.bootstrap import roles_in_zookeeper

        roles = roles_in_zookeeper(settings.find_home(), list(document["sites"]))
        for name, site in document["sites"].items():
            site["role"] = roles.get(name)
    return document


def _give_roles(home: Path) -> None:
    for pair in settings.pair_names(home):
        if all(site.lab for site in settings.load_pair(home, pair).sites):
            initialise_pair(pair, by="lab", home=home)


def _page(document: dict[str, Any]) -> None:
    if not document["sites"]:
        say("no lab here. Start one: hadoop-dr lab up")
    for name, site in document["sites"].items():
        say(f"{name} ({site['role'] or 'no role'}): {site['hdfs']}  {' '.join(site['webhdfs'])}")
        for daemon, state in sorted(site["daemons"].items()):
            process = "" if state["pid"] is None else f" pid {state['pid']}"
            say(f"    {daemon:<14} {state['state']:<8}{process}".rstrip())
    if document.get("airflow"):
        say(
            f"airflow: {document['airflow']['url']}  user {document['airflow']['user']}, "
            f"password {document['airflow']['password']}"
        )
