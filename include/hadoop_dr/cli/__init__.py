"""The command line: the entrance that works with Airflow down (DESIGN.md section 10)."""

from __future__ import annotations

from typing import Any

import click

from hadoop_dr.cli.backup import backup, check, coverage, plan
from hadoop_dr.cli.identity import identity
from hadoop_dr.cli.lab import lab
from hadoop_dr.cli.ledger import ledger
from hadoop_dr.cli.output import emit_error
from hadoop_dr.cli.points import explain, points, prune, verify
from hadoop_dr.cli.status import status
from hadoop_dr.cli.unprotect import unprotect


class _Main(click.Group):
    """Answers wrong arguments with a document too, when one was asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Notes whether a document is wanted; a command that cannot be parsed cannot say so itself."""
        ctx.meta["json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Calls the command."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if ctx.meta["json"]:
                path = (error.ctx or ctx).command_path
                emit_error("BadInput", path, error.format_message(), f"See: {path} --help")
            raise


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="hadoop-dr", message="%(version)s")
def main() -> None:
    """Disaster recovery for a pair of Hadoop clusters.

    \b
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
    backup, check, coverage, explain, identity, lab, ledger, plan, points, prune, status, unprotect, verify,
):  # fmt: skip
    main.add_command(command)
