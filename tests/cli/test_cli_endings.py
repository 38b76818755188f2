"""Every call ends with a code of the table and one line of ours, whatever is typed, raised or closed."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from hadoop_dr.cli import main
from hadoop_dr.domain.errors import Refused
from support.command import COMMAND

HOSTILE = ["[/data/b]", "[bold]x", ":smile:", "a\nb", "\x1b[31m", "ü e%20 +#", "-", "--", "", " ", "\\", "日本",
           "../..", "/", "'", '"', "{}", "%s", "0", "-1", "\u202e", "\x00", "\udcff", "x" * 5000]  # fmt: skip
STARTS_DAEMONS = {"up", "down", "start", "demo"}


def every_command(group: click.Group = main, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, (*above, name))
        elif not (above == ("lab",) and name in STARTS_DAEMONS):
            yield (*above, name), command


COMMANDS = dict(every_command())
WORDS = st.sampled_from(HOSTILE) | st.text(max_size=20)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose sites have no addresses, so that nothing is contacted: whatever gets so far ends there."""
    home = tmp_path_factory.mktemp("h #ü")
    for folder in ("pairs", "policies"):
        (home / "include" / folder).mkdir(parents=True)
    sites = "{east: {lab: east}, west: {lab: west}}"
    (home / "include/pairs/p.yaml").write_text(f"pair: p\nsites: {sites}\ninitial_primary: east\n")
    (home / "include/policies/s.yaml").write_text("service: s\npair: p\nprotect: [hdfs: /data/s]\n")
    return home


def call(*words: str, home: Path | None = None, **env: str | None) -> Result:
    where = {"HADOOP_DR_HOME": str(home)} if home else {}
    return CliRunner().invoke(main, list(words), env={**where, **env})


def assert_ended_well(ran: Result, words: tuple[str, ...]) -> None:
    assert isinstance(ran.exception, SystemExit | type(None)), (words, ran.exception)
    assert ran.exit_code in (0, 1, 2, 3), (words, ran.exit_code)
    assert "Traceback" not in ran.output, words
    if ran.exit_code and words[0] != "status":  # whose page says what is wrong
        assert "rror: " in ran.stderr or ran.stderr.startswith("Usage: "), (words, ran.stderr)
    if "--json" in words and ran.stdout:
        assert isinstance(json.loads(ran.stdout), dict), (words, ran.stdout)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_words_end_a_command_in_a_traceback(home: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(COMMANDS)))
    options = [name for parameter in COMMANDS[path].params for name in parameter.opts if name.startswith("-")]
    known = st.sampled_from(["s", "p", "east", "--json", *options, *(["--json"] if options else [])])
    words = [*path, *data.draw(st.lists(known | WORDS, max_size=5))]
    assert_ended_well(call(*words, home=home), tuple(words))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_a_command_in_a_traceback(home: Path, path: tuple[str, ...], name: str) -> None:
    for words in ((*path, "--", name), (*path, "--json", "--", name)):
        assert_ended_well(call(*words, home=home), words)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_word_that_is_wrong_is_code_2_and_a_document(home: Path, path: tuple[str, ...]) -> None:
    ran = call(*path, "--bogus\x1b[/b]", "--json", home=home)
    assert ran.exit_code == 2
    assert json.loads(ran.stdout)["error"]["kind"] == "BadInput"
    assert "\x1b" not in ran.stderr


# What nobody foresaw.

