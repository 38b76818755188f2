"""Measurements end on a machine that is too busy for them: what could not be measured is said, and the others go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.conftest import in_order

ROOT = Path(__file__).parents[2]
SCENE = """
import threading
import pytest
from bench.scene import say
pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
def test_broken(): raise ValueError("no room\\nthere")
def test_quick(): say("quick", seconds=0.5)
def test_endless(): threading.Event().wait(300)
def test_late(): say("late")
"""


def measured(folder: Path, minutes: str) -> dict[str, dict[str, str]]:
    """What a run of the scene says at its end, by case and in order."""
    (folder / "test_scene.py").write_text(SCENE)
    options = ["-q", "--lab", "off", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "conftest", "-p",
               "bench.conftest"]
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", folder, *options, folder]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False,
                         env={**os.environ, "HADOOP_DR_BENCH_MINUTES": minutes, "HADOOP_DR_BENCH_REPORT": ""})
    assert ran.returncode == 1
    summary = ran.stdout.rpartition("= measured =")[2].splitlines()
    return {line["case"]: line for line in map(json.loads, (one for one in summary if one.startswith("{")))}


def test_a_measurement_that_fails_or_does_not_end_is_said_and_the_others_have_time_left(tmp_path: Path) -> None:
    told = measured(tmp_path, "0.2")
    assert list(told) == ["not measured: test_broken", "quick", "not measured: test_endless", "late"]
    assert told["not measured: test_broken"]["why"] == "no room there"
    assert "Timeout" in told["not measured: test_endless"]["why"]


def test_what_the_time_does_not_suffice_for_is_named(tmp_path: Path) -> None:
    told = measured(tmp_path, "0.00001")
    assert [*told] == [f"not measured: test_{name}" for name in ("broken", "quick", "endless", "late")]
    assert {one["why"] for one in told.values()} == {
        "the 1e-05 minutes of this run are over (HADOOP_DR_BENCH_MINUTES)"
    }


def test_what_takes_longest_comes_last_and_the_sizes_of_one_measurement_keep_their_order() -> None:
    modules = [f"bench.test_{name}" for name in ("million", "many_roots", "skew", "many_roots", "x")]
    assert in_order(modules) == [4, 2, 1, 3, 0]
