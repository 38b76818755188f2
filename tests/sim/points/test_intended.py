"""A secondary without the primary's erasure coding gets replicated copies; a point keeps how they were meant (I9)."""

from __future__ import annotations

from dataclasses import asdict

from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.tree.intended import Lowered, lowered_from_rows
from hadoop_dr.services.points.intended import INTENDED
from hadoop_dr.services.report import all_entries, explanation, points_document
from sim.world import ROOT, World
from sim.written_files import put

EC, CELL = "RS-6-3-1024k", 1 << 20


def striped() -> World:
    """A primary with one directory whose files are striped."""
    world = World()
    east = world.clusters["east"]
    east.make_directory(f"{ROOT}/cold ü", 0o755, parents=True)
    east.set_erasure_coding(f"{ROOT}/cold ü", EC)
    put(east, f"{ROOT}/cold ü/a=1", b"one", CELL)
    put(east, f"{ROOT}/plain", b"p", CELL)
    return world


def kept(world: World) -> list[Lowered]:
    context = world.context()
    newest = context.ledger.read().newest_sealed()
    assert newest is not None
    every = lowered_from_rows(context.documents(newest).read_recorded(INTENDED, forms.INTENDED) or ())
    assert newest.sealed.summary.intended == len(every)
    listed = points_document("billing", context.ledger.last_read(), ("east", "west"))["points"][-1]["lowered"]
    assert listed == {"count": len(every), "objects": [asdict(one) for one in every]}
    return every


def paths(world: World) -> list[str]:
    return [one.path for one in kept(world)]


def test_each_point_keeps_the_policy_of_what_is_replicated_on_the_secondary_and_says_so() -> None:
    world = striped()
    document = world.backup("first")
    assert [(one.path, one.wanted, one.given) for one in kept(world)] == [
        ("cold ü", EC, "none"), ("cold ü/a=1", EC, "none, replication 1")]  # fmt: skip
    [said] = [text for text in document["warnings"] if "less than was intended" in text]
    assert EC in said
    chain = world.context().ledger.chain
    told = explanation("billing", all_entries(chain.deciding, chain.path), document["point"])["entries"]
    assert any(said in entry["text"] for entry in told if entry["kind"] == "sealed")


def test_what_was_lowered_is_kept_by_later_points_wherever_it_moves_until_it_goes() -> None:
    world = striped()
    east = world.clusters["east"]
    world.backup("first")
    assert world.backup("unchanged")["entries"] == 0
    assert paths(world) == ["cold ü", "cold ü/a=1"]
    east.rename(f"{ROOT}/cold ü", f"{ROOT}/colder %")
    put(east, f"{ROOT}/colder %/b", b"two", CELL)
    world.backup("moved")
    assert paths(world) == ["colder %", "colder %/a=1", "colder %/b"]
    east.delete(f"{ROOT}/colder %/a=1", recursive=False)
    world.backup("gone")
    assert paths(world) == ["colder %", "colder %/b"]


def test_a_secondary_with_the_same_policy_has_nothing_lowered() -> None:
    world = striped()
    west = world.clusters["west"]
    west.make_directory(ROOT, 0o755, parents=True)
    west.set_erasure_coding(ROOT, EC)
    document = world.backup("first")
    assert kept(world) == []
    assert not any("intended" in text for text in document["warnings"])


def test_a_run_that_does_not_know_what_was_lowered_before_says_so() -> None:
    world = striped()
    world.backup("first")
    context = world.context()
    newest = context.ledger.read().newest_sealed()
    assert newest is not None
    for site in ("east", "west"):
        here = world.clusters[site].find(context.directory(newest.point)).walk()
        [path] = [node.path() for node in here if "/intended-" in node.path()]
        world.files()[site].remove(path)
    document = world.backup("blind")
    assert [text for text in document["warnings"] if "what was lowered before is not known" in text]
    assert [text for text in world.backup("later")["warnings"] if "not known" in text] == []
