"""What the old primary wrote and never crossed is lost by no backup in the other direction (I10, S0.8)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.roots.unprotect import Unprotect
from sim.failing_over import announce, begun, fail_over, put
from sim.world import ROOT, World


def unprotected(world: World) -> None:
    Unprotect(world.context(), "before").run("the directory moves")


def freed(world: World) -> None:
    """As ``free-primary --newest`` leaves it, or somebody by hand: the ledger does not know."""
    east = MemoryNameNode(world.clusters["east"])
    for snapshot in east.snapshots(ROOT):
        east.delete_snapshot(ROOT, snapshot.name)


WROTE = {"never crossed %": b"of the old primary", "a b": b"of the old primary, too", "h#": b"y" * 5000}


@pytest.mark.parametrize("gone", [unprotected, freed])
def test_a_former_primary_that_lost_its_snapshots_loses_nothing_that_it_wrote_until_a_person_says_so(
    gone: Callable[[World], None],
) -> None:
    world, _ = begun()
    gone(world)
    for name, content in WROTE.items():
        put(world, "east", name, content)
    world.lose("east")
    fail_over(world)
    world.find("east")
    announce(world)
    put(world, "west", "a b", b"of the new primary")
    before, points = world.tree("east", ROOT), world.context().ledger.read().points
    said = [one.detail for one in RunChecks(world.context()).look() if one.mark == "fail"]
    assert [f"{ROOT}/never crossed % (only there)" in line and f"{ROOT}/a b (" in line for line in said] == [True]
    assert len(Preview(world.context()).run()["refused"]) == 1
    with pytest.raises(Refused, match="never crossed"):
        world.backup("refused")
    assert world.tree("east", ROOT) == before
    assert world.context().ledger.read().points == points
    world.policy += "drift: restore\n"
    world.backup("let in")
    assert world.tree("east", ROOT) == world.tree("west", ROOT)
    [kept] = world.context().ledger.read().kept
    for name, content in WROTE.items():
        assert world.clusters["east"].find(f"{ROOT}/.snapshot/{kept.snapshots[ROOT]}/{name}").content == content


@pytest.mark.parametrize("gone", [unprotected, freed])
def test_bytes_of_equal_length_on_a_former_primary_are_refused_by_the_run_that_reads_them(
    gone: Callable[[World], None],
) -> None:
    world, _ = begun()
    gone(world)
    put(world, "east", "h#", b"y" * 5000)
    fail_over(world)
    announce(world)
    put(world, "west", "h#", b"z" * 5000)
    with pytest.raises(Refused, match=r"east was primary since .*h# \(an older version\)"):
        world.backup("refused")
    assert world.clusters["east"].find(f"{ROOT}/h#").content == b"y" * 5000
