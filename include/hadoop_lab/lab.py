"""The lab: two Hadoop sites on this machine, started, watched and stopped as a whole or by daemon."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hadoop_lab.artefacts import archives
from hadoop_lab.artefacts.shared import Artefacts, cache_folder
from hadoop_lab.artefacts.tools import Tools
from hadoop_lab.daemons import airflow_daemons
from hadoop_lab.errors import BrokenState, LabError, WrongName
from hadoop_lab.options import LabOptions
from hadoop_lab.plan import build_specs, merge, modules_of
from hadoop_lab.supervisor import processes
from hadoop_lab.supervisor import state as states
from hadoop_lab.supervisor.locks import file_lock
from hadoop_lab.supervisor.ports import claim_block, release_block
from hadoop_lab.supervisor.specs import DaemonSpec, LabFolders
from hadoop_lab.supervisor.starter import Starter
from hadoop_lab.supervisor.state import DaemonRecord, LabState

Progress = Callable[[str], None]
_PATIENCE_S = 40.0


def _silent(_: str) -> None:
    return None


class Lab:
    """The lab of one root folder; all it knows and stores lies in `<root>/.lab`."""

    def __init__(self, root: Path) -> None:
        """Nothing is read or started yet.

        Raises:
            LabError: The path of the root has a character that a class path or a daemon cannot have in it.
        """
        self._layout = LabFolders(root.resolve())
        if set(":;*%\n") & set(str(self._layout.root)):
            raise LabError(f"{str(self._layout.root)!r} contains one of : ; * % or a line end; use another folder")
        self._cache = cache_folder()
        self._tools = Tools()

    @property
    def layout(self) -> LabFolders:
        """Where the lab keeps its files."""
        return self._layout

    def up(
        self,
        options: LabOptions | None = None,
        progress: Progress = _silent,
        initialise: Callable[[LabState], None] | None = None,
    ) -> LabState:
        """Start everything asked for that does not run yet; leave alone what runs.

        Args:
            options: The wanted daemons; those of earlier calls stay.
            progress: Told one line per step.
            initialise: Called with the state once all daemons serve, for example to publish the sites' roles.

        Raises:
            LabError: Nothing of this call is left: its daemons are ended, its folders removed, the old state is back.
        """
        wanted = options or LabOptions()
        if wanted.hiveserver2 and not re.fullmatch(r"[\w/.+=@,~-]+", str(self._layout.root)):
            # Its local query engine encodes the path a second time and writes beside the lab.
            raise LabError(
                f"HiveServer2 cannot run in {str(self._layout.root)!r}; use a folder without spaces and signs"
            )
        self._tools.prepare()
        with self._locked(progress):
            before = states.load(self._layout.state)
            had = self._existing()
            # Before ports are chosen: it may take minutes, in which somebody else could take them.
            self._artefacts(progress).fetch(modules_of(wanted))
            state = merge(before, wanted, lambda names: claim_block(self._cache, self._layout.root, names))
            fresh: set[str] = set()
            self._refuse_paused(state)
            try:
                # Passwords and keys of Airflow lie below.
                self._layout.folder.mkdir(mode=0o700, exist_ok=True)
                states.save(self._layout.state, state)
                specs = build_specs(self._layout, state, wanted, self._artefacts(progress))
                sites = [spec for spec in specs if not spec.name.startswith("airflow.")]
                self._start(state, sites, fresh, progress)
                if initialise is not None:
                    initialise(state)
                    states.save(self._layout.state, state)
                # Last, because its DAGs act on the sites as soon as it runs.
                self._start(state, [spec for spec in specs if spec not in sites], fresh, progress)
            except BaseException:
                progress("start failed: stopping what this call started")
                self._undo(state, before, fresh, had)
                raise
        return state

    def down(self, wipe: bool = False, progress: Progress = _silent) -> None:
        """Stop every daemon; data and ports stay for the next `up` unless `wipe` is given.

        Raises:
            BrokenState: The state file cannot be used. The daemons are stopped all the same; only a wipe gets over it.
        """
        with self._locked(progress):
            try:
                state = states.load(self._layout.state)
            except BrokenState:
                state = None
                self._end_unrecorded(progress)
                if not wipe:
                    raise
            if state is not None:
                complete = processes.end(processes.marked(state.lab), _PATIENCE_S)
                self._keep_archives(complete)
                for name in state.records():
                    state.set_record(name, None)
                states.save(self._layout.state, state)
            if wipe:
                self._wipe()

    def state(self) -> LabState:
        """Return the stored state.

        Raises:
            LabError: There is no lab in this folder.
        """
        state = states.load(self._layout.state)
        if state is None:
            raise LabError(f"there is no lab in {self._layout.root}; start one: hadoop-dr lab up")
        return state

    def status(self) -> dict[str, Any]:
        """Return addresses and the present state of every daemon: running, paused or dead."""
        state = states.load(self._layout.state)
        if state is None:
            return {"sites": {}, "airflow": None}
        sites = {}
        for name, site in state.sites.items():
            addresses = {key: getattr(site, key) for key in _ADDRESSES}
            sites[name] = addresses | {"daemons": self._daemons_status(state, name)}
        airflow = None
        if state.airflow is not None and state.airflow.daemons:
            access = {key: getattr(state.airflow, key) for key in ("url", "user", "password")}
            airflow = access | {"daemons": self._daemons_status(state, "airflow")}
        return {"sites": sites, "airflow": airflow}

    def kill(self, daemon: str) -> None:
        """End a daemon with SIGKILL, as a crash would; it stays known as dead until `start` or `up`."""
        state = self.state()
        processes.kill([self._running(state, daemon)], _PATIENCE_S)

    def pause(self, daemon: str) -> None:
        """Freeze a daemon: it keeps its connections and answers nothing."""
        processes.freeze(self._running(self.state(), daemon), frozen=True)

    def resume(self, daemon: str) -> None:
        """Let a frozen daemon run on."""
        processes.freeze(self._running(self.state(), daemon), frozen=False)

    def start(self, daemon: str, progress: Progress = _silent) -> None:
        """Start one known daemon again and wait until it serves."""
        with self._locked(progress):
            state = self.state()
            if state.record(daemon) is None:
                raise self._unknown(state, daemon)
            options = LabOptions(metastore=False)
            specs = build_specs(self._layout, state, options, self._artefacts(progress))
            self._start(state, [spec for spec in specs if spec.name == daemon], set(), progress)

    def log(self, daemon: str) -> Path:
        """Return the log file of a daemon."""
        state = self.state()
        if state.record(daemon) is None and not self._layout.log(daemon).exists():
            raise self._unknown(state, daemon)
        return self._layout.log(daemon)

    def airflow_environment(self) -> dict[str, str]:
        """Return the variables with which an Airflow command works on the lab's Airflow.

        Raises:
            LabError: The lab was never started with Airflow.
        """
        state = self.state()
        if state.airflow is None:
            raise LabError("this lab has no Airflow; add it: hadoop-dr lab up --airflow")
        return airflow_daemons.environment(self._layout, state.ports, state.airflow)

    def resident_bytes(self) -> dict[str, int]:
        """Return the resident memory of every running daemon."""
        state = self.state()
        found = {name: processes.find(record, state.lab) for name, record in state.records().items()}
        return {name: processes.resident_bytes(process) for name, process in found.items() if process is not None}

    def _start(self, state: LabState, specs: list[DaemonSpec], fresh: set[str], progress: Progress) -> None:
        guard = threading.Lock()

        def record(name: str, started: DaemonRecord) -> None:
            with guard:
                fresh.add(name)
                state.set_record(name, started)
                states.save(self._layout.state, state)

        running = frozenset(
            name for name, last in state.records().items() if processes.find(last, state.lab) is not None
        )
        Starter(self._layout, record, progress).start(specs, running)

    def _refuse_paused(self, state: LabState) -> None:
        for name, record in state.records().items():
            process = processes.find(record, state.lab)
            if process is not None and processes.is_paused(process):
                raise LabError(f"{name} is paused and cannot answer; resume it first: hadoop-dr lab resume {name}")

    def _undo(self, state: LabState, before: LabState | None, fresh: set[str], had: set[Path]) -> None:
        if before is None:
            processes.kill(processes.marked(state.lab), _PATIENCE_S)
            self._wipe()
            return
        found = [processes.find(last, state.lab) for name in fresh if (last := state.record(name)) is not None]
        processes.kill([process for process in found if process is not None], _PATIENCE_S)
        for path in self._existing() - had:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        states.save(self._layout.state, before)

    def _existing(self) -> set[Path]:
        """Return what the daemons own, to tell what a failed start has added."""
        parts = ("conf", "data", "data/.steps", "run")
        return {path for part in parts for path in self._layout.folder.glob(f"{part}/*")}

    def _keep_archives(self, complete: bool) -> None:
        if complete and not self._tools.missing():
            archives.publish(self._layout, self._artefacts(_silent).archives())
        else:
            archives.discard(self._layout)

    def _wipe(self) -> None:
        shutil.rmtree(self._layout.folder, ignore_errors=True)
        release_block(self._cache, self._layout.root)

    def _daemons_status(self, state: LabState, owner: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for name, record in state.records().items():
            site, daemon = name.split(".", 1)
            if site != owner:
                continue
            process = processes.find(record, state.lab)
            if process is None:
                found[daemon] = {"pid": None, "state": "dead"}
            else:
                found[daemon] = {"pid": record.pid, "state": "paused" if processes.is_paused(process) else "running"}
        return found

    def _running(self, state: LabState, daemon: str) -> Any:
        record = state.record(daemon)
        if record is None:
            raise self._unknown(state, daemon)
        process = processes.find(record, state.lab)
        if process is None:
            raise LabError(f"{daemon} does not run; start it: hadoop-dr lab start {daemon}")
        return process

    def _unknown(self, state: LabState, daemon: str) -> WrongName:
        names = ", ".join(sorted(state.records())) or "none"
        return WrongName(f"there is no daemon {daemon!r} in this lab; known: {names}")

    def _end_unrecorded(self, progress: Progress) -> None:
        """End the daemons of a lab of which nothing is known any more, by the marker they carry."""
        for marker in processes.markers_below(self._layout.folder, states.NAME_PREFIX):
            found = processes.marked(marker)
            processes.end(found, _PATIENCE_S)
            progress(f"stopped {len(found)} daemons of {marker}")

    def _artefacts(self, progress: Progress) -> Artefacts:
        return Artefacts(self._cache, self._tools, progress)

    def _locked(self, progress: Progress) -> Any:
        # Not inside the lab's folder, which a wipe removes while somebody may wait for the lock.
        name = hashlib.sha256(str(self._layout.root).encode()).hexdigest()[:16]
        return file_lock(self._cache / "locks" / name, lambda: progress("waiting for another command on this lab"))


_ADDRESSES = ("webhdfs", "hdfs", "namenodes", "nameservice", "metastore", "hiveserver2", "zookeeper", "role")
