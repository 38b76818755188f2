"""What commands say when files they need are directories, locked or broken: one line, nothing contacted (fault 73)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from hadoop_dr.cli import main

PAIR = "pair: p\nsites: {east: {lab: east}, west: {lab: west}}\ninitial_primary: east\n"
POLICY = "service: s\npair: p\nprotect: [hdfs: /data/s]\n"
SITE = '{"namenodes": ["n:1"], "webhdfs": ["%s"], "zookeeper": "%s", "nameservice": null, "metastore": null, ' \
       '"hiveserver2": null}'  # fmt: skip
OF_A_SERVICE = [("check", "s"), ("coverage", "s"), ("plan", "s"), ("backup", "s"), ("points", "s"), ("explain", "s"),
                ("verify", "s"), ("prune", "s"), ("unprotect", "s", "--reason", "r")]  # fmt: skip
OF_A_PAIR = [("status", "p"), ("ledger", "check", "p"), ("identity", "p"), ("identity", "p", "--initialise"),
             ("identity", "p", "--announce"), ("unprotect", "gone", "--reason", "r", "--pair", "p"),
             ("points", "gone", "--pair", "p"), ("explain", "gone", "--pair", "p")]  # fmt: skip
OF_THE_LAB = [("lab", "status"), ("lab", "status", "--json"), ("lab", "kill", "east.namenode"),
              ("lab", "logs", "east.namenode"), ("lab", "down")]  # fmt: skip


def holding(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


STATES: dict[str, Callable[[Path], object]] = {
    "a directory": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "locked": lambda path: path.symlink_to("/proc/1/mem"),
    "a circle": lambda path: path.symlink_to(path),
    "deep": holding("[" * 100_000),
    "no JSON": holding("{"),
    "a list": holding("[]"),
    "no sites": holding('{"v": 1, "sites": null}'),
    "odd addresses": holding(f'{{"v": 1, "sites": {{"east": {SITE % ("no url", "n:3")}}}}}'),
    "odd ensemble": holding(f'{{"v": 1, "sites": {{"east": {SITE % ("http://n:2", "a b")}}}}}'),
    "numbers": holding('{"v": 1, "sites": {"east": {"namenodes": 5}}}'),
}


def home(path: Path) -> Path:
    for folder, text in (("pairs/p", PAIR), ("policies/s", POLICY)):
        file = path / f"include/{folder}.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    (path / ".lab").mkdir()
    return path


def ends(path: Path, words: tuple[str, ...]) -> tuple[int, str]:
    ran = CliRunner().invoke(main, list(words), env={"HADOOP_DR_HOME": str(path)})
    return ran.exit_code, ran.stderr.splitlines()[-1]


@pytest.mark.parametrize("state", STATES)
def test_a_state_of_the_lab_that_cannot_be_used_is_one_line_with_its_mend(tmp_path: Path, state: str) -> None:
    STATES[state](home(tmp_path) / ".lab/state.json")
    wrong = {}
    for words in (*OF_A_SERVICE, *OF_A_PAIR, *OF_THE_LAB):
        code, last = ends(tmp_path, words)
        wanted = 1 if words[0] == "lab" else 2
        if code != wanted or not last.startswith("error: ") or "state.json" not in last or "fault of" in last:
            wrong[words] = (code, last)
    assert wrong == {}


LAB = '{"lab": "hadoop-lab-x", "ports": {}, "datanodes": 2, "sites": {}, "airflow": null, "v": 1}'


def test_a_name_that_no_daemon_and_no_site_of_the_lab_has_are_wrong_words(tmp_path: Path) -> None:
    home(tmp_path)
    (tmp_path / ".lab/state.json").write_text(LAB)
    for verb in ("kill", "pause", "resume", "start", "logs"):
        code, last = ends(tmp_path, ("lab", verb, "west.metastre"))
        assert (code, last) == (2, "error: lab: there is no daemon 'west.metastre' in this lab. Known: none")
    assert ends(tmp_path, ("lab", "logs", "east.namenode", "--lines", "0"))[0] == 2
    code, last = ends(tmp_path, ("lab", "up", "--ha", "nowhere"))
    assert (code, last) == (2, "error: lab: site 'nowhere' of --ha does not exist. Sites are east, west")


def test_the_status_of_a_lab_that_is_not_there_says_how_to_have_one(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["lab", "status"], env={"HADOOP_DR_HOME": str(home(tmp_path))})
    assert (ran.exit_code, ran.stdout) == (0, "no lab here. Start one: hadoop-dr lab up\n")
    code, last = ends(tmp_path, ("lab", "kill", "east.namenode"))
    assert (code, last.endswith("Start one: hadoop-dr lab up")) == (1, True)


@pytest.mark.parametrize("folder", ["pairs", "policies"])
@pytest.mark.parametrize("what", ["a pipe", "a device"])
def test_a_pipe_or_a_device_among_the_files_is_named_and_waited_for_by_nobody(
    tmp_path: Path, what: str, folder: str
) -> None:
    STATES[what](home(tmp_path) / f"include/{folder}/odd.yaml")
    ran = CliRunner().invoke(main, ["status"], env={"HADOOP_DR_HOME": str(tmp_path)})
    assert f"include/{folder}/odd.yaml: is a pipe or a device, not a file" in ran.stdout + ran.stderr
    assert ran.exit_code in (1, 2)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_policy_beyond_every_calendar_takes_no_other_service_with_it(tmp_path: Path, moment: str) -> None:
    file = home(tmp_path) / "include/policies/far.yaml"
    file.write_text(f"service: far\npair: p\nprotect: [hdfs: /data/f]\nfirst_moment: {moment}\n")
    assert ends(tmp_path, ("check", "far"))[1].startswith("error: include/policies/far.yaml:4: 'first_moment'")
    assert "there is no .lab/state.json" in ends(tmp_path, ("check", "s"))[1]
