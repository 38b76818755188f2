"""Stage and place between two real clusters: whole trees, deaths, sleeping workers, older points (I2, I3, I6, I9)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import Failed, Superseded, Unknown
from hadoop_dr.domain.plan.work_order import StagedShare
from support.backup import Pair
from support.live import LivePair
from support.trees import Mischief, comparable, read_tree

pytestmark = pytest.mark.lab
NEXT = "p 1"


@pytest.fixture
def pair(lab: dict[str, Any]) -> Iterator[LivePair]:
    made = LivePair(lab, f"/t/transfer/{uuid4().hex}")
    yield made
    made.wipe()
    made.close()


def elsewhere(pair: LivePair, name: str) -> Pair:
    """The same sites with another root."""
    return Pair(pair.source, pair.target, pair.across, pair.local, pair.tables, f"{pair.folder}/{name}",
                f"{pair.folder}/documents {name}")


def test_any_sequence_of_changes_arrives_attribute_by_attribute(pair: LivePair) -> None:
    pair.prepare()
    mischief = Mischief(pair.source.namenode, pair.source.writer, pair.root, 1)
    for number in range(4):
        mischief.run(20)
        pair.backup(f"p {number}")


@pytest.mark.parametrize(
    ("kind", "at"),
    [("died before", (18, 44)), ("died after", (5, 35)), ("lost before", (1, 42)), ("lost after", (30, 50))],
)
def test_an_interrupted_run_is_rolled_forward(pair: LivePair, kind: str, at: tuple[int, ...]) -> None:
    """At effects spread over the whole run, which has some fifty; the twin's test takes every one of them."""
    what, when = kind.split()
    for effect in at:
        here = elsewhere(pair, f"e%20 {effect}")
        here.live_in(5, 20)
        order = here.order(NEXT)
        faults = Faults(effect, die=what == "died", lose=what == "lost", after=when == "after")
        worker, staged = here.worker(faults), None
        with suppress(Died, Failed, Unknown):
            staged = worker.stage(order)
            worker.place(order, staged)
        assert faults.count >= effect
        here.place(order, staged if staged is not None else here.stage(order, 2), 2)
        here.check(NEXT)


@pytest.mark.parametrize(("by", "asleep_at"), [("try", (15, 41)), ("claim", (28, 50))])
def test_a_worker_that_sleeps_through_a_takeover_changes_nothing(
    pair: LivePair, by: str, asleep_at: tuple[int, ...]
) -> None:
    for at in asleep_at:
        here = elsewhere(pair, f"f+ {at}")
        here.live_in(5, 20)
        order = here.order(NEXT)
        mine = order if by == "try" else replace(order, claim=order.claim + 1)
        woken: list[bool] = []
        kept: list[list[StagedShare]] = []

        def take_over(here: Pair = here, mine: Any = mine, woken: Any = woken, kept: Any = kept) -> None:
            here.place(mine, kept[0] if kept else here.stage(mine, 2), 2)
            woken.append(True)

        def check_claim(woken: list[bool] = woken) -> None:
            if woken:
                raise Superseded(NEXT, "a later try has the claim")

        worker = here.worker(Faults(at, first=take_over))
        with suppress(Failed, Superseded):
            kept.append(worker.stage(order, 1, check_claim))
            worker.place(order, kept[0], 1, check_claim)
        assert woken
        here.check(NEXT)


def test_a_tail_held_by_somebodys_snapshot_is_joined_from_a_fresh_copy(pair: LivePair) -> None:
    pair.prepare()
    size = pair.source.writer.block_size
    pair.source.writer.write(f"{pair.root}/log ü", b"a" * (size + 7))
    pair.backup("p 0")
    pair.source.writer.append(f"{pair.root}/log ü", b"b" * size)
    order = pair.order(NEXT)
    staged = pair.stage(order)
    assert [shard.bytes_copied for shard in staged] == [size + 7]
    pair.target.namenode.create_snapshot(pair.root, "by somebody")
    pair.place(order, staged)
    pair.check(NEXT)
    lengths = [block.length for block in pair.target.namenode.blocks(f"{pair.root}/log ü").blocks]
    assert lengths == [size, size, 7]


def test_an_interrupted_place_is_undone_from_the_sites_own_snapshot(pair: LivePair) -> None:
    pair.live_in(7, 20)
    order = pair.order(NEXT)
    staged = pair.stage(order)
    with pytest.raises(Died):
        pair.worker(Faults(12, die=True)).place(order, staged)
    west = pair.target
    west.namenode.create_snapshot(pair.root, "as it stands")
    back = pair.plan(west, "as it stands", "p 0", "as it stands")
    undo = Pair(west, west, pair.local, pair.local, pair.tables, pair.root, f"{pair.folder}/undo")
    back = replace(back, claim=order.claim + 1)
    undo.place(back, undo.stage(back))
    got = comparable(read_tree(west.namenode, west.writer, pair.root))
    assert got == comparable(read_tree(west.namenode, west.writer, pair.past("p 0")))


def test_a_snapshot_arrives_below_another_directory_and_follows_its_increment_there(pair: LivePair) -> None:
    """What restore and drill need: the directory it comes from, and the pair's own copy of it, stay as they are."""
    pair.live_in(7, 20)
    west, aside = pair.target, f"{pair.folder}/resto re/ü #1"
    own = comparable(read_tree(west.namenode, west.writer, pair.root))
    west.namenode.make_directory(aside, 0o755)
    west.namenode.allow_snapshot(aside)
    pair.sealed = []
    first = pair.bring_aside("aside 1", aside, None)
    Mischief(pair.source.namenode, pair.source.writer, pair.root, 8).run(20)
    second = pair.bring_aside("aside 2", aside, "aside 1")
    assert not any(item.old for item in first.items.values())
    assert any(item.old for item in second.items.values())
    assert comparable(read_tree(west.namenode, west.writer, pair.root)) == own
