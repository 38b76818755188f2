"""A home and an Airflow that serves it, on the lab's clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.airflow import Airflow, eventually, running
from support.home import USER, LabHome

TIMES = {
    # No living task is taken for dead, however busy the machine is; who kills one says himself that it is missed.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
}


@contextmanager
def installed(
    folder: Path, policies: Mapping[str, Mapping[str, Any]], more: Callable[[LabHome], None] = lambda home: None
) -> Iterator[tuple[LabHome, Airflow]]:
    """Makes a home with one file for each service, starts its Airflow, and waits until that knows every service.

    Args:
        folder: An empty one.
        policies: What differs from the smallest policy, by service.
        more: Adds to the home before Airflow sees it.
    """
    home = LabHome(folder / "home")
    for service, keys in policies.items():
        home.policy(service, **keys)

    def fill() -> None:
        from hadoop_dr.bootstrap import initialise_pair

        for service in policies:
            for site in home.sites:
                home.make(site, home.root(service))
            home.put("east", f"{home.root(service)}/a b", b"first")
        initialise_pair(home.pair, "the test")
        more(home)

    with pytest.MonkeyPatch.context() as here:
        here.setenv("HADOOP_DR_HOME", str(home.path))
        here.setenv("HADOOP_USER_NAME", USER)
        with running(Airflow(folder / "af", home.path, {"HADOOP_USER_NAME": USER, **TIMES}), fill) as airflow:
            for service in policies:
                eventually(lambda name=service: airflow.knows(f"backup__{name}"), 60, f"the DAG of {service}")
            yield home, airflow
