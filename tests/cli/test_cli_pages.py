"""Pages show names that users gave and obey nothing in them; at 80 columns what must be typed again is there whole."""

from __future__ import annotations

import copy
import importlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from hadoop_dr.cli import main
from hadoop_dr.cli.pages.printable import printable
from support.documents import DOCUMENTS, POINT

HOSTILE = ["[/data/b]", "[bold]x[/bold][link=http://x]y", ":smile:", "\\[x]", "\x1b[31mred", "ü%20+#", "a\nb", "\udcff"]
ANSWERS = {
    ("check", "s"): ("backup", "look_at", "check"),
    ("coverage", "s"): ("backup", "coverage_of", "coverage"),
    ("plan", "s"): ("backup", "plan_of", "plan"),
    ("points", "s"): ("points", "points_of", "points"),
    ("explain", "s"): ("points", "explanation_of", "explain"),
    ("verify", "s"): ("points", "verify_point", "verify"),
    ("prune", "s"): ("points", "prune_now", "prune"),
    ("free-primary", "s"): ("free_primary", "free_primary_of", "free_primary"),
    ("failover", "p", "--to", "west", "--reason", "x"): ("failover", "failover_pair", "failover"),
    ("hold", "p", "--until", "2100-01-01T00:00:00Z", "--reason", "x"): ("hold", "hold_pair", "hold"),
    ("resume", "p", "--reason", "x"): ("hold", "resume_pair", "hold"),
    ("reprotect", "p", "--reason", "x"): ("reprotect", "reprotect_pair", "reprotect"),
    ("monitor", "p", "--once"): ("monitor", "monitor_pair", "monitor"),
    ("switchover", "p", "--to", "west", "--reason", "x"): ("failover", "switchover_pair", "failover"),
    ("status",): ("status", "status_of", "status"),
    ("identity", "p"): ("identity", "identity_of", "identity"),
    ("client", "agent", "p", "--directory", "d", "--once"): ("client", "open_client_agent", "client_agent"),
    ("client", "health", "p", "--site", "east", "--port", "0"): ("client", "open_client_health", "client_health"),
    ("ledger", "check", "p"): ("ledger", "ledger_check", "ledger_check"),
    ("unprotect", "s", "--reason", "x"): ("unprotect", "unprotect_service", "unprotect"),
    ("backup", "s"): ("backup", "backup_stages", "backup"),
}
SPECIAL = {"state", "deletions_by_kind"}


def poisoned(value: Any, name: str) -> Any:
    """The same document with a hostile name in every text of it."""
    if isinstance(value, dict):
        return {key: inner if key in SPECIAL else poisoned(inner, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, name) for inner in value]
    return f"{value} {name}" if isinstance(value, str) else value


def answering(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], document: Any) -> None:
    module, attribute, shape = ANSWERS[words]

    @contextmanager
    def stages(*_: object, **__: object) -> Iterator[Any]:
        yield SimpleNamespace(
            run_all=lambda **_: document, refresh=lambda: document, document=document, serve=lambda: None
        )

    answer = stages if shape in ("backup", "client_agent", "client_health") else lambda *_, **__: document
    monkeypatch.setattr(importlib.import_module(f"hadoop_dr.cli.commands.{module}"), attribute, answer)


def test_every_command_that_shows_something_is_among_these() -> None:
    named = {words[: 2 if words[0] in ("client", "ledger") else 1] for words in ANSWERS}
    groups = {("client", "agent"), ("client", "health"), ("ledger", "check")}
    assert named == groups | {(name,) for name in main.commands if name not in ("client", "lab", "ledger")}


@pytest.mark.parametrize("words", ANSWERS, ids=" ".join)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_obeys_what_is_in_a_name(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], name: str) -> None:
    lines = {}
    for harmless in ("x", name):
        document = poisoned(copy.deepcopy(DOCUMENTS[ANSWERS[words][2]]), harmless)
        answering(monkeypatch, words, document)
        ran = CliRunner().invoke(main, list(words), color=True)  # as on a terminal: click takes no colours away
        lines[harmless] = ran.output.count("\n")
    assert lines[name] == lines["x"]
    assert isinstance(ran.exception, SystemExit | type(None)), ran.exception
    assert ran.exit_code in (0, 1, 3), ran.output
    assert printable(name) in ran.output
    assert not any(line != printable(line) for line in ran.output.split("\n")), ran.output
    told = CliRunner().invoke(main, [*words, "--json"])
    assert json.loads(told.stdout) == json.loads(json.dumps(document))