UNFORESEEN = [
    ValueError("line one\nline [/two] \x1b[31m"), KeyError("x"), RecursionError(), MemoryError(), OSError(5, "I/O"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), AssertionError(), ExceptionGroup("g", [ValueError()]),
]  # fmt: skip
LOOKS = {"check", "client", "coverage", "explain", "ledger", "plan", "points", "status"}
ARGUMENTS = {
    "agent": ["p", "--directory", "d ü", "--once"], "health": ["p", "--site", "west", "--port", "0"],
    "failover": ["p", "--to", "west", "--reason", "ü"], "identity": ["p", "--initialise"], "status": ["p"],
    "hold": ["p", "--until", "2100-01-01T00:00:00Z", "--reason", "ü"], "resume": ["p", "--reason", "ü"],
    "monitor": ["p", "--once"],
    "reprotect": ["p", "--reason", "ü"],
    "switchover": ["p", "--to", "west", "--reason", "ü"], "unprotect": ["s", "--reason", "ü"],
}  # fmt: skip


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes all that commands can ask for end in an error."""

    def make(error: BaseException) -> None:
        def raises(*_: object, **__: object) -> Any:
            raise error

        bootstrap = importlib.import_module("hadoop_dr.bootstrap")
        for found in pkgutil.iter_modules(importlib.import_module("hadoop_dr.cli.commands").__path__):
            module = importlib.import_module(f"hadoop_dr.cli.commands.{found.name}")
            for attribute in bootstrap.__all__:
                if hasattr(module, attribute) and attribute != "check_request":
                    monkeypatch.setattr(module, attribute, raises)

    return make


ASKING = [path for path in COMMANDS if path[0] != "lab"]


def arguments(path: tuple[str, ...]) -> list[str]:
    return [*path, *ARGUMENTS.get(path[-1], ["s"])]


@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("path", ASKING, ids=" ".join)
def test_an_error_that_nobody_foresaw_is_one_line_and_its_traceback_a_file_of_mode_600(
    broken: Any, tmp_path: Path, path: tuple[str, ...], error: Exception
) -> None:
    broken(error)
    words = arguments(path)
    ran = call(*words, "--json", XDG_STATE_HOME=str(tmp_path / "state ü"))
    assert ran.exit_code == (1 if path[0] in LOOKS else 3)
    last = ran.stderr.splitlines()[-1]
    assert last.startswith(f"error: hadoop-dr {' '.join(path)} ")
    assert f"ended by {type(error).__name__}" in last
    [kept] = (tmp_path / "state ü/hadoop-dr").iterdir()
    assert last.endswith(f"report it with the traceback in {kept}")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert "Traceback" in kept.read_text()
    assert json.loads(ran.stdout)["error"]["kind"] == "Unexpected"
    assert "Traceback" not in ran.output


def test_the_traceback_goes_where_something_can_be_written(
    broken: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(KeyError("x"))
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for unusable in ({"XDG_STATE_HOME": str(in_the_way)}, {"XDG_STATE_HOME": None, "HOME": str(in_the_way)},
                     {"XDG_STATE_HOME": None, "HOME": None}, {"XDG_STATE_HOME": "relative", "HOME": None}):  # fmt: skip
        ran = call("points", "s", **unusable)
        assert f"traceback in {tmp_path}/hadoop-dr-" in ran.stderr
    monkeypatch.setattr(tempfile, "tempdir", str(in_the_way))
    ran = call("points", "s", XDG_STATE_HOME=str(in_the_way))
    assert ran.exit_code == 1
    assert "report it with its message; the traceback could not be kept (Not a directory)" in ran.stderr


@pytest.mark.parametrize("path", ASKING, ids=" ".join)
def test_a_ctrl_c_is_one_line_and_code_1(broken: Any, path: tuple[str, ...]) -> None:
    broken(KeyboardInterrupt())
    ran = call(*arguments(path), "--json")
    assert ran.exit_code == 1
    assert "was interrupted" in ran.stderr.splitlines()[-1]
    assert json.loads(ran.stdout)["error"]["kind"] == "Interrupted"


def test_an_error_of_ours_is_one_line_whatever_names_are_in_it(broken: Any) -> None:
    broken(Refused("/data/a\nb [/x]", "holds \x1b[31m\udcff", "Look at '\u202e'"))
    ran = call("points", "s", "--json")
    assert ran.stderr.splitlines() == ["error: /data/a\\nb [/x]: holds \\x1b[31m\\udcff. Look at '\\u202e'"]
    assert json.loads(ran.stdout)["error"]["subject"] == "/data/a\\nb [/x]"


# What is closed.


def outside(command: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "HADOOP_DR_HOME": str(home), "CMD": COMMAND, **env}
    return subprocess.run(["bash", "-c", command], env=environ, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ('"$CMD" status >&-', 1),
        ('"$CMD" status --json >&- 2>&-', 1),
        ('"$CMD" --help 2>&- >/dev/null', 0),
        ('"$CMD" status --json >/dev/full', 1),
        ('"$CMD" status >/dev/full', 1),
        ('set -o pipefail; "$CMD" status --json | true', 1),
        ('set -o pipefail; "$CMD" status | head -c 1', 1),
        ('env -u HOME "$CMD" status', 1),
        ('env -u HOME -u USER -u LOGNAME LC_ALL=C PYTHONIOENCODING=ascii "$CMD" status --json', 1),
        ('cd "$(mktemp -d)" && rmdir "$PWD" && env -u HADOOP_DR_HOME "$CMD" points nobody', 2),
        ('HADOOP_DR_HOME="~nobody-of-that-name" "$CMD" points s', 2),
        ('HADOOP_DR_HOME="$HADOOP_DR_HOME/include/pairs/p.yaml" "$CMD" points s', 2),
    ],
)
def test_nothing_that_is_closed_full_or_missing_ends_in_a_traceback(home: Path, command: str, code: int) -> None:
    ran = outside(command, home)
    assert ran.returncode == code, ran
    for word in ("Traceback", "Exception ignored", "Error:", "BrokenPipe"):
        assert word not in ran.stdout + ran.stderr, ran


def test_a_full_disk_behind_stdout_is_said(home: Path) -> None:
    said = outside('"$CMD" status >/dev/full', home).stderr
    assert "error: stdout: cannot be written (No space left on device)" in said


def test_a_document_in_letters_the_terminal_lacks_is_still_one_document(home: Path) -> None:
    (home / "include/policies/ü日本.yaml").write_text("service: [")
    try:
        ran = outside('LC_ALL=C PYTHONIOENCODING=ascii "$CMD" status --json', home)
        assert "ü日本" in json.dumps(json.loads(ran.stdout), ensure_ascii=False)
    finally:
        (home / "include/policies/ü日本.yaml").unlink()
