"""Arguments, options and the kind of group that several commands share."""

from __future__ import annotations

import click

service_argument = click.argument("service")
as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")
pair_option = click.option("--pair", metavar="PAIR", help="The pair of a service that has no policy file any more.")

_WHOLE = 10_000


class CommandGroup(click.Group):
    """A group whose help shows the first sentence of each command whole, on several lines if need be."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands; click itself would cut each sentence at the width of the terminal."""
        commands = sorted(self.commands.items())
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(_WHOLE)) for name, command in commands])
