"""Airflow's four components as daemons of the lab."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from hadoop_lab.daemons.airflow_settings import AirflowPlace, settings
from hadoop_lab.supervisor import probes
from hadoop_lab.supervisor.ports import HOST
from hadoop_lab.supervisor.specs import DaemonSpec, FirstStep, LabFolders
from hadoop_lab.supervisor.state import AirflowState

# Arguments of each component and its name in the health document.
_COMPONENTS = {
    "apiserver": (("api-server",), "metadatabase"),
    # Logs are read from the disk that all components share, so no component serves them over a port of its own.
    "scheduler": (("scheduler", "--skip-serve-logs"), "scheduler"),
    "dagprocessor": (("dag-processor",), "dag_processor"),
    "triggerer": (("triggerer", "--skip-serve-logs"), "triggerer"),
}
_MIGRATE = "migrate the Airflow database"


def environment(layout: LabFolders, port: int, airflow: AirflowState) -> dict[str, str]:
    """Return the variables with which any Airflow command works on the lab's Airflow."""
    home = layout.data("airflow")
    return settings(
        AirflowPlace(
            home=str(home),
            project=str(layout.root),
            database=f"sqlite:///{home}/airflow.db",
            host=HOST,
            port=port,
            internal_url=airflow.url,
            secret=airflow.secret,
            password_file=str(home / "passwords.json"),
        )
    )


def airflow_specs(layout: LabFolders, port: int, airflow: AirflowState, marker: str) -> list[DaemonSpec]:
    """Return the four components; the database is made by whichever starts first."""
    home, now = layout.data("airflow"), datetime.now(UTC)
    # Components rewrite their command line; this keeps the marker in their environment readable.
    env = environment(layout, port, airflow) | {"SPT_NOENV": "1"}
    # The interpreter ignores unknown -X options, so they can carry the marker.
    python = (sys.executable, "-X", f"hadoop_lab={marker}", "-m", "airflow")
    return [
        DaemonSpec(
            name=f"airflow.{name}",
            command=(*python, *arguments),
            ports=(port,) if name == "apiserver" else (),
            env=env,
            files={home / "passwords.json": json.dumps({airflow.user: airflow.password})},
            folders=(home, home / "plugins"),
            steps=(FirstStep(_MIGRATE, (*python, "db", "migrate"), env, once="airflow-database"),),
            probe=probes.airflow(airflow.url, part, now),
            timeout_s=300.0,
        )
        for name, (arguments, part) in _COMPONENTS.items()
    ]
