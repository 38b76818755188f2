"""The demo: from nothing to two recovery points made through Airflow, and proof that both sites answer alike."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hadoop_dr.bootstrap import points_of, run_query
from hadoop_lab.demo.data import Uploader, change, fill, generate
from hadoop_lab.errors import LabError
from hadoop_lab.lab import Lab
from hadoop_lab.options import LabOptions
from hadoop_lab.supervisor.state import LabState

PAIR, SERVICE, DAG = "east-west", "billing", "backup__billing"
QUERIES = (
    "select count(*), sum(o_totalprice) from billing.orders",
    "select l_returnflag, count(*), sum(l_quantity) from billing.lineitem group by l_returnflag",
    "select count(*) from billing.revenue",
)
_RUN_S = 600.0


class Demo:
    """Plays the demo once; played again it adds two more points.

    Args:
        lab: The lab it plays in.
        home: The directory with the user's files.
        tell: Told one line for each step.
        initialise: Gives the pair its roles once the sites serve.
    """

    def __init__(
        self, lab: Lab, home: Path, tell: Callable[[str], None], initialise: Callable[[LabState], None]
    ) -> None:
        self._lab, self._home, self._tell, self._initialise = lab, home, tell, initialise

    def run(self) -> dict[str, Any]:
        """Returns ``{"points", "queries", "airflow", "seconds"}`` for the page at the end."""
        begun = time.monotonic()
        self._tell("1/6 two Hadoop sites, with HiveServer2")
        state = self._lab.up(LabOptions(hiveserver2=True), self._tell, self._initialise)
        folder = self._home / ".lab" / "demo"
        east = Uploader(state.sites["east"].webhdfs[0])
        self._tell("2/6 the billing service: TPC-H tables and landed files on east")
        generate(folder)
        fill(east, self._on_east, folder)
        self._tell("3/6 Airflow")
        self._lab.up(LabOptions(hiveserver2=True, airflow=True), self._tell, self._initialise)
        airflow = _Airflow(self._lab.status()["airflow"])
        self._tell("4/6 first recovery point, through Airflow: everything is copied")
        airflow.back_up("first day")
        self._tell("5/6 a day's work on east, then the second point: only what changed")
        change(east, self._on_east, folder)
        airflow.back_up("second day")
        self._tell("6/6 the same questions to both sites")
        answers = [self._ask(query) for query in QUERIES]
        return {
            "points": points_of(SERVICE, self._home)["points"],
            "queries": answers,
            "airflow": {key: self._lab.status()["airflow"][key] for key in ("url", "user", "password")},
            "seconds": round(time.monotonic() - begun, 1),
        }

    def _on_east(self, statement: str) -> object:
        return run_query(PAIR, "east", statement, self._home)

    def _ask(self, query: str) -> dict[str, Any]:
        east, west = (run_query(PAIR, site, query, self._home) for site in ("east", "west"))
        return {"query": query, "rows": east["rows"], "equal": east["sha256"] == west["sha256"]}


class _Airflow:
    """The lab's Airflow over its public interface, as a person's browser would use it."""

    def __init__(self, access: Mapping[str, str]) -> None:
        self._url = access["url"].rstrip("/")
        login = self._call("POST", "/auth/token", {"username": access["user"], "password": access["password"]})
        self._token = login["access_token"]

    def back_up(self, reason: str) -> None:
        """Triggers a run of the service's DAG and waits for its end.

        Raises:
            LabError: The run did not succeed.
        """
        self._await_dag()
        run = self._call("POST", f"/api/v2/dags/{DAG}/dagRuns", {"logical_date": None, "conf": {"reason": reason}})
        identity = run["dag_run_id"]
        end = time.monotonic() + _RUN_S
        while time.monotonic() < end:
            state = self._call("GET", f"/api/v2/dags/{DAG}/dagRuns/{identity}")["state"]
            if state == "success":
                return
            if state == "failed":
                raise LabError(f"run {identity} of {DAG} failed; look at {self._url}/dags/{DAG}/runs/{identity}")
            time.sleep(0.5)
        raise LabError(f"run {identity} of {DAG} did not end within {_RUN_S:.0f} s; "
                       f"look at {self._url}/dags/{DAG}/runs/{identity}")

    def _await_dag(self) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                self._call("GET", f"/api/v2/dags/{DAG}")
                return
            except LabError:
                time.sleep(0.5)
        raise LabError(f"Airflow does not show {DAG}; is include/policies/{SERVICE}.yaml in order?")

    def _call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if path != "/auth/token":
            headers["Authorization"] = f"Bearer {self._token}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise LabError(f"Airflow answered {error.code} to {method} {path}") from error
        except urllib.error.URLError as error:
            raise LabError(f"Airflow does not answer at {self._url}: {error.reason}") from error
