"""What a machine lacks is said in one line with the remedy, before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoop_lab.__main__ import main
from hadoop_lab.artefacts.tools import Tools
from hadoop_lab.doctor import examine
from hadoop_lab.errors import LabError
from hadoop_lab.lab import Lab
from hadoop_lab.options import LabOptions


def _java(folder: Path, version: str) -> Path:
    launcher = folder / "bin" / "java"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026' >&2\n")
    launcher.chmod(0o755)
    return launcher


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without Java and Maven on its path."""
    empty = tmp_path / "no programs"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return empty


def test_java_17_is_taken_from_java_home(bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{bare}:/usr/bin:/bin")
    launcher = _java(tmp_path / "jdk ü 17", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(launcher.parents[1]))
    assert Tools().java() == str(launcher)


def test_maven_that_is_missing_is_named_with_the_command_that_installs_it(bare: Path) -> None:
    with pytest.raises(LabError, match=r"Maven is not installed.*apt-get install"):
        Tools().mvn()


def test_prepare_without_a_package_manager_says_one_line(bare: Path) -> None:
    with pytest.raises(LabError) as caught:
        Tools().prepare()
    assert "\n" not in str(caught.value)
    assert "apt-get install -y" in str(caught.value)


def test_the_doctor_names_everything_that_is_missing(bare: Path, tmp_path: Path) -> None:
    found = {finding.name: finding for finding in examine(tmp_path)}
    assert not found["maven"].ok
    assert "apt-get install" in found["maven"].detail
    assert {"java", "javac", "maven", "memory", "disk of the lab", "disk of the cache"} == set(found)


def test_a_refusal_is_one_line_on_stderr_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path), "kill", "east.namenode"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: there is no lab in")


@pytest.mark.parametrize("words", [("kill", "west.metastre"), ("logs", "nobody"), ("up", "--ha", "nowhere")])
def test_a_name_that_nothing_in_the_lab_has_is_exit_code_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / ".lab").mkdir()
    (tmp_path / ".lab/state.json").write_text(
        '{"lab": "hadoop-lab-x", "ports": {}, "datanodes": 2, "sites": {}, "airflow": null, "v": 1}')
    assert main(["--root", str(tmp_path), *words]) == 2


def test_status_without_a_lab_is_an_answer(tmp_path: Path) -> None:
    assert Lab(tmp_path).status() == {"sites": {}, "airflow": None}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a:b", "a;b", "e%20", "a*"])
def test_a_folder_name_that_a_daemon_cannot_have_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(LabError, match="use another folder"):
        Lab(tmp_path / name)


def test_hiveserver2_is_refused_where_it_would_write_outside_the_lab(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    with pytest.raises(LabError, match="HiveServer2 cannot run in"):
        Lab(folder).up(LabOptions(hiveserver2=True))
    assert list(folder.iterdir()) == []
