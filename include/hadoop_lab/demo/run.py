"""The demo: from nothing to two recovery points made through Airflow, and proof that both sites answer alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hadoop_dr.bootstrap import points_of, run_query
from hadoop_lab.demo.airflow_api import AirflowApi
from hadoop_lab.demo.data import Uploader, change, fill, generate
from hadoop_lab.lab import Lab
from hadoop_lab.options import LabOptions
from hadoop_lab.supervisor.state import LabState

PAIR, SERVICE = "east-west", "billing"
QUERIES = (
    "select count(*), sum(o_totalprice) from billing.orders",
    "select l_returnflag, count(*), sum(l_quantity) from billing.lineitem group by l_returnflag",
    "select count(*) from billing.revenue",
)


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
        airflow = AirflowApi(self._lab.status()["airflow"])
        self._tell("4/6 first recovery point, through Airflow: everything is copied")
        airflow.back_up(SERVICE, "first day")
        self._tell("5/6 a day's work on east, then the second point: only what changed")
        change(east, self._on_east, folder)
        airflow.back_up(SERVICE, "second day")
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
