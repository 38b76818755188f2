"""`check` advises what costs time, and says when roots are too many for `max_skew`; it refuses nothing for that."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.errors import Unreachable
from hadoop_dr.domain.preflight.advice import CLOSES_EARLY
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preflight import RunRequest, StartRun
from sim.many_roots import ROOTS, many, one_at_a_time
from sim.world import World


def told(world: World, name: str) -> list[Result]:
    return [result for result in RunChecks(world.context()).look() if result.name == name]


def test_closes_that_wait_on_the_secondary_are_told_and_closes_that_do_not_are_not(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    world, settings = many(), MemoryNameNode.settings
    [waits] = told(world, "file closes")
    assert (waits.mark, waits.detail.startswith("west: ")) == (Mark.WARN, True)

    def set_there(self: MemoryNameNode, *names: str) -> Mapping[str, str]:
        return {**settings(self, *names), **({CLOSES_EARLY: "1"} if self.site == "west" else {})}

    monkeypatch.setattr(MemoryNameNode, "settings", set_there)
    assert [result.mark for result in told(world, "file closes")] == [Mark.OK]


def test_a_skew_that_the_newest_point_foretells_is_told_before_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    world = many()
    assert told(world, "skew") == []                     # an estimate of a quiet NameNode
    with monkeypatch.context() as slower:
        one_at_a_time(world, slower, each_ms=7)
        assert world.backup("r1")["skew_ms"] > 7 * len(ROOTS)
    assert told(world, "skew") == []
    world.policy = many("max_skew: 200ms\n").policy
    [foretold] = told(world, "skew")
    assert foretold.mark is Mark.WARN
    assert f"east: the snapshots of {len(ROOTS)} roots" in foretold.detail
    assert "the limit is 200 ms" in foretold.detail


def test_advice_that_cannot_be_had_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    world, settings = many(), MemoryNameNode.settings

    def silent(self: MemoryNameNode, *names: str) -> Mapping[str, str]:
        if CLOSES_EARLY in names:
            raise Unreachable("west", "no answer")
        return settings(self, *names)

    monkeypatch.setattr(MemoryNameNode, "settings", silent)
    assert [result.mark for result in told(world, "file closes")] == [Mark.WARN]


def test_a_run_is_not_told_what_only_check_advises() -> None:
    """Else each point would carry the same warning for ever."""
    begun = StartRun(many().context(), lambda *_: None).run(RunRequest("r1"))
    assert not any("file closes" in warning for warning in begun["warnings"])
