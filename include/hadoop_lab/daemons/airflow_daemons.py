"""Airflow's components as daemons of the lab.

What tasks say to the API server has a process of its own: SQLite has one writer, and the server writes down who asks
for what in the thread on which it finishes what tasks write. In one process the two wait for each other, and nobody is
answered until the wait for the writer ends (seen: a minute, several times in a run of tests).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from hadoop_lab.daemons.airflow_settings import AirflowPlace, settings
from hadoop_lab.daemons.topology import AIRFLOW_PORTS
from hadoop_lab.supervisor import probes
from hadoop_lab.supervisor.ports import HOST
from hadoop_lab.supervisor.specs import DaemonSpec, FirstStep, LabFolders
from hadoop_lab.supervisor.state import AirflowState

# Arguments of each component and its name in the health document.
_COMPONENTS = {
    "apiserver": (("api-server", "--apps", "core"), "metadatabase"),
    # Logs are read from the disk that all components share, so no component serves them over a port of its own.
    "scheduler": (("scheduler", "--skip-serve-logs"), "scheduler"),
    "dagprocessor": (("dag-processor",), "dag_processor"),
    "triggerer": (("triggerer", "--skip-serve-logs"), "triggerer"),
}
_API, _EXECUTION = AIRFLOW_PORTS
_MIGRATE = "migrate the Airflow database"


def environment(layout: LabFolders, ports: Mapping[str, int], airflow: AirflowState) -> dict[str, str]:
    """Return the variables with which any Airflow command works on the lab's Airflow."""
    home = layout.data("airflow")
    return settings(
        AirflowPlace(
            home=str(home),
            project=str(layout.root),
            database=f"sqlite:///{home}/airflow.db",
            host=HOST,
            port=ports[_API],
            internal_url=_execution_url(ports),
            secret=airflow.secret,
            password_file=str(home / "passwords.json"),
        )
    )


def airflow_specs(
    layout: LabFolders, ports: Mapping[str, int], airflow: AirflowState, marker: str
) -> list[DaemonSpec]:
    """Return the components; the database is made by whichever starts first."""
    home, now = layout.data("airflow"), datetime.now(UTC)
    # Components rewrite their command line; this keeps the marker in their environment readable.
    env = environment(layout, ports, airflow) | {"SPT_NOENV": "1"}
    # The interpreter ignores unknown -X options, so they can carry the marker.
    python = (sys.executable, "-X", f"hadoop_lab={marker}", "-m", "airflow")
    probed = {name: probes.airflow(airflow.url, part, now) for name, (_, part) in _COMPONENTS.items()}
    execution = ("api-server", "--apps", "execution", "--port", str(ports[_EXECUTION]))
    commands = {name: arguments for name, (arguments, _) in _COMPONENTS.items()} | {"executionapi": execution}
    probed["executionapi"] = probes.airflow_execution(_execution_url(ports))
    bound = {"apiserver": (ports[_API],), "executionapi": (ports[_EXECUTION],)}
    return [
        DaemonSpec(
            name=f"airflow.{name}",
            command=(*python, *arguments),
            ports=bound.get(name, ()),
            env=env,
            files={home / "passwords.json": json.dumps({airflow.user: airflow.password})},
            folders=(home, home / "plugins"),
            steps=(FirstStep(_MIGRATE, (*python, "db", "migrate"), env, once="airflow-database"),),
            probe=probed[name],
            timeout_s=300.0,
        )
        for name, arguments in commands.items()
    ]


def _execution_url(ports: Mapping[str, int]) -> str:
    return f"http://{HOST}:{ports[_EXECUTION]}"
