"""The state file of a lab, `<root>/.lab/state.json`: the source of its addresses and pids.

Stable keys for readers: `sites.<name>.{hdfs,nameservice,namenodes,webhdfs,metastore,hiveserver2,zookeeper,role}`,
`sites.<name>.daemons.<daemon>.{pid,state}` and `airflow.{url,user,password}`. Addresses of a part that was never asked
for are null. `namenodes` and `webhdfs` are lists because an HA site has two of each; `nameservice` is null without HA.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hadoop_lab.errors import BrokenState

VERSION = 1
NAME_PREFIX = "hadoop-lab-"
_GIVE_UP = "stop the daemons of this lab and remove its data: hadoop-dr lab down --wipe"


@dataclass(frozen=True, slots=True)
class DaemonRecord:
    """A started process: the pid alone is not enough, because pids are used again."""

    pid: int
    started: float


@dataclass(slots=True)
class SiteState:
    """Addresses of one site and the daemons that were started for it."""

    hdfs: str
    namenodes: list[str]
    webhdfs: list[str]
    zookeeper: str
    nameservice: str | None = None
    metastore: str | None = None
    hiveserver2: str | None = None
    role: str | None = None
    daemons: dict[str, DaemonRecord] = field(default_factory=dict)


@dataclass(slots=True)
class AirflowState:
    """Where Airflow answers and who may log in."""

    url: str
    user: str
    password: str
    secret: str
    daemons: dict[str, DaemonRecord] = field(default_factory=dict)


@dataclass(slots=True)
class LabState:
    """Everything a later command must know about a lab.

    Attributes:
        lab: Random name of this lab; part of every daemon's command line, so that a foreign process is never taken
            for one of ours.
        ports: Port by `<site>.<daemon>.<use>`; never changes until the lab is wiped.
        ha: Sites formatted for high availability; fixed at their first start.
        env: Extra environment by daemon, kept so that a single daemon is restarted as it was.
        namenode_properties: Extra NameNode properties by site, kept for the same reason.
    """

    lab: str
    ports: dict[str, int]
    datanodes: int
    ha: list[str] = field(default_factory=list)
    env: dict[str, dict[str, str]] = field(default_factory=dict)
    namenode_properties: dict[str, dict[str, str]] = field(default_factory=dict)
    sites: dict[str, SiteState] = field(default_factory=dict)
    airflow: AirflowState | None = None
    v: int = VERSION

    def record(self, daemon: str) -> DaemonRecord | None:
        """Return what is known about a daemon's last start; None for a name that is none."""
        owner, _, name = daemon.partition(".")
        exists = owner == "airflow" or owner in self.sites
        return self._daemons(owner).get(name) if exists else None

    def set_record(self, daemon: str, record: DaemonRecord | None) -> None:
        """Remember or forget a daemon's process."""
        owner, name = daemon.split(".", 1)
        daemons = self._daemons(owner)
        if record is None:
            daemons.pop(name, None)
        else:
            daemons[name] = record

    def records(self) -> dict[str, DaemonRecord]:
        """Return all recorded daemons by full name."""
        found = {f"{site}.{name}": r for site, s in self.sites.items() for name, r in s.daemons.items()}
        if self.airflow is not None:
            found |= {f"airflow.{name}": r for name, r in self.airflow.daemons.items()}
        return found

    def _daemons(self, owner: str) -> dict[str, DaemonRecord]:
        if owner == "airflow":
            return self.airflow.daemons if self.airflow is not None else {}
        return self.sites[owner].daemons


def new_lab_name() -> str:
    """Return a name no other lab has."""
    return NAME_PREFIX + secrets.token_hex(6)


def load(path: Path) -> LabState | None:
    """Read a state file; None if there is none.

    Raises:
        BrokenState: The file is not one this version can read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise BrokenState(f"{path} is a pipe or a device, not a file; {_GIVE_UP}")
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BrokenState(f"{path} cannot be read ({error.strerror}); check its path and permissions") from error
    except (ValueError, RecursionError) as error:
        raise BrokenState(f"{path} is not valid JSON ({error}); {_GIVE_UP}") from error
    version = raw.get("v") if isinstance(raw, dict) else None
    if version != VERSION:
        raise BrokenState(f"{path} has version {version}, this lab knows {VERSION}; {_GIVE_UP}")
    try:
        raw["sites"] = {name: SiteState(**_with_records(site)) for name, site in raw["sites"].items()}
        if raw["airflow"] is not None:
            raw["airflow"] = AirflowState(**_with_records(raw["airflow"]))
        return LabState(**raw)
    except (KeyError, TypeError, AttributeError) as error:
        raise BrokenState(f"{path} is not the state file of a lab; {_GIVE_UP}") from error


def save(path: Path, state: LabState) -> None:
    """Write the state file in one step: readers see the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    # The Airflow password is in it.
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump(asdict(state), handle, indent=1)
        handle.write("\n")
    temporary.replace(path)


def _with_records(raw: dict[str, Any]) -> dict[str, Any]:
    return raw | {"daemons": {name: DaemonRecord(**record) for name, record in raw["daemons"].items()}}
