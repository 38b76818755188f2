"""Sealed points that rot later: recorded, shown, never built on, and mended by the next run (fault 80)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.memory.hdfs.nodes import Node, Piece
from hadoop_dr.cli import main
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.services.audit.reverify import verify_again
from hadoop_dr.services.report import all_entries, explanation, points_document
from schemas import validate
from sim.world import POLICY, ROOT, World, fill

FILE = "ü dir/e%20"


def sealed_world() -> tuple[World, str]:
    world = World(POLICY.replace('"2"', '"20"').replace('"5"', '"20"'))
    fill(world)
    return world, world.backup("first")["point"]


def copies(world: World, *points: str, live: bool) -> list[Node]:
    """The file on the secondary, in the snapshots of some points and in the live tree."""
    west, found = world.clusters["west"], list[Node]()
    for point in points:
        [name] = [shot.name for shot in west.find(ROOT).snapshots or () if shot.name.endswith(point)]
        found.append(west.find(f"{ROOT}/.snapshot/{name}/{FILE}"))
    return [*found, *([west.find(f"{ROOT}/{FILE}")] if live else [])]


def rot(nodes: list[Node]) -> None:
    """Flips bytes as a bad disk would: nothing in the name space tells."""
    for node in nodes:
        node.pieces = tuple(Piece(piece.id, bytes(255 - byte for byte in piece.data)) for piece in node.pieces)


def verified(world: World) -> dict[str, str]:
    """What ``points`` shows."""
    document: dict[str, Any] = points_document("billing", world.context().ledger.read(), ("east", "west"))
    return {point["point"]: point["verified"] for point in document["points"] if point["state"] == "sealed"}


def in_step(world: World, document: dict[str, Any]) -> None:
    snapshot = document["snapshots"]
    east = world.tree("east", f"{ROOT}/.snapshot/{snapshot['east'][ROOT]}")
    assert world.tree("west", f"{ROOT}/.snapshot/{snapshot['west'][ROOT]}") == east


def test_a_sample_that_finds_rot_marks_every_point_that_holds_the_file_and_the_new_one_is_mended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, first = sealed_world()
    second = world.backup("second")["point"]
    rot(copies(world, first, second, live=True))
    monkeypatch.setattr("hadoop_dr.services.audit.sampling._number", lambda text: 0)  # it is the oldest point's turn
    document = world.backup("third")
    assert verified(world)[first] == "mismatch"
    *older, newest = verified(world).items()
    assert dict(older) == dict.fromkeys((point for point, _ in older), "mismatch")
    assert newest == (document["point"], "cannot tell")
    damaged = {f"point {point} is damaged" for point, _ in older}
    assert {w.partition(": ")[0] for w in document["warnings"]} == {"not verified", *damaged}
    in_step(world, document)
    after = world.backup("after")
    assert after["baseline"] == document["point"]
    in_step(world, after)


def test_verify_marks_what_it_finds_and_the_next_run_builds_on_nothing_damaged() -> None:
    world, first = sealed_world()
    rot(copies(world, first, live=True))
    assert verify_again(world.context(), None)["mismatch"]
    assert verified(world) == {first: "mismatch"}
    assert world.context().ledger.read().newest_sound() is None
    document = world.backup("second")
    assert document["baseline"] is None
    assert document["files_copied"] == 1
    assert f"{ROOT}/{FILE}: content differs" in document["warnings"][0]
    assert verified(world)[document["point"]] != "mismatch"
    in_step(world, document)


def test_checksums_that_do_not_show_the_rot_do_not_keep_the_file_from_being_copied_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HDFS sums up what its DataNodes wrote down once, not what a disk gives back now."""
    world, first = sealed_world()
    rot(copies(world, first, live=True))
    verify_again(world.context(), first)
    monkeypatch.setattr("hadoop_dr.services.transfer.changes.adopt.Adopt._by_checksum", lambda self, trees, item: True)
    document = world.backup("second")
    assert document["files_copied"] == 1
    in_step(world, document)


def test_rot_in_a_file_that_was_written_anew_since_concerns_only_the_points_before() -> None:
    world, first = sealed_world()
    east = world.clusters["east"]
    east.extend(east.make_file(f"{ROOT}/{FILE}", replication=1, block_size=1024, overwrite=True), b"anew")
    second = world.backup("second")["point"]
    rot(copies(world, first, live=False))
    verify_again(world.context(), first)
    assert verified(world) == {first: "mismatch", second: "match"}
    assert world.context().ledger.read().newest_sound().point == second  # type: ignore[union-attr]
    document = world.backup("third")
    assert document["baseline"] == second
    assert any(f"point {first} is damaged" in warning for warning in document["warnings"])


