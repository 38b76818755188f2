"""An Airflow of its own, without components: a fresh SQLite database, and homes written for each test.

There must be no ``__init__.py`` beside this file: it would hide the installed package of the same name.
"""

from __future__ import annotations

import os
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
DAGS = HERE.parents[1] / "dags"
_HOME = tempfile.mkdtemp(prefix="hadoop-dr-airflow-tests-")
os.environ |= {
    "AIRFLOW_HOME": _HOME,
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__CORE__PLUGINS_FOLDER": f"{_HOME}/plugins",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}
with warnings.catch_warnings():
    # Airflow's own deprecations are not ours to mend.
    warnings.simplefilter("ignore")
    import airflow.sdk  # noqa: F401

    import hadoop_dr_airflow.factory


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings of Airflow's own code are no failures here."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("default"))


PAIR = """\
pair: east-west
sites:
  east: {location: Dublin, lab: east}
  west: {location: Frankfurt, lab: west}
initial_primary: east
"""


@dataclass
class Home:
    """A directory with the user's files."""

    path: Path

    def policy(self, service: str, text: str = "", file: str | None = None) -> None:
        """Writes a policy; a small sound one unless told otherwise."""
        body = text or f"service: {service}\npair: east-west\nprotect:\n  - hdfs: /data/{service}/a b ü\n"
        (self.path / "include/policies" / (file or f"{service}.yaml")).write_text(body, "utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with one pair and no policy."""
    for folder in ("pairs", "policies"):
        (tmp_path / "include" / folder).mkdir(parents=True)
    (tmp_path / "include/pairs/east-west.yaml").write_text(PAIR, "utf-8")
    monkeypatch.setenv("HADOOP_DR_HOME", str(tmp_path))
    monkeypatch.delenv("HADOOP_DR_SITE", raising=False)
    return Home(tmp_path)


@pytest.fixture(scope="session")
def dags_folder() -> Path:
    """The DAG folder as it is shipped."""
    return DAGS


@pytest.fixture(scope="session")
def database() -> None:
    """Makes the database once."""
    from airflow.utils.db import initdb

    initdb()


@dataclass
class Facade:
    """Stands where the facade of the stages stands, and writes down every call.

    Attributes:
        shards: How many shards the plan has.
        roots: Of how many roots other stages tell.
        acts: What ``acts`` answers.
        failing: Errors to raise by stage, used up one by one.
        users: The HDFS users of each opening, by site.
        has_sealed: Whether ``seal`` was reached, as the ledger would say.
        asked: What the seal was told that earlier tasks asked.
    """

    shards: int = 3
    roots: int = 0
    acts: dict[str, Any] = field(default_factory=lambda: {"acts": True, "why": ""})
    failing: dict[str, list[Exception]] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    opened: list[tuple[str, str, int]] = field(default_factory=list)
    users: list[Mapping[str, str]] = field(default_factory=list)
    has_sealed: bool = False
    asked: list[Any] = field(default_factory=list)

    @contextmanager
    def backup_stages(
        self, service: str, run_id: str, try_no: int = 1, home: Path | None = None, *, users: Mapping[str, str]
    ) -> Iterator[Any]:
        self.opened.append((service, run_id, try_no))
        self.users.append(dict(users))
        yield _Stages(self)

    def names(self) -> list[str]:
        """The stages that were called, in order."""
        return [name for name, _ in self.calls]


class _Stages:
    """One opening of the facade."""

    def __init__(self, facade: Facade) -> None:
        self._facade = facade

    def acts(self, transfer: str | None = None) -> dict[str, Any]:
        return self._facade.acts

    def preflight(
        self, moment: str | None, mode: str | None, transfer: str | None, reason: str | None, **boxes: bool
    ) -> Any:
        ticked = sorted(name for name, box in boxes.items() if box)
        wishes = {"moment": moment, "mode": mode, "transfer": transfer, "reason": reason, "ticked": ticked}
        return self._call("preflight", wishes, {"point": "20261120T020000.000Z", "moment": "2026-11-20T02:00:00.000Z"})

    def plan(self) -> Any:
        return self._call("plan", None, {"shards": self._facade.shards, "bytes": 4096})

    def stage(self, shard: int) -> Any:
        return self._call("stage", shard, {"shard": shard, "files_copied": 3})

    def requests(self) -> Any:
        name, arguments = self._facade.calls[-1]
        return {name: {"east": 1 + (arguments if isinstance(arguments, int) else 0)}}

    def seal(self, asked: Any) -> Any:
        self._facade.asked = asked
        result = self._call("seal", None, {"point": "20261120T020000.000Z", "state": "sealed"})
        self._facade.has_sealed = True
        return result

    def last_word(self) -> Any:
        from hadoop_dr.domain.errors import Failed

        if not self._facade.has_sealed:
            self._call("give_back", None, {})
            raise Failed("billing", "this run sealed no point", "See why")
        return self._call("sealed", None, {"point": "20261120T020000.000Z", "state": "sealed"})

    def __getattr__(self, name: str) -> Callable[[], Any]:
        roots = {f"/data/ü%+ {number:05d}": "dr-billing" for number in range(self._facade.roots)}
        told = {"snapshots": roots, "warnings": [f"{root} is new" for root in roots]}
        return lambda: self._call(name, None, told)

    def _call(self, name: str, arguments: Any, result: dict[str, Any]) -> dict[str, Any]:
        self._facade.calls.append((name, arguments))
        if self._facade.failing.get(name):
            raise self._facade.failing[name].pop(0)
        return result


@pytest.fixture
def facade(monkeypatch: pytest.MonkeyPatch) -> Facade:
    """Replaces the one import by which tasks reach the product."""
    made = Facade()
    module = types.ModuleType("hadoop_dr.bootstrap")
    module.backup_stages = made.backup_stages  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hadoop_dr.bootstrap", module)
    return made


@pytest.fixture
def backup(home: Home) -> Any:
    """The DAG of a service called billing."""
    home.policy("billing")
    return hadoop_dr_airflow.factory.build_backups()["backup__billing"]
