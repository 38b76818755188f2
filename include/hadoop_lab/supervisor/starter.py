"""Starts many daemons at once, each as soon as those it needs serve."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from pathlib import Path

import psutil

from hadoop_lab.errors import DaemonFailed, LabError
from hadoop_lab.supervisor import processes
from hadoop_lab.supervisor.ports import require_free
from hadoop_lab.supervisor.specs import DaemonSpec, LabFolders
from hadoop_lab.supervisor.state import DaemonRecord

_POLL_S = 0.2
_STEP_TIMEOUT_S = 180.0


class Starter:
    """One start of a set of daemons.

    The first failure stops the others at their next poll; what was started stays recorded, the caller ends it.
    """

    def __init__(
        self,
        layout: LabFolders,
        record: Callable[[str, DaemonRecord], None],
        progress: Callable[[str], None],
    ) -> None:
        """Keep how a started process is written down at once and how progress is told."""
        self._layout = layout
        self._record = record
        self._progress = progress
        self._serving: dict[str, threading.Event] = {}
        self._aborted = threading.Event()
        self._once = threading.Lock()

    def start(self, specs: Iterable[DaemonSpec], running: frozenset[str]) -> None:
        """Start all that is not running and wait until every one serves.

        Args:
            specs: The wanted daemons.
            running: Names among them that run already; they are only waited for.

        Raises:
            LabError: A port is taken.
            DaemonFailed: A daemon or one of its steps ended, or did not serve in time.
        """
        wanted = list(specs)
        self._serving = {spec.name: threading.Event() for spec in wanted}
        with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
            futures = [pool.submit(self._bring_up, spec, spec.name in running) for spec in wanted]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                if not all(future.done() for future in futures):
                    self._aborted.set()
        _raise_first(futures)

    def _bring_up(self, spec: DaemonSpec, running: bool) -> None:
        process = None
        try:
            if not running:
                for needed in spec.after:
                    self._await(needed)
                require_free(spec.name, spec.ports)
                self._prepare(spec)
                log = self._layout.log(spec.name)
                log.parent.mkdir(parents=True, exist_ok=True)
                record, process = processes.spawn(spec.command, self._layout.run(spec.name), log, spec.env)
                self._record(spec.name, record)
            began = time.monotonic()
            self._await_probe(spec, process)
            if spec.settle is not None:
                spec.settle()
            if not running:
                self._progress(f"{spec.name}: ready after {time.monotonic() - began:.1f} s")
            self._serving[spec.name].set()
        except BaseException:
            self._aborted.set()
            raise

    def _await(self, needed: str) -> None:
        event = self._serving.get(needed)
        while event is not None and not event.wait(_POLL_S):
            self._stop_if_aborted()

    def _prepare(self, spec: DaemonSpec) -> None:
        own = [self._done(spec, number) for number, step in enumerate(spec.steps) if step.once is None]
        if not all(done.exists() for done in own):
            # A first start that was killed half-way left something that no format accepts.
            for done in own:
                done.unlink(missing_ok=True)
            shutil.rmtree(self._layout.data(spec.name), ignore_errors=True)
        for folder in (*spec.folders, self._layout.run(spec.name)):
            folder.mkdir(parents=True, exist_ok=True)
        for path, text in spec.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for number, step in enumerate(spec.steps):
            done = self._done(spec, number)
            self._stop_if_aborted()
            with self._once if step.once else nullcontext():
                if not done.exists():
                    self._run_step(spec, step.name, step.command, dict(step.env))
                    done.parent.mkdir(parents=True, exist_ok=True)
                    done.touch()

    def _done(self, spec: DaemonSpec, number: int) -> Path:
        return self._layout.data(".steps") / (spec.steps[number].once or f"{spec.name}-{number}")

    def _run_step(self, spec: DaemonSpec, title: str, command: tuple[str, ...], env: dict[str, str]) -> None:
        log = self._layout.log(spec.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            try:
                done = subprocess.run(
                    command,
                    cwd=self._layout.run(spec.name),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=processes.environment(env),
                    timeout=_STEP_TIMEOUT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise self._failed(spec, f"'{title}' took longer than {_STEP_TIMEOUT_S:.0f} s") from error
        if done.returncode != 0:
            raise self._failed(spec, f"'{title}' ended with code {done.returncode}")

    def _await_probe(self, spec: DaemonSpec, process: subprocess.Popen[bytes] | None) -> None:
        deadline = time.monotonic() + spec.timeout_s
        while (missing := spec.probe() or _foreign(spec, process)) is not None:
            if process is not None and process.poll() is not None:
                raise self._failed(spec, f"ended with code {process.returncode} before it served")
            if time.monotonic() > deadline:
                raise self._failed(spec, f"is not ready after {spec.timeout_s:.0f} s: {missing}")
            self._stop_if_aborted()
            time.sleep(_POLL_S)

    def _failed(self, spec: DaemonSpec, reason: str) -> DaemonFailed:
        return DaemonFailed(spec.name, reason, processes.tail(self._layout.log(spec.name)))

    def _stop_if_aborted(self) -> None:
        if self._aborted.is_set():
            raise _AbortedError("another daemon failed")


def _foreign(spec: DaemonSpec, process: subprocess.Popen[bytes] | None) -> str | None:
    """Say which port our process does not hold: what answered there may have come between our check and the start."""
    if process is None or not spec.ports:
        return None
    try:
        held = processes.listening(psutil.Process(process.pid))
    except psutil.NoSuchProcess:
        return "has ended"
    missing = [str(port) for port in spec.ports if port not in held]
    return f"does not listen on port {', '.join(missing)}" if missing else None


class _AbortedError(LabError):
    """This daemon was given up because another one failed."""


def _raise_first(futures: list[Future[None]]) -> None:
    errors = [error for future in futures if (error := future.exception()) is not None]
    for error in errors:
        if not isinstance(error, _AbortedError):
            raise error
    if errors:
        raise errors[0]
