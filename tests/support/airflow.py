"""An Airflow of its own for one test module: its components as processes, on free ports, with SQLite."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from hadoop_lab.daemons.airflow_settings import AirflowPlace, settings
from support.foreign_conf import foreign_configuration

COMPONENTS = {
    "api-server": ("api-server", "--apps", "core"),
    # In a process of its own, as in the lab: with SQLite the two parts wait for each other.
    "execution-api": ("api-server", "--apps", "execution"),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
PRELOADED = """\
import sys

if "scheduler" in sys.argv:
    import hadoop_dr.bootstrap.runs
"""
"""Read by Airflow at the start of each component. Tasks are forks of the scheduler, so what nearly all of ours need is
loaded once; without that, it is half of what a task does."""
HEALTHY = ("metadatabase", "scheduler", "dag_processor", "triggerer")


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


@dataclass(frozen=True)
class AtWork:
    """A task that runs.

    Attributes:
        id: Of this try of it.
        try_no: Which try this is, from 1.
        at: Where Airflow's API has the task.
        supervisor: Who started it and reports for it.
        child: The task's own process.
    """

    id: str
    try_no: int
    at: str
    supervisor: psutil.Process
    child: psutil.Process


@dataclass
class Airflow:
    """The components and their API.

    Attributes:
        folder: Where database and logs lie.
        project: The home it serves; its ``dags`` are loaded.
        extra: Settings that differ from the lab's.
        answer_s: How long its API may take for an answer.
    """

    folder: Path
    project: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    answer_s: float = 90
    port: int = field(default_factory=free_port)
    execution_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _client: httpx.Client | None = None
    _change: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def _execution_url(self) -> str:
        return f"http://127.0.0.1:{self.execution_port}"

    def environment(self) -> dict[str, str]:
        place = AirflowPlace(
            home=str(self.folder), project=str(self.project), database=f"sqlite:///{self.folder}/airflow.db",
            host="127.0.0.1", port=self.port, internal_url=self._execution_url, secret=self._secret(),
            password_file=str(self.folder / "passwords.json"),
        )
        # Whoever collected the DAG tests in this process has set Airflow up for those, and for those only.
        others = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
        foreign = foreign_configuration(self.folder / "hadoop of others")
        return {**others, **foreign, **settings(place), **self.extra}

    def prepare(self) -> None:
        """Begins to make the database, which takes seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "passwords.json").write_text(json.dumps({"admin": "admin"}))
        (self.folder / "config").mkdir(exist_ok=True)
        (self.folder / "config/airflow_local_settings.py").write_text(PRELOADED)
        with (self.folder / "migrate.log").open("wb") as log:
            self.processes["migrate"] = subprocess.Popen(
                [sys.executable, "-m", "airflow", "db", "migrate"], env=self.environment(), stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def start(self) -> None:
        """Starts the components on the database that was prepared, and waits until all are healthy."""
        code = self.processes.pop("migrate").wait(120)
        assert code == 0, (self.folder / "migrate.log").read_text()[-3000:]
        for name in COMPONENTS:
            self.start_one(name)
        eventually(self._healthy, 120, "all components healthy")
        answer = httpx.post(f"{self.url}/auth/token", json={"username": "admin", "password": "admin"}, timeout=30)
        answer.raise_for_status()
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self._client = httpx.Client(base_url=f"{self.url}/api/v2", headers=headers, timeout=self.answer_s)

    def start_one(self, name: str) -> None:
        """Starts one component in a session of its own."""
        more = ("--port", str(self.execution_port)) if name == "execution-api" else ()
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", *COMPONENTS[name], *more], env=self.environment(), stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder,
            )

    def restart(self, name: str, *, alone: bool) -> None:
        """Kills one component, alone or with all that it has started, and starts it again."""
        for process in _family(self.processes[name].pid)[: 1 if alone else None]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.processes[name].wait(30)
        self.start_one(name)

    def stop(self) -> None:
        """Ends every component with everything it started; nobody needs what they would still write."""
        if self._client is not None:
            self._client.close()
        family = [child for process in self.processes.values() for child in _family(process.pid)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for started in self.processes.values():
            started.wait(30)

    def get(self, path: str) -> Any:
        assert self._client is not None
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.json()

    def pause(self, dag_id: str) -> None:
        self._ask("PATCH", f"/dags/{dag_id}", {"is_paused": True}).raise_for_status()

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Starts a run and gives its id."""
        run_id = f"manual__{datetime.now(UTC).isoformat()}"
        wish = {"dag_run_id": run_id, "logical_date": None, "conf": dict(conf or {})}
        answer = self._ask("POST", f"/dags/{dag_id}/dagRuns", wish)
        assert answer.status_code in (200, 409), answer.text  # 409: an earlier one of the same requests was heard
        return run_id

    def _ask(self, method: str, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Asks for a change, again when the server could not write it.

        It writes down who asks in the thread that it needs to finish what it writes for others, and with SQLite, which
        has one writer at a time, the two wait for each other until one gives up. So there is one change at a time.
        """
        assert self._client is not None
        client = self._client

        def heard() -> httpx.Response | None:
            with self._change:
                answer = client.request(method, path, json=body)
            return None if answer.status_code == 500 and "Database error" in answer.text else answer

        found: httpx.Response = eventually(heard, 60, f"{method} {path}")
        return found

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str) -> None:
        """Answers a request for a person's decision."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        answer = self._ask("PATCH", path, {"chosen_options": [option], "params_input": {}})
        assert answer.status_code in (200, 409), answer.text  # 409: an earlier one of the same answers was heard

    def refusal(self, dag_id: str, conf: Mapping[str, Any]) -> int:
        """The status with which a run is refused."""
        return self._ask("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(conf)}).status_code

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

    def at_work(self, dag_id: str, run_id: str, task_id: str) -> AtWork | None:
        """A running task, if it has both its processes; both bear its id in their titles."""
        at = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        mine = [task for task in self.get(f"{at}?state=running&limit=200")["task_instances"]
                if task["task_id"] == task_id]  # fmt: skip
        for worker in _children(psutil.Process(self.processes["scheduler"].pid)) if mine else []:
            for child in _children(worker):
                with suppress(psutil.NoSuchProcess):
                    title = " ".join(child.cmdline()).rstrip("\0 ")
                    for task in mine:
                        if title.endswith(task["id"]):
                            mapped = f"/{task['map_index']}" if task["map_index"] >= 0 else ""
                            return AtWork(task["id"], task["try_number"], f"{at}/{task_id}{mapped}", worker, child)
        return None

    def became(self, work: AtWork) -> str | None:
        """The state of that try of a task."""
        tries = self.get(f"{work.at}/tries")["task_instances"]
        return next((each["state"] for each in tries if each["try_number"] == work.try_no), None)

    def missed(self, work: AtWork) -> bool:
        """Lets the time pass in which a lost task is missed and its next try waits; says whether this try is over.

        Airflow goes by what its database says: there the last sign of life is put far back, and the pause is nothing.
        All the rest Airflow does itself. So nobody waits, and a living task may be late without being taken for dead.
        """
        state = self.became(work)
        _, _, dag_id, _, run_id, _, task_id, *_ = work.at.split("/")
        with closing(sqlite3.connect(self.folder / "airflow.db", timeout=30)) as database, database:
            database.execute(
                "UPDATE task_instance SET last_heartbeat_at = '2026-01-01 00:00:00.000000' "
                "WHERE id = ? AND state = 'running'", (work.id.replace("-", ""),),
            )  # fmt: skip
            database.execute(
                "UPDATE task_instance SET retry_delay_override = 0 "
                "WHERE dag_id = ? AND run_id = ? AND task_id = ? AND state = 'up_for_retry'", (dag_id, run_id, task_id),
            )  # fmt: skip
        return state not in (None, "running")

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task handed on."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value?deserialize=true"
        return self.get(path)["value"]

    def logs(self, dag_id: str, run_id: str, task_id: str, try_no: int | str = "*") -> str:
        """Every log line of a task, or of one try of it, as they lie on the disk."""
        folder = self.folder / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        return "\n".join(path.read_text("utf-8") for path in sorted(folder.rglob(f"attempt={try_no}.log")))

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
            tasks = httpx.get(f"{self._execution_url}/execution/health", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return False
        return all(part.get("status") == "healthy" for part in (tasks, *(health.get(name, {}) for name in HEALTHY)))

    def _secret(self) -> str:
        path = self.folder / "secret"
        if not path.exists():
            path.write_text(secrets.token_hex(32))
        return path.read_text()


@contextmanager
def running(airflow: Airflow, meanwhile: Callable[[], None]) -> Iterator[Airflow]:
    """Starts it and stops it again, whatever happens in between; does something else while the database is made."""
    try:
        airflow.prepare()
        meanwhile()
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
    """Those it has now; a family that changes while it is read has to be looked at again."""
    with suppress(psutil.NoSuchProcess):
        return list(process.children())
    return []
