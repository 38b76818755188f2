"""Starting, recognising and ending daemons that outlive the command that started them.

A daemon leads its own session. It is ours if pid and start time are the recorded ones **and** it carries the lab's
marker, in its command line or, for programs that rewrite that, in its environment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from hadoop_lab.supervisor.state import DaemonRecord

# Nothing else passes from the caller: a HADOOP_CONF_DIR or JAVA_TOOL_OPTIONS of the user must not change a daemon.
_INHERITED = ("PATH", "HOME", "USER", "TZ", "TMPDIR", "JAVA_HOME", "LD_LIBRARY_PATH")
# Programs that rewrite their command line, and what they start, are known by this variable.
MARKER_VARIABLE = "HADOOP_LAB"
_START_TIME_TOLERANCE_S = 0.05
_SIGNAL_S = 5.0


class _Daemon(subprocess.Popen[bytes]):
    """A process that is meant to outlive its handle, so that collecting the handle is no reason to complain."""

    def __del__(self) -> None:
        """Leave the process alone."""


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a daemon: the few inherited variables and its own."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # File names are UTF-8 whatever the caller's locale; Java takes their encoding from here.
    return inherited | {"LC_ALL": "C.UTF-8"} | dict(extra)


def spawn(
    command: Sequence[str], folder: Path, log: Path, env: Mapping[str, str]
) -> tuple[DaemonRecord, subprocess.Popen[bytes]]:
    """Start a daemon in its own session, with its output appended to a log file."""
    with log.open("ab") as output:
        process = _Daemon(
            list(command),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(env),
            start_new_session=True,
        )
    return DaemonRecord(process.pid, psutil.Process(process.pid).create_time()), process


def find(record: DaemonRecord, marker: str) -> psutil.Process | None:
    """Return the recorded process if it still runs and is ours."""
    try:
        process = psutil.Process(record.pid)
        if abs(process.create_time() - record.started) > _START_TIME_TOLERANCE_S:
            return None
        if process.status() == psutil.STATUS_ZOMBIE or not _carries(process, marker):
            return None
    except psutil.Error:
        return None
    return process


def marked(marker: str) -> list[psutil.Process]:
    """Return every process of this user that carries the marker, recorded or not."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and _carries(process, marker):
                found.append(process)
    return found


def markers_below(folder: Path, prefix: str) -> set[str]:
    """Return the markers of this user's daemons that work below a folder: found also when nothing is recorded of them.

    Args:
        prefix: How every marker begins.
    """
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            marker = process.environ().get(MARKER_VARIABLE, "")
            if marker.startswith(prefix) and Path(process.cwd()).is_relative_to(folder):
                found.add(marker)
    return found


def is_paused(process: psutil.Process) -> bool:
    """Say whether the process was stopped by a signal."""
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a daemon and everything it started."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def freeze(process: psutil.Process, frozen: bool) -> None:
    """Stop a daemon and everything it started, or let them run on; returns when that has happened."""
    for member in family(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            member.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)
    # A signal is only noted by the call; a busy process may run for some milliseconds more.
    deadline = time.monotonic() + _SIGNAL_S
    while is_paused(process) != frozen and time.monotonic() < deadline:
        time.sleep(0.005)


def kill(processes: Iterable[psutil.Process], patience_s: float) -> None:
    """End processes and everything they started with SIGKILL and wait until they are gone."""
    members = _families(processes)
    for member in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(members, timeout=patience_s)


def end(processes: Iterable[psutil.Process], patience_s: float) -> bool:
    """End processes and their children politely; after `patience_s` by SIGKILL.

    Returns:
        Whether all of them ended by themselves.
    """
    members = _families(processes)
    for member in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.terminate()
            # A paused process acts on SIGTERM only once it runs again.
            member.send_signal(signal.SIGCONT)
    _, alive = psutil.wait_procs(members, timeout=patience_s)
    kill(alive, patience_s)
    return not alive


def _families(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    return list({member.pid: member for process in processes for member in family(process)}.values())


def resident_bytes(process: psutil.Process) -> int:
    """Return the resident memory of a daemon and everything it started."""
    total = 0
    for member in family(process):
        with contextlib.suppress(psutil.Error):
            total += member.memory_info().rss
    return total


def listening(process: psutil.Process) -> set[int]:
    """Return the ports on which a daemon or something it started accepts connections."""
    ports: set[int] = set()
    for member in family(process):
        with contextlib.suppress(psutil.Error):
            for entry in member.net_connections("tcp"):
                if entry.status == psutil.CONN_LISTEN and entry.laddr:
                    ports.add(entry.laddr.port)
    return ports


def tail(log: Path, lines: int = 30) -> str:
    """Return the last lines of a log."""
    try:
        with log.open("rb") as handle:
            handle.seek(max(0, log.stat().st_size - 64 * 1024))
            text = handle.read().decode(errors="replace")
    except FileNotFoundError:
        return "(no log was written)"
    return "\n".join(text.splitlines()[-lines:])


def _carries(process: psutil.Process, marker: str) -> bool:
    if any(marker in part for part in process.cmdline()):
        return True
    return process.environ().get(MARKER_VARIABLE) == marker
