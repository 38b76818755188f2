"""How often a run looks through a small root: each snapshot once, by the run that took it."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.ports.requests import AUDIT
from hadoop_dr.services.backup.stages import BackupStages
from sim.asked import Asked, many
from sim.refilled import refill
from sim.world import World

ROOTS, DIRECTORIES = 5, 3
"""Each root of ``many`` has that many directories, with itself."""
FILE = "/data/r 3+%/ü d/part 0"


def looks(asked: Asked, site: str = "east") -> tuple[int, int]:
    """How many directories were listed, and how many roots were asked for their block ids."""
    return asked.operations[AUDIT, site, "list"], asked.operations[AUDIT, site, "block_ids"]


def test_an_unchanged_root_is_listed_once_on_each_site_and_asked_for_its_blocks_once() -> None:
    world = many(ROOTS)
    for site in ("east", "west"):
        assert looks(Asked(world, site), site) == (ROOTS * DIRECTORIES, ROOTS)


def test_stages_that_are_processes_of_their_own_look_no_more_often() -> None:
    world = many(ROOTS)
    world.host.name = "apart"
    asked = []
    for stage in ("preflight", "moment", "plan", "place", "verify", "seal"):
        context = world.context()
        getattr(BackupStages(context, "apart"), stage)()
        asked.append(context.tools.asked.by_operation())
    for what, most in (("list", ROOTS * DIRECTORIES), ("block_ids", ROOTS)):
        assert sum(one.get((AUDIT, "east", what), 0) for one in asked) == most


def test_a_changed_root_is_looked_through_twice_and_no_other_one_is() -> None:
    world = many(ROOTS)
    MemoryNameNode(world.clusters["east"]).set_times(FILE, 1_500_000_000_000)
    asked = Asked(world, "its time changed")
    assert looks(asked) == ((ROOTS + 1) * DIRECTORIES, ROOTS)
    assert MemoryNameNode(world.clusters["west"]).status(FILE).facts.mtime_ms == 1_500_000_000_000
    theirs = refill(world, "east", FILE, keep=2)
    asked = Asked(world, "refilled")
    assert looks(asked) == (ROOTS * DIRECTORIES, ROOTS + 1)
    assert bytes(world.clusters["west"].find(FILE).content) == theirs
    assert looks(Asked(world, "after it")) == (ROOTS * DIRECTORIES, ROOTS)


@pytest.mark.parametrize("change", ["mode", "copy"])
def test_what_is_other_on_the_secondary_is_compared_with_the_primary_item_by_item(change: str) -> None:
    world = many(ROOTS)
    site = MemoryNameNode(world.clusters["west"])
    if change == "copy":
        site.set_times(FILE, 1_400_000_000_000)
    else:
        MemoryNameNode(world.clusters["east"]).set_permission(FILE, 0o600)
    asked = Asked(world, change)
    assert looks(asked)[0] >= (ROOTS + 1) * DIRECTORIES
    assert site.status(FILE).facts == MemoryNameNode(world.clusters["east"]).status(FILE).facts


def test_after_an_exchange_of_roles_nothing_is_taken_for_seen_on_the_other_site() -> None:
    world: World = many(ROOTS)
    world.exchange_roles()
    MemoryNameNode(world.clusters["west"]).set_times(FILE, 1_500_000_000_000)
    asked = Asked(world, "the other way")
    assert looks(asked, "west") == (2 * ROOTS * DIRECTORIES, 2 * ROOTS)
    assert MemoryNameNode(world.clusters["east"]).status(FILE).facts.mtime_ms == 1_500_000_000_000
    assert looks(Asked(world, "once more"), "west") == (ROOTS * DIRECTORIES, ROOTS)
