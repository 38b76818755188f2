"""An entry of the ledger that stands is a success, whatever falls silent right after it (I11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.domain.errors import DrError, Unknown, Unreachable
from hadoop_dr.domain.state.service_state import PointState
from sim.world import World, fill

Rule = Callable[["Watched", str, str], DrError | None]


class Watched(MemoryFiles):
    """Documents of a site, of which a test says when it answers: by call and path."""

    rule: Rule

    def __getattribute__(self, name: str) -> Any:
        real = super().__getattribute__(name)
        if name not in ("append_new", "put", "get", "names", "move", "remove"):
            return real

        def call(path: str, *more: Any) -> Any:
            if error := self.rule(self, name, path):
                raise error
            return real(path, *more)

        return call


class WatchedWorld(World):
    """A world whose documents a rule watches."""

    rule: Rule = staticmethod(lambda files, name, path: None)

    def files(self) -> dict[str, MemoryFiles]:
        """Documents of both sites."""
        found = {name: Watched(cluster) for name, cluster in self.clusters.items()}
        for files in found.values():
            files.rule = self.rule  # type: ignore[method-assign]
        return found  # type: ignore[return-value]


def watched(checkpoint_every: int = 100) -> WatchedWorld:
    world = WatchedWorld(checkpoint_every=checkpoint_every)
    fill(world)
    return world


@pytest.mark.parametrize("error", [Unreachable, Unknown], ids=["silent", "answer lost"])
def test_checkpoints_that_no_site_keeps_are_warnings_of_a_sealed_point(error: type[DrError]) -> None:
    world, tried = watched(checkpoint_every=1), list[str]()

    def rule(files: Watched, name: str, path: str) -> DrError | None:
        if name != "put" or "/checkpoints/" not in path:
            return None
        tried.append(files.site)
        return error(files.site, "does not answer %")

    world.rule = rule  # type: ignore[method-assign]
    document = world.backup("r1")
    assert document["state"] == "sealed"
    assert {*tried} == {"east", "west"}
    for site in ("east", "west"):
        said = f"is not on {site}: {site}: does not answer %"
        assert sum(said in warning for warning in document["warnings"]) == tried.count(site)
    world.rule = WatchedWorld.rule  # type: ignore[method-assign]
    assert world.backup("r2")["baseline"] == document["point"]


def test_a_point_is_sealed_though_the_secondary_falls_silent_right_after_the_seal() -> None:
    world = watched()

    def rule(files: Watched, name: str, path: str) -> DrError | None:
        sealed = [content for content in contents(world) if b'"kind":"sealed"' in content]
        return Unreachable(files.site, "does not answer %") if sealed else None

    world.rule = rule  # type: ignore[method-assign]
    document = world.backup("r1")
    assert document["state"] == "sealed"
    assert [warning for warning in document["warnings"] if warning.startswith("the ledger on east is behind")]
    assert [warning for warning in document["warnings"] if warning.startswith("nothing was pruned")]
    world.rule = WatchedWorld.rule  # type: ignore[method-assign]
    [point] = world.context().ledger.read().points.values()
    assert (point.point, point.state) == (document["point"], PointState.SEALED)


def contents(world: World) -> list[bytes]:
    """The ledger's entries on the deciding site, read by nobody whom a rule watches."""
    path = "/.hadoop-dr/east-west/services/billing/ledger/0"
    plain = MemoryFiles(world.clusters["west"])
    return [plain.get(f"{path}/{name}") for name in plain.names(path)]
