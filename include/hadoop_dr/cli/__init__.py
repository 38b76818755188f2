"""The command line: the entrance that works with Airflow down."""

from __future__ import annotations

import sys
from typing import Any


def __getattr__(name: str) -> Any:
    """Returns ``main``, which takes most of a second to load: a Ctrl-C may come meanwhile, too."""
    if name != "main":
        raise AttributeError(name)
    try:
        from hadoop_dr.cli.commands.tree import main
    except KeyboardInterrupt:
        sys.stderr.write("error: hadoop-dr: was interrupted\n")
        sys.exit(1)
    return main