SHOW = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/.."]
from support.documents import DOCUMENTS
from hadoop_dr.cli import main
from hadoop_dr.cli.commands import points, status
points.points_of = lambda service, pair: DOCUMENTS["points"]
status.status_of = lambda pair, warn: DOCUMENTS["status"]
main(sys.argv[2:])
"""


@pytest.mark.parametrize("columns", [200, 80, 60, 40])
@pytest.mark.parametrize("words", [("points", "s"), ("status",)], ids=" ".join)
def test_on_a_terminal_of_any_width_ids_are_whole(words: tuple[str, ...], columns: int) -> None:
    here = os.path.dirname(__file__)
    ours, theirs = pty.openpty()
    environ = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color"}
    asked = [sys.executable, "-c", SHOW, here, *words]
    with subprocess.Popen(asked, stdout=theirs, stderr=subprocess.PIPE, env=environ) as running:
        os.close(theirs)
        said = b""
        while piece := _read(ours):
            said += piece
        os.close(ours)
        assert running.wait(60) in (0, 1), running.stderr.read() if running.stderr else ""
    text = said.decode().replace("\r\n", "\n")
    assert POINT in text.split()
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    if columns >= 80:
        sentences = ("ignored: ", "held: ", "kept: ", "beside: ", "payroll (", "cannot tell: ")
        assert all(len(line) <= columns for line in text.split("\n") if not line.startswith(sentences))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the other end is closed
        return b""


def test_a_plan_shows_files_and_entries_and_no_heading_over_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    document = copy.deepcopy(DOCUMENTS["plan"]) | {"entries": 31, "files": 23}
    answering(monkeypatch, ("plan", "s"), document)
    shown = CliRunner().invoke(main, ["plan", "s"]).output
    assert [line.split() for line in shown.splitlines()][3:5] == [["entries", "31"], ["files", "23"]]
    assert ("park: moves an item aside" in shown, "allowed" in shown) == (True, True)
    document["deletions_by_kind"] = {kind: {**one, "live": 0} for kind, one in document["deletions_by_kind"].items()}
    answering(monkeypatch, ("plan", "s"), document)
    assert "allowed" not in CliRunner().invoke(main, ["plan", "s"]).output


def test_points_that_lie_nowhere_are_counted_and_shown_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    document = copy.deepcopy(DOCUMENTS["points"])
    document["points"][1]["state"] = "pruned"
    gone = document["points"][1]["point"]
    answering(monkeypatch, ("points", "s"), document)
    few, every = (CliRunner().invoke(main, ["points", "s", *more]).output for more in ((), ("--all",)))
    assert (gone in few, gone in every) == (False, True)
    assert f"1 pruned point not shown: hadoop-dr points {document['service']} --all" in few
    assert "not shown" not in every


def test_what_a_point_could_not_tell_is_shown_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    document = copy.deepcopy(DOCUMENTS["points"])
    document["points"][0]["cannot_tell"].append("/d/ü: no digest")
    answering(monkeypatch, ("points", "s"), document)
    shown = CliRunner().invoke(main, ["points", "s"]).output
    assert f"cannot tell: {POINT}: west: no answer and 1 other reason" in shown.splitlines()
    document["points"][0] |= {"verified": "match", "cannot_tell": []}
    answering(monkeypatch, ("points", "s"), document)
    assert "cannot tell" not in CliRunner().invoke(main, ["points", "s"]).output


def test_a_service_of_which_there_is_nothing_yet_says_what_makes_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"points": {"points": [], "kept": [], "beside": {}}, "explain": {"entries": [], "older": 0}}
    for name, empty in nothing.items():
        answering(monkeypatch, (name, "s"), DOCUMENTS[name] | empty)
        [line] = CliRunner().invoke(main, [name, "s"]).stdout.splitlines()
        assert line.endswith(": hadoop-dr backup billing")


def test_a_daemon_that_is_dead_has_no_process_and_daemons_stand_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    document = copy.deepcopy(DOCUMENTS["lab_status"])
    document["sites"]["east"]["daemons"] = {"zookeeper": {"pid": 7, "state": "running"},
                                            "namenode": {"pid": None, "state": "dead"}}  # fmt: skip
    lab = importlib.import_module("hadoop_dr.cli.commands.lab")
    monkeypatch.setattr(lab, "_open", lambda: None)
    monkeypatch.setattr(lab, "lab_status", lambda _: document)
    shown = CliRunner().invoke(main, ["lab", "status"]).stdout.splitlines()
    assert [line.split() for line in shown[1:]] == [["namenode", "dead"], ["zookeeper", "running", "pid", "7"]]


@pytest.mark.parametrize("words", [("check", "s"), ("coverage", "s"), ("plan", "s"), ("status",)], ids=" ".join)
def test_a_look_says_at_once_that_it_has_begun(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    answering(monkeypatch, words, DOCUMENTS[words[0]])
    assert CliRunner().invoke(main, [*words, "--json"]).stderr.splitlines()[0] == f"{words[0]} ..."


def test_what_needs_a_person_stands_last_in_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = ["ok", "fail", "warn", "ok", "fail"]
    results = [DOCUMENTS["check"]["results"][0] | {"state": mark, "name": f"n{n}"} for n, mark in enumerate(marks)]
    answering(monkeypatch, ("check", "s"), DOCUMENTS["check"] | {"results": results})
    lines = CliRunner().invoke(main, ["check", "s"]).stdout.splitlines()
    assert [line.split()[0] for line in lines if line[:1].strip()] == ["ok", "ok", "WARN", "FAIL", "FAIL"]


def test_a_broken_policy_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    document = copy.deepcopy(DOCUMENTS["status"])
    service = next(iter(document["pairs"][0]["services"].values()))
    service["why"] = document["problems"][0]
    answering(monkeypatch, ("status",), document | {"pairs": document["pairs"][:1]})
    assert CliRunner().invoke(main, ["status"]).output.count(document["problems"][0]) == 1


@pytest.mark.parametrize("words", [["backup"], ["nö", "s"], ["backup", "s", "--nó"], ["backup", "s", "--mode", "x"]])
def test_wrong_words_are_one_line_that_says_where_to_look(words: list[str]) -> None:
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 2
    [line] = ran.stderr.splitlines()
    assert line.startswith("error: hadoop-dr")
    assert "See: hadoop-dr" in line


def every_group(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Group]]:
    """All groups of commands by the words that call them."""
    yield words, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_group(command, (*words, name))


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("words", [words for words, _ in every_group(main)], ids=" ".join)
def test_the_help_of_a_group_shows_the_first_sentence_of_each_command_whole(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    page = " ".join(CliRunner().invoke(main, [*words, "--help"]).stdout.split())
    group = dict(every_group(main))[words]
    for name, command in group.commands.items():
        text = " ".join((command.help or "").split("\n\n")[0].split())
        first = text.partition(". ")[0].rstrip(".")
        assert f"{name} {first}." in page
