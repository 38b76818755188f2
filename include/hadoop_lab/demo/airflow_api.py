"""The lab's Airflow over its public interface, as a person's browser would use it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from hadoop_lab.errors import LabError

_RUN_S = 600.0
Found = TypeVar("Found")


class AirflowApi:
    """A person who is logged in.

    Args:
        access: Address, user and password.
    """

    def __init__(self, access: Mapping[str, str]) -> None:
        self._url = access["url"].rstrip("/")
        login = self._call("POST", "/auth/token", {"username": access["user"], "password": access["password"]})
        self._token = login["access_token"]

    def back_up(self, service: str, reason: str) -> None:
        """Triggers a run of the service's DAG and waits for its end.

        Raises:
            LabError: The run did not succeed.
        """
        dag = f"backup__{service}"
        self._ended(dag, self._trigger(dag, {"reason": reason}))

    def fail_over(self, pair: str, to: str, reason: str, *, force: bool = False) -> tuple[str, dict[str, Any]]:
        """Starts a failover, reads the facts, approves it, and waits for its end; gives the facts and the report.

        Raises:
            LabError: The run did not succeed.
        """
        dag = f"failover__{pair}"
        run = self._trigger(dag, {"to": to, "reason": reason, "force": force})
        ask = f"/api/v2/dags/{dag}/dagRuns/{quote(run)}/taskInstances/ask"

        def asked() -> dict[str, Any] | None:
            if self._call("GET", f"/api/v2/dags/{dag}/dagRuns/{quote(run)}")["state"] == "failed":
                raise LabError(f"run {run} of {dag} failed; look at {self._url}/dags/{dag}/runs/{run}")
            waits = self._call("GET", ask)["state"] == "awaiting_input"
            return self._call("GET", f"{ask}/-1/hitlDetails") if waits else None

        facts = _eventually(asked, f"{dag} asks nobody")
        self._call("PATCH", f"{ask}/-1/hitlDetails", {"chosen_options": ["Approve"], "params_input": {}})
        self._ended(dag, run)
        entry = f"/api/v2/dags/{dag}/dagRuns/{quote(run)}/taskInstances/failover/xcomEntries/return_value"
        report = self._call("GET", f"{entry}?deserialize=true")["value"]
        return facts["body"], json.loads(report) if isinstance(report, str) else report

    def _trigger(self, dag: str, conf: Mapping[str, Any]) -> str:
        def known() -> bool:
            try:
                self._call("GET", f"/api/v2/dags/{dag}")
            except LabError:
                return False
            return True

        _eventually(known, f"Airflow does not show {dag}: are the files in include/policies in order?")
        run = self._call("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})
        return str(run["dag_run_id"])

    def _ended(self, dag: str, run: str) -> None:
        def state() -> str | None:
            now = self._call("GET", f"/api/v2/dags/{dag}/dagRuns/{quote(run)}")["state"]
            return now if now in ("success", "failed") else None

        page = f"look at {self._url}/dags/{dag}/runs/{run}"
        if _eventually(state, f"run {run} of {dag} did not end; {page}", _RUN_S) != "success":
            raise LabError(f"run {run} of {dag} failed; {page}")

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


def _eventually(look: Callable[[], Found | None], problem: str, within_s: float = 120.0) -> Found:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    raise LabError(f"{problem}, after {within_s:.0f} s")
