"""The tree of commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from hadoop_dr.cli.commands.backup import backup, check, coverage, plan
from hadoop_dr.cli.commands.client import client
from hadoop_dr.cli.commands.failover import failover, switchover
from hadoop_dr.cli.commands.free_primary import free_primary
from hadoop_dr.cli.commands.hold import hold, resume
from hadoop_dr.cli.commands.identity import identity
from hadoop_dr.cli.commands.lab import lab
from hadoop_dr.cli.commands.ledger import ledger
from hadoop_dr.cli.commands.monitor import monitor
from hadoop_dr.cli.commands.options import CommandGroup
from hadoop_dr.cli.commands.points import explain, points, prune, verify
from hadoop_dr.cli.commands.reprotect import reprotect
from hadoop_dr.cli.commands.status import status
from hadoop_dr.cli.commands.unprotect import unprotect
from hadoop_dr.cli.ending import exit_code_of


class _Main(CommandGroup):
    """Ends every call in our own words instead of click's or Python's."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs a call and leaves the process; or gives its result, when the caller wants click's own endings."""

        def run() -> object:
            return super(_Main, self).main(args, prog_name, complete_var, standalone_mode=False, **extra)

        if not standalone_mode:
            return run()
        words = list(sys.argv[1:] if args is None else args)
        sys.exit(exit_code_of(run, words, own_process=args is None))


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="hadoop-dr", message="%(version)s")
def main() -> None:
    """Disaster recovery for a pair of Hadoop clusters.

    Exit codes: 0 done; 1 refused or failed, with a known effect; 2 wrong arguments or files, nothing was contacted;
    3 an effect's result could not be read back. With --json stdout carries exactly one JSON document.

    \b
    Examples:
      hadoop-dr lab up                      two real clusters on this machine
      hadoop-dr check billing               would a backup of the service be allowed now?
      hadoop-dr backup billing              make a recovery point now
      hadoop-dr points billing              which points are there?
    """


for command in (
    backup, check, client, coverage, explain, failover, free_primary, hold, identity, lab, ledger, monitor, plan,
    points, prune, reprotect, resume, status, switchover, unprotect, verify,
):  # fmt: skip
    main.add_command(command)
