"""More files rot than the ledger names: what is not named is not taken for sound (fault 80)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.memory.hdfs.nodes import Piece
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.services.audit.reverify import verify_again
from hadoop_dr.services.points.damage import rotten_origin
from hadoop_dr.services.report import points_document
from sim.world import POLICY, ROOT, World

GENEROUS = POLICY.replace('"2"', '"20"').replace('"5"', '"20"')
FILES = tuple(f"ü dir/e%20 {number}" for number in range(9))
NAMED = 4


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is one that a test can reach."""
    for module in ("hadoop_dr.domain.points.damage", "hadoop_dr.services.points.damage"):
        monkeypatch.setattr(f"{module}.MOST_FILES", NAMED)


def grown() -> World:
    """A point that copied all files, one that rewrote the first of them, so that it shares only the last with it."""
    world = World(GENEROUS)
    east = world.clusters["east"]
    east.make_directory(f"{ROOT}/ü dir", 0o755, parents=True)
    for name in FILES:
        east.extend(east.make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=False), name.encode())
    world.backup("copied them")
    for name in FILES[:-1]:
        east.extend(east.make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=True), b"anew")
    world.backup("shares one")
    return world


def rot(world: World, run: str, *, live: bool) -> None:
    """Every file that a point holds, and with ``live`` also of the tree of now."""
    west = world.clusters["west"]
    [name] = [point.sealed.snapshots[ROOT].name for point in sealed(world) if point.run == run]
    for file in FILES:
        for top in (f"{ROOT}/.snapshot/{name}", *([ROOT] if live else [])):
            node = west.find(f"{top}/{file}")
            node.pieces = tuple(Piece(piece.id, bytes(255 - byte for byte in piece.data)) for piece in node.pieces)


def sealed(world: World) -> list[Any]:
    return world.context().ledger.read().sealed()


def verified(world: World) -> dict[str, str]:
    document: dict[str, Any] = points_document("billing", world.context().ledger.read(), ("east", "west"))
    runs = {point.point: point.run for point in sealed(world)}
    return {runs[point["point"]]: point["verified"] for point in document["points"]}


def test_a_point_that_shares_only_a_file_beyond_those_that_are_looked_for_is_marked_too() -> None:
    world = grown()
    rot(world, "copied them", live=False)
    verify_again(world.context(), sealed(world)[0].point)
    assert verified(world) == {"copied them": "mismatch", "shares one": "mismatch"}
    assert "than are looked for" in sealed(world)[1].damaged
    for point in sealed(world):
        assert len(point.bad_files) <= NAMED


def test_a_run_copies_every_rotten_file_again_also_those_that_are_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """HDFS sums up what its DataNodes wrote down once, so that checksums may not tell."""
    world = grown()
    rot(world, "shares one", live=True)
    verify_again(world.context(), sealed(world)[1].point)
    monkeypatch.setattr("hadoop_dr.services.transfer.changes.adopt.Adopt._by_checksum", lambda self, trees, item: True)
    document = world.backup("next")
    assert document["files_copied"] == len(FILES)
    assert verified(world)["next"] != "mismatch"
    name = document["snapshots"]["east"][ROOT]
    assert world.tree("west", ROOT) == world.tree("east", f"{ROOT}/.snapshot/{name}")


def test_what_is_marked_for_what_was_not_looked_for_is_lifted_with_the_point_that_copied_it() -> None:
    world = grown()
    rot(world, "copied them", live=False)
    first, second = (point.point for point in sealed(world))
    verify_again(world.context(), first)
    told = verify_again(world.context(), second)
    [line] = told["cannot_tell"]
    assert line == f"{ROOT}: more of it is damaged; another point copied it, and it is read with that one"
    assert set(verified(world).values()) == {"mismatch"}
    rot(world, "copied them", live=False)  # twice is none: the disk gives back what it was given
    verify_again(world.context(), first)
    assert verified(world) == {"copied them": "match", "shares one": "match"}


def test_a_second_look_takes_nothing_back_that_it_did_not_read() -> None:
    world = grown()
    rot(world, "copied them", live=False)
    first, second = (point.point for point in sealed(world))
    verify_again(world.context(), first)
    west = world.clusters["west"]
    name = sealed(world)[1].sealed.snapshots[ROOT].name
    west.find(f"{ROOT}/.snapshot/{name}/{FILES[0]}").broken = True
    verify_again(world.context(), second)
    marked = sealed(world)[1]
    assert (ROOT, FILES[0]) in marked.bad_files
    assert (ROOT, first) in marked.unnamed


def test_after_an_exchange_of_roles_the_named_files_speak_for_those_that_are_not() -> None:
    world = grown()
    rot(world, "shares one", live=True)
    verify_again(world.context(), sealed(world)[1].point)
    world.backup("whole again")
    world.exchange_roles()
    context = world.context()
    [told] = rotten_origin(context, context.ledger.read())
    assert told.mark is Mark.WARN
    assert "than is known" in told.detail
    west = MemoryNameNode(world.clusters["west"])
    assert west.site == context.origin.name
