"""Airflow's settings, as environment variables; the same for the lab and for the compose file."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

SQLITE_PATIENCE = {"timeout": 60}
"""Seconds that a component waits for SQLite's one writer; after five a busy machine's scheduler died (seen)."""


@dataclass(frozen=True, slots=True)
class AirflowPlace:
    """What differs between two installations.

    Attributes:
        home: Folder of configuration and logs.
        project: Folder of the project, with `dags` in it.
        database: SQLAlchemy address.
        host: Address the API server binds.
        port: Port of the API server.
        internal_url: Where components reach the API server.
        secret: Source of all keys; whoever knows it can sign tokens.
        password_file: JSON file with the login names and passwords.
    """

    home: str
    project: str
    database: str
    host: str
    port: int
    internal_url: str
    secret: str
    password_file: str


def settings(place: AirflowPlace) -> dict[str, str]:
    """Return the environment of every component."""
    patience = f"{__name__}.SQLITE_PATIENCE"
    waits = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC")
    return {
        **(dict.fromkeys(waits, patience) if place.database.startswith("sqlite:") else {}),
        "AIRFLOW_HOME": place.home,
        "HADOOP_DR_HOME": place.project,
        "AIRFLOW__CORE__DAGS_FOLDER": f"{place.project}/dags",
        # Plugin and provider register by entry point; a folder would load them a second time.
        "AIRFLOW__CORE__PLUGINS_FOLDER": f"{place.home}/plugins",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # SQLite loses its lock, and with it the scheduler, at 32.
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(_key(place.secret, "fernet")).decode(),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": place.password_file,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{place.internal_url}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": place.database,
        "AIRFLOW__API__HOST": place.host,
        "AIRFLOW__API__PORT": str(place.port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{place.port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": _key(place.secret, "session").hex(),
        "AIRFLOW__API_AUTH__JWT_SECRET": _key(place.secret, "token").hex() * 2,
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        # A task whose scheduler died is seen after seconds instead of minutes.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _key(secret: str, purpose: str) -> bytes:
    return hashlib.sha256(f"{purpose}:{secret}".encode()).digest()
