"""Daemons are recognised without doubt: no foreign process is ever signalled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hadoop_lab import Lab
from hadoop_lab.errors import BrokenState
from hadoop_lab.supervisor import processes
from hadoop_lab.supervisor.processes import MARKER_VARIABLE
from hadoop_lab.supervisor.state import DaemonRecord

MARKER = "hadoop-lab-unit-test"
SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., DaemonRecord]]:
    """Starts small daemons and ends what is left of them."""
    records: list[DaemonRecord] = []

    def start(code: str, *arguments: str, env: dict[str, str] | None = None) -> DaemonRecord:
        command = [sys.executable, "-S", "-c", code, *arguments]
        record, _ = processes.spawn(command, tmp_path, tmp_path / "log", env or {})
        records.append(record)
        # For a moment after the start the kernel shows no command line yet.
        assert _eventually(lambda: bool(psutil.Process(record.pid).cmdline()))
        return record

    yield start
    for record in records:
        if psutil.pid_exists(record.pid):
            processes.kill([psutil.Process(record.pid)], 10)


def _eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_recycled_pid_is_not_taken_for_the_daemon(started: Callable[..., DaemonRecord]) -> None:
    record = started(SLEEP, f"{MARKER}/x")
    assert processes.find(record, MARKER) is not None
    assert processes.find(DaemonRecord(record.pid, record.started - 5), MARKER) is None


@pytest.mark.parametrize("wipe", [False, True])
def test_down_stops_the_daemons_of_a_lab_whose_state_is_broken_and_no_others(
    started: Callable[..., DaemonRecord], tmp_path: Path, wipe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "a b+ü=1#"
    run = root / ".lab/run/east.namenode"
    run.mkdir(parents=True)
    (root / ".lab/state.json").write_text("{")
    names = {MARKER_VARIABLE: "hadoop-lab-0123456789ab"}
    ours = started(f"import os; os.chdir({str(run)!r}); {SLEEP}", env=names)
    other = started(SLEEP, env=names | {MARKER_VARIABLE: "hadoop-lab-ba9876543210"})
    assert _eventually(lambda: psutil.Process(ours.pid).cwd() == str(run))
    lab = Lab(root)
    if wipe:
        lab.down(wipe=True)
    else:
        with pytest.raises(BrokenState, match=r"is not valid JSON .* hadoop-dr lab down --wipe"):
            lab.down()
    assert processes.find(ours, names[MARKER_VARIABLE]) is None
    assert processes.find(other, "hadoop-lab-ba9876543210") is not None
    assert (root / ".lab").exists() is not wipe


def test_a_process_without_the_marker_is_not_ours(started: Callable[..., DaemonRecord]) -> None:
    record = started(SLEEP, "something-else")
    assert processes.find(record, MARKER) is None
    assert record.pid not in {process.pid for process in processes.marked(MARKER)}


def test_the_marker_in_the_environment_is_enough_and_reaches_children(started: Callable[..., DaemonRecord]) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {SLEEP!r}])"
    record = started(code, env={processes.MARKER_VARIABLE: MARKER})
    assert _eventually(lambda: len(processes.marked(MARKER)) == 2)
    assert processes.find(record, MARKER) is not None


def test_an_ended_daemon_that_nobody_has_waited_for_does_not_count_as_running(
    started: Callable[..., DaemonRecord],
) -> None:
    record = started(SLEEP, MARKER)
    os.kill(record.pid, signal.SIGKILL)
    assert _eventually(lambda: processes.find(record, MARKER) is None)


def test_a_daemon_survives_the_command_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from hadoop_lab.supervisor import processes\n"
        f"record, _ = processes.spawn([sys.executable, '-S', '-c', {SLEEP!r}, {MARKER!r}], Path(sys.argv[1]), "
        "Path(sys.argv[1]) / 'log', {})\n"
        "print(record.pid, record.started)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    pid, start = done.stdout.split()
    found = processes.find(DaemonRecord(int(pid), float(start)), MARKER)
    assert found is not None
    assert os.getsid(found.pid) == found.pid
    processes.kill([found], 10)


def test_a_daemon_that_ignores_the_polite_signal_is_ended_with_its_children(
    started: Callable[..., DaemonRecord], tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    code = (
        "import signal, subprocess, sys, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {SLEEP!r}, {MARKER!r}])\n"
        "pathlib.Path(sys.argv[1]).touch(); child.wait(); import time; time.sleep(60)"
    )
    record = started(code, str(ready), MARKER)
    assert _eventually(ready.exists)
    process = processes.find(record, MARKER)
    assert process is not None
    assert processes.end([process], patience_s=0.5) is False
    assert processes.marked(MARKER) == []


def test_a_paused_daemon_is_seen_as_paused_and_can_be_ended(started: Callable[..., DaemonRecord]) -> None:
    process = processes.find(started(SLEEP, MARKER), MARKER)
    assert process is not None
    processes.freeze(process, frozen=True)
    assert processes.is_paused(process)
    processes.freeze(process, frozen=False)
    assert not processes.is_paused(process)
    processes.freeze(process, frozen=True)
    assert processes.end([process], patience_s=10) is True


def test_the_callers_java_settings_do_not_reach_a_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx9g")
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop")
    environment = processes.environment({"HADOOP_USER_NAME": "hdfs"})
    assert not {"JAVA_TOOL_OPTIONS", "HADOOP_CONF_DIR"} & set(environment)
    assert environment["HADOOP_USER_NAME"] == "hdfs"


def test_the_end_of_a_long_log_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "a b.log"
    log.write_text("".join(f"line {number}\n" for number in range(100_000)))
    assert processes.tail(log, 2) == "line 99998\nline 99999"
    assert "no log" in processes.tail(tmp_path / "none")
