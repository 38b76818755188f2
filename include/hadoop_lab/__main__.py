"""`python -m hadoop_lab`: the lab without the rest of the product."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hadoop_lab import compose, doctor
from hadoop_lab.artefacts.tools import Tools
from hadoop_lab.errors import LabError, WrongName
from hadoop_lab.lab import Lab
from hadoop_lab.options import SITES, LabOptions
from hadoop_lab.supervisor import processes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; exit code 0 is done, 1 refused or failed, 2 wrong words."""
    parsed = _parser().parse_args(arguments)
    try:
        _run(parsed, Lab(parsed.root))
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, WrongName) else 1
    return 0


def _run(parsed: argparse.Namespace, lab: Lab) -> None:
    commands: dict[str, Callable[[], object]] = {
        "up": lambda: _up(parsed, lab),
        "down": lambda: lab.down(wipe=parsed.wipe, progress=_tell),
        "status": lambda: _print(lab.status()),
        "kill": lambda: lab.kill(parsed.daemon),
        "pause": lambda: lab.pause(parsed.daemon),
        "resume": lambda: lab.resume(parsed.daemon),
        "start": lambda: lab.start(parsed.daemon, _tell),
        "logs": lambda: print(processes.tail(lab.log(parsed.daemon), parsed.lines)),
        "memory": lambda: _print({name: f"{size >> 20} MiB" for name, size in lab.resident_bytes().items()}),
        "doctor": lambda: _doctor(lab),
        "prepare": lambda: Tools().prepare(),
        "compose": lambda: print(compose.write(lab.layout.root)),
        "env": lambda: _print_environment(lab),
    }
    commands[parsed.command]()


def _up(parsed: argparse.Namespace, lab: Lab) -> None:
    began = time.monotonic()
    lab.up(_options(parsed), _tell)
    _tell(f"ready after {time.monotonic() - began:.1f} s")
    _print(lab.status())


def _print(document: object) -> None:
    print(json.dumps(document, indent=1))


def _print_environment(lab: Lab) -> None:
    for name, value in lab.airflow_environment().items():
        print(f"export {name}={shlex.quote(value)}")


def _doctor(lab: Lab) -> None:
    findings = doctor.examine(lab.layout.root)
    for finding in findings:
        print(f"{'ok  ' if finding.ok else 'FAIL'} {finding.name}: {finding.detail}")
    failed = [finding.name for finding in findings if not finding.ok]
    if failed:
        raise LabError(f"this machine cannot run a lab yet: {', '.join(failed)}; "
                       "install what can be installed: python -m hadoop_lab prepare")


def _options(parsed: argparse.Namespace) -> LabOptions:
    return LabOptions(
        metastore=not parsed.no_metastore,
        hiveserver2=parsed.hiveserver2,
        airflow=parsed.airflow,
        ha=tuple(parsed.ha),
        # The last option counts for a JVM, and this variable comes after its command line.
        env={f"{site}.namenode": {"_JAVA_OPTIONS": f"-Xmx{parsed.namenode_heap}m"} for site in SITES}
        if parsed.namenode_heap
        else {},
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hadoop_lab", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of the checkout; state lies in ROOT/.lab")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the wanted daemons that do not run yet")
    up.add_argument("--no-metastore", action="store_true")
    up.add_argument("--hiveserver2", action="store_true")
    up.add_argument("--airflow", action="store_true")
    up.add_argument("--ha", action="append", default=[], metavar="SITE")
    up.add_argument("--namenode-heap", type=int, metavar="MB", help="memory of each NameNode (256)")
    down = commands.add_parser("down", help="stop every daemon; data stay unless --wipe")
    down.add_argument("--wipe", action="store_true", help="also remove data, logs and the choice of ports")
    commands.add_parser("status", help="addresses and daemons as JSON")
    commands.add_parser("memory", help="resident memory of every daemon")
    commands.add_parser("doctor", help="list what this machine lacks")
    commands.add_parser("prepare", help="install Java and Maven if that is possible here")
    commands.add_parser("compose", help="write the files that docker-compose.yaml mounts")
    commands.add_parser("env", help="variables with which an airflow command works on the lab's Airflow")
    for name in ("kill", "pause", "resume", "start"):
        commands.add_parser(name).add_argument("daemon", help="for example east.namenode")
    logs = commands.add_parser("logs", help="last lines of a daemon's log")
    logs.add_argument("daemon")
    logs.add_argument("--lines", type=int, default=30)
    return parser


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
