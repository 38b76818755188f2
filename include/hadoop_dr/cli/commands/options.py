"""Arguments and options that several commands share."""

from __future__ import annotations

import click

service_argument = click.argument("service")
as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")
