"""What the command line prints: one JSON document on stdout, or a page for people; errors and progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from hadoop_dr.domain.errors import DrError

if TYPE_CHECKING:
    from hadoop_dr.cli.drawing import Bar


def emit(document: Mapping[str, Any], as_json: bool, page: Callable[[], None]) -> None:
    """Prints a result: exactly one JSON document, or the page."""
    if as_json:
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    else:
        page()


def warn(text: str) -> None:
    """Prints one line about something that did not keep the command from its end."""
    click.echo(f"warning: {text}", err=True)


@contextmanager
def ends_well(as_json: bool) -> Iterator[None]:
    """Turns an error of ours into one line on stderr, a document on stdout if one was asked for, and the exit code."""
    try:
        yield
    except DrError as error:
        click.echo(f"error: {error}", err=True)
        if as_json:
            emit_error(type(error).__name__, error.subject, error.problem, error.mend)
        sys.exit(error.exit_code)


def emit_error(kind: str, subject: str, problem: str, mend: str) -> None:
    """Prints the document of a command that failed."""
    fields = {"kind": kind, "subject": subject, "problem": problem, "mend": mend}
    sys.stdout.write(json.dumps({"error": fields}, ensure_ascii=False, indent=2) + "\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Prints a table for people; wide terminals and pipes get every column whole."""
    from hadoop_dr.cli.drawing import draw_table

    if title:
        click.echo(title)
    draw_table(columns, rows)


def human_bytes(count: float) -> str:
    """Writes a size in bytes with a binary unit."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if count < 1024 or unit == "TiB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("unreachable")


class Show:
    """Progress of long work on stderr: a bar on a terminal, one line for each stage elsewhere."""

    def __init__(self) -> None:
        self._bar: Bar | None = None

    def __enter__(self) -> Show:
        if sys.stderr.isatty():
            from hadoop_dr.cli.drawing import Bar

            self._bar = Bar()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        """Begins a stage; ``total`` counts its items when it is known."""
        if self._bar:
            self._bar.stage(name, total)
        else:
            click.echo(f"{name} ...", err=True)

    def advance(self, done: int = 1) -> None:
        """Counts items of the present stage."""
        if self._bar:
            self._bar.advance(done)


__all__ = ["Show", "emit", "emit_error", "ends_well", "human_bytes", "table", "warn"]
