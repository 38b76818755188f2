"""The deciding copy of a ledger is as it was last week: nothing is built on it, and no point is forgotten (I5, I7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.ledger import decode, entry_path, pair_chain, service_chain
from hadoop_dr.domain.ledger.bodies.ends import PointPinned
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.chain_copy import read_shortened
from hadoop_dr.services.ledger.checkpoints import newest_checkpoint
from hadoop_dr.services.ledger.proof import check_chain
from hadoop_dr.services.ledger.service import ServiceLedger
from hadoop_dr.services.roots.unprotect import Unprotect
from sim.world import ROOT, World, fill
from support.twin import TwinWriter

PATH, PAIR_PATH = service_chain("east-west", "billing"), pair_chain("east-west")


def contents(world: World, site: str, path: str = PATH) -> dict[str, bytes]:
    """The documents of a ledger by path."""
    namenode, files, found = MemoryNameNode(world.clusters[site]), world.files()[site], dict[str, bytes]()
    above = [path]
    while above:
        top = above.pop()
        for entry in namenode.list(top):
            if entry.facts.is_dir:
                above.append(f"{top}/{entry.name}")
            else:
                found[f"{top}/{entry.name}"] = files.get(f"{top}/{entry.name}")
    return found


def put_back(world: World, site: str, documents: dict[str, bytes], path: str = PATH) -> None:
    """A person restores a site's copy from what was kept of it."""
    MemoryNameNode(world.clusters[site]).delete(path, recursive=True)
    for name, content in documents.items():
        world.files()[site].append_new(name, content)


def last_week(every: int, *, changes: bool) -> tuple[World, list[str]]:
    """A service with four points, whose ledger on the secondary ends behind the first again."""
    world = World(checkpoint_every=every)
    fill(world)
    world.backup("r0")
    then = contents(world, "west")
    for number in range(1, 4):
        if changes:
            TwinWriter(world.clusters["east"]).write(f"{ROOT}/new {number} ü", b"later")
        world.backup(f"r{number}")
    points = [point.point for point in world.context().ledger.read().sealed()]
    put_back(world, "west", then)
    return world, points


@pytest.mark.parametrize("changes", [False, True], ids=["unchanged", "changed"])
@pytest.mark.parametrize("every", [2, 100], ids=["from a checkpoint", "from the first entry"])
def test_a_deciding_ledger_that_was_restored_from_last_week_is_refused_and_no_point_is_forgotten(
    every: int, changes: bool,
) -> None:
    world, points = last_week(every, changes=changes)
    kept, longer = contents(world, "west"), contents(world, "east")
    first_lost = entry_path(PATH, 1 + max(int(name[-17:-5]) for name in kept if name.endswith(".json")))
    with pytest.raises(Refused, match="whose copy decides, has lost it") as refused:
        world.backup("after")
    assert first_lost in str(refused.value)
    assert "Copy the ledger of east over that of west only if that one was restored" in str(refused.value)
    assert "Look first whether addresses or roles were changed, hadoop-dr identity" in str(refused.value)
    for site, documents in (("west", kept), ("east", longer)):
        head = max(name for name in documents if name.endswith(".json"))
        said = f"{site} ends with entry {int(head[-17:-5])} of {decode(documents[head], head).at}"
        assert said in str(refused.value)
    assert (contents(world, "west"), contents(world, "east")) == (kept, longer), "nothing was written"
    put_back(world, "west", longer)
    world.backup("mended")
    sealed = world.context().ledger.read().sealed()
    assert [point.point for point in sealed][: len(points)] == points
    assert sealed[-1].sealed.verified.word == "match"


def pin(world: World) -> None:
    ledger = world.context().ledger
    ledger.append_decided("by hand", lambda state: PointPinned(min(state.points), "somebody", "a drill"))


def prune(world: World) -> None:
    Prune(world.context()).run("by hand")


def unprotect(world: World) -> None:
    Unprotect(world.context(), "by hand").run("the service ends")


@pytest.mark.parametrize("act", [pin, prune, unprotect])
def test_nobody_says_anything_in_a_ledger_that_lost_entries(act: Callable[[World], None]) -> None:
    world, _ = last_week(100, changes=True)
    kept, longer, snapshots = contents(world, "west"), contents(world, "east"), of_points(world)
    with pytest.raises(Refused, match="has lost it"):
        act(world)
    assert (contents(world, "west"), contents(world, "east"), of_points(world)) == (kept, longer, snapshots)


