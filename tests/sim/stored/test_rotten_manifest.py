"""Documents of a point rot or go, on one site or on both: a good copy serves, and without one all is read anew.

A person is told in either case.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import BaselineLost, NotFound
from hadoop_dr.domain.formats.fenced import plain_name
from hadoop_dr.domain.formats.manifest import MANIFEST_FILE
from hadoop_dr.domain.tree import bound_inodes
from hadoop_dr.services.audit.reverify import verify_again
from hadoop_dr.services.stored import documents
from sim.world import ROOT, TableWorld, plan_and_stage, protecting
from sim.written_files import put

ROTTEN = {"empty": b"", "garbage": b"\x00\xffnonsense", "no manifest": b"{}"}
SITES = {"west": ("west",), "both sites": ("east", "west")}


def lived_in() -> TableWorld:
    """Two sealed points with a table, and a primary that has moved on."""
    world = TableWorld(protecting("hive: bill", f"hdfs: {ROOT}") + "drift: restore\n")
    world.clusters["east"].make_directory(f"{ROOT}/ü d", 0o755, parents=True)
    for run in ("first", "second"):
        put(world.clusters["east"], f"{ROOT}/ü d/{run}%", b"one" * 700)
        world.create(f"t {run}")
        world.backup(run)
    put(world.clusters["east"], f"{ROOT}/third=", b"3")
    put(world.clusters["east"], f"{ROOT}/ü d/first%", b"changed")
    world.create("t 3")
    return world


def rot(world: TableWorld, point: str, content: bytes, sites: tuple[str, ...]) -> None:
    path = f"{world.context().directory(point)}/{MANIFEST_FILE}"
    for site in sites:
        world.files()[site].put(path, content)


@pytest.mark.parametrize("sites", SITES.values(), ids=SITES)
@pytest.mark.parametrize("content", ROTTEN.values(), ids=ROTTEN)
def test_a_newest_point_whose_plan_rots_does_not_keep_the_next_run_from_its_seal(
    content: bytes, sites: tuple[str, ...]
) -> None:
    world = lived_in()
    [*_, newest] = world.context().ledger.read().sealed()
    rot(world, newest.point, content, sites)
    if sites == ("west",):
        assert verify_again(world.context(), newest.point)["mismatch"] == []
    assert world.backup("next")["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert world.metastores["west"].table_names("bill") == world.metastores["east"].table_names("bill")


@pytest.mark.parametrize("placing", [False, True])
@pytest.mark.parametrize("sites", SITES.values(), ids=SITES)
def test_an_unfinished_point_whose_plan_rots_is_ended_by_the_next_run(sites: tuple[str, ...], placing: bool) -> None:
    world = lived_in()
    stages = world.stages("dies")
    stages.preflight()
    point = str(stages.moment()["point"])
    plan_and_stage(stages)
    if placing:
        with suppress(Died):
            world.stages("dies", faults=Faults(at=9, die=True)).place()
    world.host.dead.add("dies")
    rot(world, point, ROTTEN["garbage"], sites)
    assert world.backup("next", takeover=True, reason="died")["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_plan_that_nobody_staged_and_that_is_none_is_lost_and_no_error_of_a_format() -> None:
    world = lived_in()
    stages = world.stages("planned")
    stages.preflight()
    point = str(stages.moment()["point"])
    stages.plan()
    rot(world, point, ROTTEN["garbage"], SITES["both sites"])
    context = world.context()
    with pytest.raises(BaselineLost, match=MANIFEST_FILE):
        context.documents(context.ledger.read().points[point]).plan()


def test_after_an_exchange_of_roles_an_older_point_is_verified_by_the_digests_where_it_lies() -> None:
    world = lived_in()
    point = world.context().ledger.read().sealed()[0].point
    before = verify_again(world.context(), point)
    world.exchange_roles()
    after = verify_again(world.context(), point)
    assert after["cannot_tell"] == []
    assert after == before


def documents_of(world: TableWorld, site: str, point: str) -> list[str]:
    """Paths of all documents of a point on a site."""
    top = world.context().directory(point)
    return sorted(node.path() for node in world.clusters[site].find(top).walk() if not node.is_dir)


def wide() -> TableWorld:
    """Lived in, with quotas below a root and a document of its own for each table."""
    world = lived_in()
    east = world.clusters["east"]
    east.make_directory(f"{ROOT}/ü d/deep =", 0o755, parents=True)
    MemoryNameNode(east).set_quota(f"{ROOT}/ü d", 1000, -1)
    world.backup("third")
    put(east, f"{ROOT}/fourth", b"4")
    return world


@pytest.mark.parametrize("content", [None, b"", b"\x00\xffnonsense"], ids=["gone", "empty", "garbage"])
@pytest.mark.parametrize("sites", SITES.values(), ids=SITES)
def test_whichever_document_of_the_newest_point_is_bad_the_next_run_seals_and_a_person_is_told(
    sites: tuple[str, ...], content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "INSIDE_BYTES", -1)
    monkeypatch.setattr(bound_inodes, "WIDE", 1)
    lived = wide()
    [*_, newest] = lived.context().ledger.read().sealed()
    told = set[str]()
    for path in documents_of(lived, "west", newest.point):
        world = lived.clone()
        for site in sites:
            with suppress(NotFound):
                if content is None:
                    world.files()[site].remove(path)
                else:
                    world.files()[site].put(path, content)
        document = world.backup("next")
        assert document["state"] == "sealed", path
        assert world.tree("west", ROOT) == world.tree("east", ROOT), path
        assert world.metastores["west"].table_names("bill") == world.metastores["east"].table_names("bill"), path
        name = path.rpartition("/")[2]
        told |= {plain_name(name) for warning in document["warnings"] if name in warning}
    read = {"catalog.parquet", "quotas.parquet", MANIFEST_FILE}
    assert told >= read
