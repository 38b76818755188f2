"""How every call ends: with an exit code of the table, and with one line of ours whatever happened."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from hadoop_dr.cli.pages.output import OutputGone, fail_with, finish_output, prepare_output
from hadoop_dr.cli.traces import keep_trace
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.last_words import ended_by

_LOOKS = frozenset({"check", "client", "coverage", "explain", "lab", "ledger", "plan", "points", "status"})
"""Commands without an effect that could be in doubt."""


def exit_code_of(run: Callable[[], object], words: Sequence[str], *, own_process: bool) -> int:
    """Runs a call to its end, says what ended it, and gives the exit code.

    Args:
        run: The call; click's own endings come out of it as exceptions.
        words: What was typed, without the name of the program.
        own_process: Nobody else is in this process, so from the end of the call on a Ctrl-C may end it at once.
    """
    prepare_output()
    as_json = "--json" in words
    try:
        code = _ended(run, words, as_json)
        finish_output()
    except OutputGone as gone:
        code = gone.report()
    if own_process:
        # What is left is the interpreter's clearing up, which would answer a Ctrl-C with a traceback.
        with suppress(ValueError):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    return code


def _ended(run: Callable[[], object], words: Sequence[str], as_json: bool) -> int:
    try:
        result = run()
        return result if isinstance(result, int) else 0
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except OutputGone:
        raise
    except (KeyboardInterrupt, click.Abort):
        remedy = "" if _looks(words) else "The next run finishes what this one began, or gives it up"
        return fail_with("Interrupted", _named(words), "was interrupted", remedy, 1, as_json)
    except click.ClickException as wrong:
        return _wrong_words(wrong, as_json)
    except DrError as error:
        return fail_with(type(error).__name__, error.subject, error.problem, error.remedy, error.exit_code, as_json)
    except Exception as surprise:
        remedy = f"This is a fault of hadoop-dr: report it with {keep_trace(surprise, words)}"
        return fail_with("Unexpected", _named(words), ended_by(surprise), remedy, 1 if _looks(words) else 3, as_json)


def _wrong_words(wrong: click.ClickException, as_json: bool) -> int:
    """Says in one line what was typed wrong, with the user's own words made harmless."""
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    path = " ".join(["hadoop-dr", *(context.command_path.split()[1:] if context else ())])
    if isinstance(wrong, click.exceptions.NoArgsIsHelpError):
        wrong.show()
        return wrong.exit_code
    message = " ".join(wrong.format_message().split()).rstrip(".?")
    return fail_with("BadInput", path, message, f"See: {path} --help", wrong.exit_code, as_json)


def _looks(words: Sequence[str]) -> bool:
    return next((word for word in words if not word.startswith("-")), "") in _LOOKS


def _named(words: Sequence[str]) -> str:
    """The command as far as it is names: what follows an option may be anything."""
    names = [word for word in words[:3] if word and not word.startswith("-")]
    return " ".join(["hadoop-dr", *names])


