"""However a run of all tests ends, the lab is stopped and the end is told truly."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose programs only write down that they were called."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", ".ci"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / ".lab").mkdir()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name in ("python", "hadoop-dr", "pytest"):
        program(tmp_path / ".venv/bin" / name, name)
    (tmp_path / ".venv/.complete").touch()
    return tmp_path


def program(path: Path, says: str, then: str = "exit 0") -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/bash\necho "{says} $*" >> "$(dirname "$0")/../../calls"\n{then}\n')
    path.chmod(0o755)


def calls(checkout: Path) -> list[str]:
    """What was called, in order; the path of a fake leads to the same file from every folder of two levels."""
    written = checkout / "calls"
    return written.read_text().splitlines() if written.exists() else []


def run_ci(checkout: Path, make: str) -> subprocess.Popen[bytes]:
    tools = checkout / "fake/bin"
    tools.parent.mkdir()
    program(tools / "make", "make", make)
    program(tools / "mvn", "mvn")
    program(tools / "javac", "javac", "echo javac 17.0.1")
    path = f"{tools}:{os.environ['PATH']}"
    return subprocess.Popen([checkout / ".ci/run"], env=os.environ | {"PATH": path, "JAVA_HOME": str(tools.parent)})


@pytest.mark.parametrize("code", [0, 2, 7])
def test_ci_stops_the_lab_and_keeps_the_exit_code(checkout: Path, code: int) -> None:
    assert run_ci(checkout, f"exit {code}").wait(30) == code
    assert calls(checkout)[-1] == "python -m hadoop_lab down"
    assert "make --no-print-directory test" in calls(checkout)


def test_a_terminated_ci_run_stops_the_lab(checkout: Path) -> None:
    running = run_ci(checkout, "exec sleep 60")
    deadline = time.monotonic() + 20
    while not any(call.startswith("make") for call in calls(checkout)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 143
    assert calls(checkout)[-1] == "python -m hadoop_lab down"


OWN = [
    "tests/e2e/test_airflow_backup.py", "tests/integration/test_lab_options.py", "tests/integration/test_lost_site.py",
]  # fmt: skip
OWN_DAEMONS = " ".join(OWN)
SERVICES = " ".join(f"--ignore {path}" for path in ["tests/e2e", *OWN])
ENTRANCES = " ".join(["tests/e2e", *(f"--ignore {path}" for path in OWN)])


@pytest.mark.parametrize("red", [ENTRANCES, SERVICES, OWN_DAEMONS, None])
def test_live_tests_stop_the_lab_that_they_started(checkout: Path, red: str | None) -> None:
    """All three runs that share it have ended by then, and the failure of any one is the failure of all."""
    program(checkout / ".venv/bin/pytest", "pytest", f'[[ "$*" == *"chaos {red}" ]] && exit 1; exit 0')
    done = subprocess.run(["make", "-s", "live"], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == (2 if red else 0), done.stderr
    first, *tests, last = calls(checkout)
    assert first.startswith("hadoop-dr lab up")
    assert [call.startswith("pytest -q --lab required -m ") for call in tests] == [True, True, True]
    said = [call.partition("not chaos ")[2] for call in tests]
    assert sorted(said) == sorted([ENTRANCES, SERVICES, OWN_DAEMONS])
    assert last == "python -m hadoop_lab down"


def test_interrupted_live_tests_end_before_the_lab_is_stopped(checkout: Path) -> None:
    wait = "trap 'sleep 0.2; echo ended >> calls; exit 1' INT; while :; do sleep 0.05; done"
    program(checkout / ".venv/bin/pytest", "pytest", wait)
    running = subprocess.Popen(["make", "-s", "live"], cwd=checkout, start_new_session=True)
    deadline = time.monotonic() + 20
    while sum(call.startswith("pytest") for call in calls(checkout)) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(30) != 0
    assert calls(checkout)[4:] == ["ended", "ended", "ended", "python -m hadoop_lab down"]


def test_every_task_of_the_makefile_is_explained() -> None:
    shown = subprocess.run(["make", "-s", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for task in ("demo", "test", "unit", "lint", "bench", "chaos", "clean", "env", "lab-up", "lab-down"):
        assert f"  {task} " in shown
