"""Whether the process that owns a claim is dead: its pid and its start tick tell, never the wall clock (I3)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from hadoop_dr.adapters.process import LocalHost, host
from hadoop_dr.domain.runs.process import Process

SLEEPS = "import sys; print('up', flush=True); sys.stdin.read()"
NAME = "a) R (b 1 2"
"""What follows its first parenthesis looks like the fields that come after a name."""
OURS = (
    "from hadoop_dr.adapters.process import LocalHost; import dataclasses, json; "
    "print(json.dumps(dataclasses.asdict(LocalHost().me())))"
)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes that live until the test ends them, or is over."""
    begun: list[subprocess.Popen[str]] = []

    def run(*command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        assert process.stdout
        assert process.stdout.readline()
        return process

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def until(true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def owner(process: subprocess.Popen[Any]) -> Process:
    """What a process would have said of itself."""
    seen = host._stat_of(process.pid)
    assert seen
    return replace(LocalHost().me(), pid=process.pid, started=seen[1])


def test_a_process_says_of_itself_what_others_see_of_it() -> None:
    me = LocalHost().me()
    assert me.started is not None
    assert not LocalHost().is_dead(me)


def test_a_live_process_stays_alive_when_the_wall_clock_is_set(
    start: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setting the clock moves the time of the boot, and with it every start time that is computed from that."""
    me = owner(start(sys.executable, "-c", SLEEPS))
    for moved_s in (-3600, 3600):
        boot_s = psutil.boot_time()
        monkeypatch.setattr(psutil._psplatform, "boot_time", lambda boot_s=boot_s, by=moved_s: boot_s + by)
        assert not LocalHost().is_dead(me)


def test_a_process_that_has_ended_is_dead_also_before_its_parent_asks(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    process = start(sys.executable, "-c", SLEEPS)
    me = owner(process)
    process.kill()
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert LocalHost().is_dead(me)  # a zombie
    process.communicate()
    assert LocalHost().is_dead(me)  # gone


def test_a_pid_that_somebody_else_got_is_not_the_process_that_claimed(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    me = owner(start(sys.executable, "-c", SLEEPS))
    assert LocalHost().is_dead(replace(me, started=me.started - 1))


def test_of_another_machine_another_boot_or_an_owner_without_a_process_nothing_is_certain(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = replace(LocalHost().me(), pid=2**22, started=1)
    assert LocalHost().is_dead(before)
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("0b5e2f6e-0000-4000-8000-00000000beef\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    os.symlink("pid:[4026531836]", tmp_path / "self/ns/pid")
    with monkeypatch.context() as rebooted:
        rebooted.setattr(host, "_PROC", tmp_path)
        assert not LocalHost().is_dead(before)
    assert not LocalHost().is_dead(replace(before, host="another"))
    assert not LocalHost().is_dead(replace(before, started=None))


def test_a_process_that_may_not_be_looked_at_is_not_dead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``/proc`` mounted with ``hidepid`` shows nothing of other users' processes."""
    me, local = LocalHost().me(), LocalHost()
    monkeypatch.setattr(host, "_PROC", tmp_path)
    assert not local.is_dead(me)


def test_a_process_with_blanks_and_parentheses_in_its_name_is_known(tmp_path: Path) -> None:
    program = tmp_path / NAME
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    process = subprocess.Popen([str(program), "600"])
    try:
        until(lambda: NAME.encode() in Path(f"/proc/{process.pid}/stat").read_bytes())
        me = owner(process)
        assert not LocalHost().is_dead(me)
        assert LocalHost().is_dead(replace(me, started=me.started - 1))
    finally:
        process.kill()
        process.wait()
    assert LocalHost().is_dead(me)


def test_state_and_start_tick_are_the_fields_that_the_manual_says() -> None:
    numbers = b" ".join(str(number).encode() for number in range(4, 53))
    assert host.read_stat(b"1 (" + NAME.encode() + b") S " + numbers + b"\n") == ("S", 22)


def test_what_another_process_of_this_machine_says_of_itself_is_understood() -> None:
    answer = subprocess.run([sys.executable, "-c", OURS], capture_output=True, text=True, check=True).stdout
    said = Process(**json.loads(answer))
    assert said.host == LocalHost().me().host
    assert LocalHost().is_dead(said)
