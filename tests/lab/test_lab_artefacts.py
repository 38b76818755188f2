"""What is built once per user is whole or absent, however many labs start and however a build ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from hadoop_lab.artefacts import archives
from hadoop_lab.artefacts.archives import Archives
from hadoop_lab.artefacts.shared import Artefacts, cache_folder, maven_reason
from hadoop_lab.artefacts.tools import Tools
from hadoop_lab.errors import LabError
from hadoop_lab.supervisor.specs import LabFolders


def _artefacts(cache: Path) -> Artefacts:
    return Artefacts(cache, Tools(), lambda _: None)


def test_two_labs_that_start_together_build_a_part_once(tmp_path: Path) -> None:
    builds: list[Path] = []

    def build(target: Path) -> None:
        builds.append(target)
        time.sleep(0.1)
        (target / "whole").touch()

    parts: list[Path] = []
    threads = [
        threading.Thread(target=lambda: parts.append(_artefacts(tmp_path).part("jars a b", "jars", build)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(builds) == 1
    assert len(set(parts)) == 1
    assert (parts[0] / "whole").exists()


def test_a_build_that_fails_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    def fail(target: Path) -> None:
        (target / "half").touch()
        raise LabError("Maven could not fetch")

    artefacts = _artefacts(tmp_path)
    with pytest.raises(LabError):
        artefacts.part("jars", "jars", fail)
    assert list(tmp_path.rglob("half")) == []
    rebuilt = artefacts.part("jars", "jars", lambda target: (target / "whole").touch())
    assert [path.name for path in rebuilt.iterdir()] == ["whole"]


def test_a_part_is_not_in_its_place_while_it_is_built(tmp_path: Path) -> None:
    seen: list[bool] = []
    artefacts = _artefacts(tmp_path)

    def build(target: Path) -> None:
        seen.append((target.parent / "jars").exists())

    artefacts.part("jars", "jars", build)
    assert seen == [False]


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HADOOP_DR_CACHE", str(tmp_path / "a b"))
    assert cache_folder() == tmp_path / "a b" / "lab"


def test_an_offline_machine_is_told_what_to_do() -> None:
    output = "[INFO] x\n[ERROR] Could not transfer artifact a:b:1: repo.example: Unknown host repo.example\n[ERROR] \n"
    reason = maven_reason(output)
    assert "offline" in reason
    assert "settings.xml" in reason
    assert "a:b:1" in reason


def test_another_failure_of_maven_is_not_called_offline() -> None:
    assert "offline" not in maven_reason("[ERROR] Could not find artifact a:b:1\n")


def test_what_a_first_start_needs_is_fetched_in_one_call_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Maven that writes down its calls and makes a file for each module, as copy-dependencies does."""
    script = tmp_path / "bin/mvn"
    script.parent.mkdir()
    script.write_text(f"""#!/bin/bash
echo "$*" >> {tmp_path}/calls
for word in "$@"; do case "$previous" in -pl) modules=${{word//,/ }};; esac; previous=$word
  case "$word" in -Dlab.fetched=*) at=${{word#*=}};; esac; done
for module in $modules; do mkdir -p "$at/$module/dependency"; touch "$at/$module/dependency/$module.jar"; done
""")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    artefacts = _artefacts(tmp_path / "cache")
    artefacts.part("jars-zookeeper", "jars", lambda target: None)
    modules = {"jars-hadoop": "hadoop", "jars-zookeeper": "zookeeper", "listener": "releases"}
    artefacts.fetch(modules)
    [call] = (tmp_path / "calls").read_text().splitlines()
    assert "-T2" in call
    assert "-pl hadoop,releases" in call
    for module in ("hadoop", "releases"):
        assert [file.name for file in artefacts.jars(module).iterdir()] == [f"{module}.jar"]
    artefacts.part("listener", "listener", lambda target: None)
    artefacts.discard("releases")
    artefacts.fetch(modules)
    assert len((tmp_path / "calls").read_text().splitlines()) == 1
    assert sorted(path.name for path in artefacts.archives().parent.iterdir() if not path.name.endswith(".lock")) == [
        "jars-hadoop", "jars-zookeeper", "listener"]  # fmt: skip


def test_an_archive_is_recorded_by_one_daemon_and_used_by_all_others(tmp_path: Path) -> None:
    layout = LabFolders(tmp_path)
    known = Archives(tmp_path / "cache", frozenset({"east.namenode"}))
    run = layout.run("east.namenode")
    run.mkdir(parents=True)
    (option,) = (o for o in known.options("east.namenode", "a.Main", run, tool=False) if o.startswith("-XX"))
    assert option == f"-XX:ArchiveClassesAtExit={run}/a.Main.jsa"
    assert known.options("west.namenode", "a.Main", run, tool=False) == []
    assert known.options("east.namenode", "a.Main", run, tool=True) == []
    (run / "a.Main.jsa").touch()
    archives.publish(layout, known.folder)
    options = known.options("west.namenode", "a.Main", run, tool=False)
    assert f"-XX:SharedArchiveFile={tmp_path}/cache/a.Main.jsa" in options


def test_an_archive_that_was_cut_off_is_not_published(tmp_path: Path) -> None:
    layout = LabFolders(tmp_path)
    layout.run("east.namenode").mkdir(parents=True)
    (layout.run("east.namenode") / "a.Main.jsa").touch()
    archives.discard(layout)
    archives.publish(layout, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