def test_no_older_point_is_built_on_while_the_live_tree_holds_what_is_damaged() -> None:
    """Seen from an older one the newest point's own changes would be somebody else's, and the run refused for them."""
    world, first = sealed_world()
    east = world.clusters["east"]
    east.extend(east.make_file(f"{ROOT}/{FILE}", replication=1, block_size=1024, overwrite=True), b"anew")
    second = world.backup("second")["point"]
    rot(copies(world, second, live=True))
    verify_again(world.context(), second)
    assert verified(world) == {first: "match", second: "mismatch"}
    document = world.backup("third")
    assert (document["baseline"], document["files_copied"]) == (None, 1)
    in_step(world, document)


def test_a_file_that_cannot_be_read_counts_as_damage_and_one_that_can_again_lifts_it() -> None:
    world, first = sealed_world()
    [node, live] = copies(world, first, live=True)
    node.broken = live.broken = True
    assert verify_again(world.context(), first)["cannot_tell"]
    assert verified(world) == {first: "mismatch"}
    node.broken = live.broken = False
    verify_again(world.context(), first)
    assert verified(world) == {first: "match"}
    chain = world.context().ledger.chain
    told = explanation("billing", all_entries(chain.deciding, chain.path), first)["entries"]
    assert [entry["text"].partition(":")[0] for entry in told if entry["kind"] == "damaged"] == [
        f"point {first} found damaged", f"point {first} read back as it was sealed; it is not damaged"]  # fmt: skip


def test_a_mark_is_lifted_by_reading_the_file_and_not_by_a_point_that_only_shares_it() -> None:
    world, first = sealed_world()
    MemoryNameNode(world.clusters["east"]).set_permission(f"{ROOT}/{FILE}", 0o600)
    second = world.backup("second")["point"]
    rot(copies(world, first, second, live=True))
    verify_again(world.context(), first)
    told = verify_again(world.context(), second)
    assert told["cannot_tell"] == [f"{ROOT}/{FILE}: is damaged; another point copied it, and it is read with that one"]
    assert verified(world) == {first: "mismatch", second: "mismatch"}
    rot(copies(world, first, second, live=True))  # twice is none: the disk gives back what it was given
    verify_again(world.context(), first)
    assert verified(world) == {first: "match", second: "match"}


def no_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is read back comes."""
    from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
    from hadoop_dr.ports.mover import Did, Outcome

    monkeypatch.setattr(
        MemoryMover, "digest", lambda self, reads: (Outcome(read.key, Did.UNKNOWN, "no answer") for read in reads)
    )


def test_an_outage_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    world, first = sealed_world()
    no_answers(monkeypatch)
    assert verify_again(world.context(), first)["cannot_tell"]
    assert verified(world) == {first: "match"}


def asked(monkeypatch: pytest.MonkeyPatch, world: World, *more: str) -> Result:
    """The command, with the twins for clusters."""
    module = import_module("hadoop_dr.cli.commands.points")
    monkeypatch.setattr(module, "verify_point", lambda service, point: verify_again(world.context(), point))
    return CliRunner().invoke(main, ["verify", "billing", *more])


@pytest.mark.parametrize(
    ("hurt", "code", "why", "remedy"),
    [
        (None, 0, "", ""),
        ("rots", 1, "content differs", "the next backup copies"),
        ("cannot be read", 3, "could not be read back", "is marked as damaged"),
        ("gives no answer", 3, "no answer", "verify again once that site answers"),
    ],
)
def test_verify_is_done_only_when_everything_matches_and_names_the_first_that_does_not(
    monkeypatch: pytest.MonkeyPatch, hurt: str | None, code: int, why: str, remedy: str
) -> None:
    world, point = sealed_world()
    [node, live] = copies(world, point, live=True)
    if hurt == "rots":
        rot([node, live])
    node.broken = live.broken = hurt == "cannot be read"
    if hurt == "gives no answer":
        no_answers(monkeypatch)
    told = asked(monkeypatch, world, "--json")
    assert told.exit_code == code
    document = validate("verify", told.stdout)
    assert document["match"] > 0
    page = asked(monkeypatch, world)
    assert page.exit_code == code
    for line in (*document["mismatch"], *document["cannot_tell"]):
        assert line in page.stdout
    errors = [line for line in told.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == (code != 0)
    for error in errors:
        for part in (f"billing {point}: ", f"{ROOT}/", why, remedy):
            assert part in error


def test_a_snapshot_that_is_gone_is_damage_and_a_pruned_point_is_none() -> None:
    world = World(POLICY)
    fill(world)
    first = world.backup("first")["point"]
    west = world.context().destination.namenode
    [name] = [shot.name for shot in west.snapshots(ROOT)]
    west.delete_snapshot(ROOT, name)
    assert "is gone" in verify_again(world.context(), first)["mismatch"][0]
    assert verified(world) == {first: "mismatch"}
    for number in range(6):
        world.backup(f"later {number}")
    assert first not in [p for p, sites in _sites(world).items() if sites["west"]]
    with pytest.raises(NotFound, match="was pruned on west"):
        verify_again(world.context(), first)


def _sites(world: World) -> dict[str, dict[str, bool]]:
    document: dict[str, Any] = points_document("billing", world.context().ledger.read(), ("east", "west"))
    return {point["point"]: point["sites"] for point in document["points"]}
