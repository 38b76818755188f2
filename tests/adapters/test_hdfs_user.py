"""Who acts on a site's HDFS: as the entrance says, else the environment, else the superuser."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from hadoop_dr.adapters import hiveserver2
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.bootstrap import connections, contexts, login
from hadoop_dr.bootstrap.login import SiteLogin, login_to
from hadoop_dr.domain.config.addresses import HdfsAddress, short_name
from hadoop_dr.domain.config.pair import Addresses, Pair, Site
from hadoop_dr.domain.errors import BadInput, DrError, Refused
from hadoop_dr.domain.state.pair_state import PairState

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
    monkeypatch.setenv("HADOOP_USER_NAME", "envuser")
    assert login_to("east", {"east": "dr"}).hdfs(FOUND).user == "dr"
    assert login_to("west", {"east": "dr"}).hdfs(FOUND).user == "envuser"
    monkeypatch.delenv("HADOOP_USER_NAME")
    assert login_to("west", {"west": ""}).hdfs(FOUND).user == "hdfs"


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
            connections.open_side(site, tmp_path, stack, {"east": "dr"})
    assert asked == {"east": "dr", "west": "envuser"}


def a_home(home: Path) -> None:
    """A pair on ports where nobody listens, and a service."""
    (home / "include/pairs").mkdir(parents=True)
    (home / "include/policies").mkdir()
    site = "{hdfs: {namenodes: ['127.0.0.1:1'], webhdfs: ['http://127.0.0.1:1']}, zookeeper: '127.0.0.1:1'}"
    pair = f"pair: p\nsites:\n  east: {site}\n  west: {site.replace(':1', ':2')}\ninitial_primary: east\n"
    (home / "include/pairs/p.yaml").write_text(pair)
    (home / "include/policies/s.yaml").write_text("service: s\npair: p\nprotect:\n  - hdfs: /data/a b\n")


class Hasty(SystemClock):
    """Waits at once, so that nobody waits for sites that are not there."""

    ahead_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s

    def sleep_until(self, monotonic_s: float) -> None:
        self.ahead_s += max(0.0, monotonic_s - self.monotonic_s())


def test_every_adapter_of_a_run_is_built_for_that_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents, name spaces, the roles that are read first, and the bytes."""
    a_home(tmp_path)
    users: dict[str, set[str]] = {}

    class Noted(SiteLogin):
        def hdfs(self, found: Addresses) -> HdfsAddress:
            users.setdefault(self.site, set()).add(self.user)
            return SiteLogin.hdfs(self, found)

    monkeypatch.setattr(login, "SiteLogin", Noted)
    monkeypatch.setattr(contexts, "SystemClock", Hasty)
    monkeypatch.setenv("HADOOP_USER_NAME", "envuser")
    with pytest.raises(DrError), contexts.open_service("s", tmp_path, users={"east": "dr", "west": "dr"}):
        pass
    assert users == {"east": {"dr"}, "west": {"dr"}}


def test_two_users_for_the_sites_of_a_pair_are_refused_before_anything_is_contacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_home(tmp_path)
    monkeypatch.setenv("HADOOP_USER_NAME", "envuser")
    with pytest.raises(BadInput) as refused, contexts.open_service("s", tmp_path, users={"east": "dr"}):
        pass
    said = "pair p: would be accessed as dr on east and envuser on west. Name one user for both sites"
    assert str(refused.value) == said


def test_a_mistyped_position_is_refused_before_anything_is_contacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_home(tmp_path)
    monkeypatch.setenv("HADOOP_DR_SITE", "esat")
    with pytest.raises(BadInput, match="HADOOP_DR_SITE=esat"), contexts.open_service("s", tmp_path):
        pass


@pytest.mark.parametrize(("state", "said"), [
    (PairState(), "the pair has no roles yet. Set the first ones: hadoop-dr identity p --initialise"),
    (PairState(1, "est", "west", 1), "its ledger names the site 'est', its file names east and west. Give the sites"),
    (PairState(1, "east", "wst", 1), "its ledger names the site 'wst', its file names east and west. Give the sites"),
])  # fmt: skip
def test_roles_that_do_not_fit_the_pair_are_refused_with_both_names(state: PairState, said: str) -> None:
    pair = Pair("p", (Site("east"), Site("west")), "east", file="include/pairs/p.yaml")
    with pytest.raises(Refused) as refused:
        contexts.require_roles(pair, state)
    assert str(refused.value).startswith(f"p: {said}")
    contexts.require_roles(pair, PairState(1, "east", "west", 1))
