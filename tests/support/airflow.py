"""An Airflow of its own for one test module: the four components as processes, on free ports, with SQLite."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from hadoop_lab.airflow_settings import AirflowPlace, settings

COMPONENTS = {
    "api-server": ("metadatabase",),
    "scheduler": ("scheduler",),
    "dag-processor": ("dag_processor",),
    "triggerer": ("triggerer",),
}


def eventually(
    condition: Callable[[], Any], within_s: float, what: str | Callable[[], str], every_s: float = 0.25
) -> Any:
    """Asks until the answer is neither None nor False, and gives it; ``what`` is asked for when the time is over."""
    end = time.monotonic() + within_s
    while True:
        answer = condition()
        if answer is not None and answer is not False:
            return answer
        late = time.monotonic() >= end
        assert not late, f"not within {within_s} s: {what if isinstance(what, str) else what()}"
        time.sleep(every_s)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Airflow:
    """The components and their API.

    Attributes:
        folder: Where database and logs lie.
        project: The home it serves; its ``dags`` are loaded.
        extra: Settings that differ from the lab's.
    """

    folder: Path
    project: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _client: httpx.Client | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        place = AirflowPlace(
            home=str(self.folder), project=str(self.project), database=f"sqlite:///{self.folder}/airflow.db",
            host="127.0.0.1", port=self.port, internal_url=self.url, secret=self._secret(),
            password_file=str(self.folder / "passwords.json"),
        )
        # Whoever collected the DAG tests in this process has set Airflow up for those, and for those only.
        others = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
        return {**others, **settings(place), **self.extra}

    def start(self) -> None:
        """Migrates the database, starts the components and waits until all are healthy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "passwords.json").write_text(json.dumps({"admin": "admin"}))
        with (self.folder / "migrate.log").open("wb") as log:
            subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=self.environment(), check=True,
                           stdout=log, stderr=subprocess.STDOUT, timeout=120)
        for name in COMPONENTS:
            self.start_one(name)
        eventually(self._healthy, 120, "all components healthy")
        answer = httpx.post(f"{self.url}/auth/token", json={"username": "admin", "password": "admin"}, timeout=30)
        answer.raise_for_status()
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self._client = httpx.Client(base_url=f"{self.url}/api/v2", headers=headers, timeout=30)

    def start_one(self, name: str) -> None:
        """Starts one component in a session of its own."""
        more = ("--skip-serve-logs",) if name in ("scheduler", "triggerer") else ()
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", name, *more], env=self.environment(), stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder,
            )

    def stop(self) -> None:
        """Ends every component with everything it started."""
        if self._client is not None:
            self._client.close()
        family = [child for process in self.processes.values() for child in _family(process.pid)]
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=5)
        for process in alive:
            process.kill()
        for process in self.processes.values():
            process.wait(30)

    def get(self, path: str) -> Any:
        assert self._client is not None
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.json()

    def unpause(self, dag_id: str) -> None:
        assert self._client is not None
        self._client.patch(f"/dags/{dag_id}", json={"is_paused": False}).raise_for_status()

    def pause(self, dag_id: str) -> None:
        assert self._client is not None
        self._client.patch(f"/dags/{dag_id}", json={"is_paused": True}).raise_for_status()

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Starts a run and gives its id."""
        assert self._client is not None
        answer = self._client.post(f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": dict(conf or {})})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["dag_run_id"])

    def refusal(self, dag_id: str, conf: Mapping[str, Any]) -> int:
        """The status with which a run is refused."""
        assert self._client is not None
        return self._client.post(f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": dict(conf)}).status_code

    def knows(self, dag_id: str) -> bool:
        assert self._client is not None
        return self._client.get(f"/dags/{dag_id}").status_code == 200

    def run(self, dag_id: str, run_id: str) -> Any:
        return self.get(f"/dags/{dag_id}/dagRuns/{run_id}")

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """State by task; the last one of a mapped task."""
        found = self.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200")["task_instances"]
        return {task["task_id"]: task["state"] for task in found}

    def ended(self, dag_id: str, run_id: str, within_s: float = 180) -> str:
        """Waits for a run and gives its state."""
        def state() -> str | None:
            now = self.run(dag_id, run_id)["state"]
            return now if now in ("success", "failed") else None
        return str(eventually(state, within_s, lambda: f"{dag_id} {run_id} ended: {self.tasks(dag_id, run_id)}"))

    def tries(self, dag_id: str, run_id: str, task_id: str, *, mapped: bool = False) -> int:
        """How often a task was tried; of a mapped one its first instance."""
        at = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}{'/0' if mapped else ''}/tries"
        return len(self.get(at)["task_instances"])

    def at_work(self, dag_id: str, run_id: str, task_id: str) -> tuple[psutil.Process, psutil.Process] | None:
        """The supervisor of a running task and the task's own process; both bear its id in their titles."""
        found = self.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?state=running&limit=200")["task_instances"]
        mine = [task["id"] for task in found if task["task_id"] == task_id]
        for worker in _children(psutil.Process(self.processes["scheduler"].pid)):
            for child in _children(worker):
                with suppress(psutil.NoSuchProcess):
                    if " ".join(child.cmdline()).rstrip("\0 ").endswith(tuple(mine)):
                        return worker, child
        return None

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task handed on."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value?deserialize=true"
        return self.get(path)["value"]

    def logs(self, dag_id: str, run_id: str, task_id: str) -> str:
        """Every log line of a task, as they lie on the disk."""
        folder = self.folder / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        return "\n".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.log")))

    def says(self, words: str, dag_id: str, run_id: str, task_id: str, within_s: float = 60) -> None:
        """Waits for words in a task's log: its supervisor writes on after the task has ended."""
        folder = self.folder / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}"

        def unsaid() -> str:
            there = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*.log")}
            return f"{words} in the log of {task_id}: {self.logs(dag_id, run_id, task_id)!r}; sizes of all: {there}"

        eventually(lambda: words in self.logs(dag_id, run_id, task_id), within_s, unsaid)

    def _healthy(self) -> bool:
        for name, process in self.processes.items():
            assert process.poll() is None, f"{name} ended: {(self.folder / f'{name}.log').read_text()[-3000:]}"
        try:
            health = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return False
        return all(health.get(part, {}).get("status") == "healthy" for (part,) in COMPONENTS.values())

    def _secret(self) -> str:
        path = self.folder / "secret"
        if not path.exists():
            path.write_text(secrets.token_hex(32))
        return path.read_text()


@contextmanager
def running(airflow: Airflow) -> Iterator[Airflow]:
    """Starts it and stops it again, whatever happens in between."""
    try:
        airflow.start()
        yield airflow
    finally:
        airflow.stop()


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _children(process: psutil.Process) -> list[psutil.Process]:
    """Those it has now; a family that changes while it is looked at has to be looked at again."""
    with suppress(psutil.NoSuchProcess):
        return list(process.children())
    return []
