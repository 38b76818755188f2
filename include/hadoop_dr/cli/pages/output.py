"""What the command line prints: one JSON document on stdout, or a page for people; errors and progress on stderr.

Names that users gave their files are shown, and nothing in them is obeyed: neither as markup nor by the terminal.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from hadoop_dr.cli.pages.printable import printable
from hadoop_dr.cli.pages.tables import table_lines
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.errors import DrError

if TYPE_CHECKING:
    from hadoop_dr.cli.pages.drawing import Bar

_printed: dict[str, bool] = {"document": False}
"""Whether this call has printed its one document."""


class OutputGone(Exception):
    """Stdout takes nothing any more; what the command did stands."""

    def __init__(self, why: OSError) -> None:
        super().__init__(str(why))
        self._why = why

    def report(self) -> int:
        """Says so, unless it is a reader who has seen enough; gives the exit code."""
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python's end would try once more
        if self._why.errno != errno.EPIPE:
            tell(f"error: stdout: cannot be written ({self._why.strerror}). Nothing is undone by that; look again")
        return 1


def prepare_output() -> None:
    """Makes both streams ready: one that was closed swallows, and no name is too odd for the terminal's letters."""
    _printed["document"] = False
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - lives as long as the process
        elif hasattr(stream, "reconfigure"):
            with suppress(ValueError):
                stream.reconfigure(errors="backslashreplace")


def finish_output() -> None:
    """Hands on what is buffered.

    Raises:
        OutputGone: It is not taken.
    """
    _write("")


def say(text: str) -> None:
    """Prints one line of a page, whatever names are in it."""
    _write(printable(text) + "\n")


def emit(document: Mapping[str, Any], as_json: bool, page: Callable[[], None]) -> None:
    """Prints a result: exactly one JSON document, or the page."""
    if as_json:
        _document(document)
    else:
        page()


def warn(text: str) -> None:
    """Prints one line about something that did not keep the command from its end."""
    tell(f"warning: {text}")


@contextmanager
def ends_well(as_json: bool) -> Iterator[None]:
    """Turns an error of ours into one line on stderr, a document on stdout if one was asked for, and the exit code."""
    try:
        yield
    except DrError as error:
        code = fail_with(type(error).__name__, error.subject, error.problem, error.remedy, error.exit_code, as_json)
        sys.exit(code)


def fail_with(kind: str, subject: str, problem: str, remedy: str, code: int, as_json: bool) -> int:
    """Says why a call failed, in one line and in a document if one is wanted; gives the exit code."""
    tell(f"error: {subject}: {problem}" + (f". {remedy}" if remedy else ""))
    if as_json:
        emit_error(kind, subject, problem, remedy)
    return code


def emit_error(kind: str, subject: str, problem: str, remedy: str) -> None:
    """Prints the document of a command that failed, unless it has printed its document already."""
    fields = {"kind": kind, "subject": printable(subject), "problem": printable(problem), "remedy": printable(remedy)}
    if not _printed["document"]:
        _document({"error": fields})


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Prints a table for people; a terminal's width is kept, everything else gets each row in one line."""
    if title:
        say(title)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in table_lines(columns, rows, width):
        say(line)


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
            from hadoop_dr.cli.pages.drawing import Bar

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
            tell(f"{name} ...")

    def advance(self, done: int = 1) -> None:
        """Counts items of the present stage."""
        if self._bar:
            self._bar.advance(done)


def tell(text: str) -> None:
    """Prints one line on stderr. Nobody need be there to read it, least of all for the work to go on."""
    with suppress(OSError, ValueError):
        click.echo(printable(text), err=True)


def _document(document: Mapping[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeError:
        text = json.dumps(document, indent=2)
    _printed["document"] = True
    _write(text + "\n")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise OutputGone(error) from error


__all__ = [
    "OutputGone", "Show", "emit", "emit_error", "ends_well", "fail_with", "finish_output", "human_bytes",
    "prepare_output", "say", "table", "tell", "warn",
]  # fmt: skip


def say_beside(beside: Mapping[str, int], of: str = "") -> None:
    """Says how many snapshots the sites have that belong to no point of a service."""
    for site, number in beside.items():
        say(
            f"beside: {of}{site} has {counted(number, 'snapshot')} that belong to no point: HDFS may keep those of "
            "pruned points until all older ones are gone; they count against its limits"
        )