def test_a_root_is_given_to_nobody_by_a_ledger_of_the_pair_that_lost_its_owner() -> None:
    world = World()
    fill(world)
    then = contents(world, "west", PAIR_PATH)
    world.backup("r0")
    put_back(world, "west", then, PAIR_PATH)
    longer = contents(world, "east", PAIR_PATH)
    owners = world.context().owners
    assert owners.mine == [ROOT], "roles and owners are told by the longer copy"
    with pytest.raises(Refused, match="has lost it"):
        owners.own(["/data/other"], "run", lambda: None)
    assert (contents(world, "west", PAIR_PATH), contents(world, "east", PAIR_PATH)) == (then, longer)


def test_the_check_of_ledgers_says_which_deciding_copy_lost_what() -> None:
    world, _ = last_week(100, changes=False)
    told = check_chain(PATH, world.files(), deciding="west")
    has, lost = told["entries"]["east"], told["entries"]["west"]
    assert has > lost
    assert told["problems"] == [
        f"west, whose copy decides, lost what follows entry {lost}: east has {has} entries"
    ]
    assert check_chain(PATH, world.files(), deciding="east")["problems"] == [], "the other copy follows"


def test_copies_that_a_run_goes_on_with_while_they_are_proven_lost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    fill(world)
    world.backup("r0")
    west, east = world.files()["west"], world.files()["east"]
    lists, at_once = west.names, ["r1"]

    def names(directory: str) -> list[str]:
        found = lists(directory)
        if directory == f"{PATH}/0" and at_once:
            world.backup(at_once.pop())
        return found

    monkeypatch.setattr(west, "names", names)
    told = check_chain(PATH, {"west": west, "east": east}, deciding="west")
    assert told["entries"]["west"] < told["entries"]["east"], "the second run ended in between"
    assert told["problems"] == []


def test_a_run_says_where_a_copy_that_went_apart_was_set_aside() -> None:
    world = World()
    fill(world)
    world.backup("r0")
    for site in ("west", "east"):
        alone = Chain(PATH, world.files()[site], None, world.clock)
        body = PointPinned("20261120T020000.000Z", "somebody", f"cannot see the other one and writes to {site}")
        ServiceLedger(alone, world.context().roles).append_decided("by hand", lambda _, body=body: body)
    n = alone.head_n
    told = [one for one in world.backup("r1")["warnings"] if "said something else" in one]
    aside = next(name for name in world.files()["east"].names(PATH.rpartition("/")[0]) if ".fork-" in name)
    assert aside.startswith(f"ledger.fork-{n}-")
    assert told == [
        "the ledger on east said something else than the one that decides and lies at "
        f"{PATH.rpartition('/')[0]}/{aside} now; points that only it has do not count"
    ]


@pytest.mark.parametrize("reader", ["deciding", "alone"])
def test_entries_of_last_week_beside_a_checkpoint_of_today_are_refused_by_the_first_that_is_missing(
    reader: str,
) -> None:
    """The other copy says no more than the checkpoint, so nothing but the missing entry tells."""
    world = World(checkpoint_every=2)
    fill(world)
    world.backup("r0")
    then = {name for name in contents(world, "west") if "/checkpoints/" not in name}
    world.backup("r1")
    for name in contents(world, "west"):
        n, kept = int(name[-17:-5]) if name.endswith(".json") else 0, newest_checkpoint(world.files()["west"], PATH)
        assert kept is not None
        for site in ("west", "east"):
            if n > (kept.n if site == "east" else len(then)):
                world.files()[site].remove(name)
    written = {site: contents(world, site) for site in ("west", "east")}
    first_lost = entry_path(PATH, len(then) + 1)
    reads = {"alone": lambda: read_shortened(world.files()["west"], PATH, 2), "deciding": lambda: world.backup("after")}
    with pytest.raises(DrError, match="is missing on west, and its checkpoint of entry") as refused:
        reads[reader]()
    assert first_lost in str(refused.value)
    assert {site: contents(world, site) for site in ("west", "east")} == written, "nothing was written"


def test_a_ledger_that_is_read_before_another_run_appends_to_both_has_lost_nothing() -> None:
    world = World()
    fill(world)
    world.backup("r0")
    late = world.context().ledger
    late.read()
    world.backup("r1")
    late.chain.refuse_shortened()
    assert len(late.read().sealed()) == 2


def of_points(world: World) -> dict[str, list[str]]:
    """Names of the snapshots by site."""
    return {site: [shot.name for shot in MemoryNameNode(one).snapshots(ROOT)] for site, one in world.clusters.items()}
