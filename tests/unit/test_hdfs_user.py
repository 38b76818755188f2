"""Who acts on a site's HDFS: as the entrance says, else the environment, else the superuser (design section 11)."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from hadoop_dr.adapters import hiveserver2
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.bootstrap import wiring
from hadoop_dr.domain.addresses import short_name
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.pair import Addresses, Site

FOUND = Addresses(("nn:8020",), ("http://nn:9870",), "zk:2181", None, (), None)


@pytest.mark.parametrize(
    ("login", "user"),
    [("dr", "dr"), ("dr@EAST", "dr"), ("dr/gw.east@EAST", "dr"), (" dr ", "dr"), ("", ""), ("@EAST", "")],
)
def test_a_principal_stands_for_its_short_name(login: str, user: str) -> None:
    assert short_name(login) == user


def test_the_entrance_is_heard_before_the_environment_and_that_before_the_superuser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    east, west = Site("east"), Site("west")
    monkeypatch.setenv("HADOOP_USER_NAME", "envuser")
    assert wiring.hdfs_address(east, FOUND, {"east": "dr"}).user == "dr"
    assert wiring.hdfs_address(west, FOUND, {"east": "dr"}).user == "envuser"
    monkeypatch.delenv("HADOOP_USER_NAME")
    assert wiring.hdfs_address(west, FOUND, {"west": ""}).user == "hdfs"


def test_queries_are_asked_by_the_same_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a smoke query may read is what that user may read, not what a superuser may."""
    asked: dict[str, str] = {}

    class Noted:
        def __init__(self, site: str, *_: object, user: str, **__: object) -> None:
            asked[site] = user

        def close(self) -> None:
            pass

    monkeypatch.setattr(hiveserver2, "HiveServer2Queries", Noted)
    monkeypatch.setenv("HADOOP_USER_NAME", "envuser")
    with ExitStack() as stack:
        for name in ("east", "west"):
            site = Site(name, addresses=replace(FOUND, hiveserver2="hs:10000"))
            wiring.open_side(site, tmp_path, stack, {"east": "dr"})
    assert asked == {"east": "dr", "west": "envuser"}


class Hasty(SystemClock):
    """Waits at once, so that nobody waits for sites that are not there."""

    ahead_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s

    def sleep_until(self, monotonic_s: float) -> None:
        self.ahead_s += max(0.0, monotonic_s - self.monotonic_s())


def test_every_adapter_of_a_run_is_built_for_that_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents, name spaces, the roles that are read first, and the bytes."""
    (tmp_path / "include/pairs").mkdir(parents=True)
    (tmp_path / "include/policies").mkdir()
    site = "{hdfs: {namenodes: ['127.0.0.1:1'], webhdfs: ['http://127.0.0.1:1']}, zookeeper: '127.0.0.1:1'}"
    pair = f"pair: p\nsites:\n  east: {site}\n  west: {site.replace(':1', ':2')}\ninitial_primary: east\n"
    (tmp_path / "include/pairs/p.yaml").write_text(pair)
    (tmp_path / "include/policies/s.yaml").write_text("service: s\npair: p\nprotect:\n  - hdfs: /data/a b\n")
    users: dict[str, set[str]] = {}
    real = wiring.hdfs_address

    def noted(*arguments: object) -> object:
        address = real(*arguments)  # type: ignore[arg-type]
        users.setdefault(address.site, set()).add(address.user)
        return address

    monkeypatch.setattr(wiring, "hdfs_address", noted)
    monkeypatch.setattr(wiring, "SystemClock", Hasty)
    with pytest.raises(DrError), wiring.open_service("s", tmp_path, users={"east": "dr", "west": "other"}):
        pass
    assert users == {"east": {"dr"}, "west": {"other"}}
