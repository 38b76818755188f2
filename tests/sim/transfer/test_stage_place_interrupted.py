"""Stage and place die, lose answers or oversleep at every single effect; the tree is right all the same (I2, I6)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import Failed, Superseded, Unknown
from hadoop_dr.domain.paths import WORK_AREA
from hadoop_dr.domain.plan.work_order import StagedShare, WorkOrder
from support.trees import comparable, read_tree
from support.twin import TwinPair, lived_in

SEEDS = (3, 11)
NEXT = "p 1"


def effects(seed: int) -> int:
    """Counts the effects of an undisturbed run."""
    pair, faults = lived_in(seed), Faults()
    order = pair.order(NEXT)
    worker = pair.worker(faults)
    worker.place(order, worker.stage(order))
    assert faults.count > 20
    return faults.count


def first_try(pair: TwinPair, order: WorkOrder, faults: Faults) -> list[StagedShare] | None:
    """Runs until it ends or is ended; gives what stage had finished, as the ledger would know it."""
    worker = pair.worker(faults)
    staged = None
    try:
        staged = worker.stage(order)
        worker.place(order, staged)
    except (Died, Unknown):
        pass
    return staged


def finish(pair: TwinPair, order: WorkOrder, staged: list[StagedShare] | None) -> None:
    """A second try: from stage if that was not finished, else from the start of place."""
    pair.place(order, staged if staged is not None else pair.stage(order, 2), 2)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_death_at_any_effect_is_rolled_forward_by_the_next_try(seed: int, after: bool) -> None:
    for at in range(1, effects(seed) + 1):
        pair = lived_in(seed)
        order = pair.order(NEXT)
        staged = first_try(pair, order, Faults(at, die=True, after=after))
        finish(pair, order, staged)
        pair.check(NEXT)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_later_claim_rolls_a_dead_run_forward_and_goes_on(seed: int, after: bool) -> None:
    for at in range(1, effects(seed) + 1, 3):
        pair = lived_in(seed)
        order = pair.order(NEXT)
        staged = first_try(pair, order, Faults(at, die=True, after=after))
        pair.claim += 1
        later = replace(order, claim=pair.claim)
        pair.place(later, staged if staged is not None else pair.stage(later), 1)
        pair.check(NEXT)
        pair.backup("p 2")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
def test_a_lost_answer_is_read_back(seed: int, after: bool) -> None:
    for at in range(1, effects(seed) + 1):
        pair = lived_in(seed)
        order = pair.order(NEXT)
        finish(pair, order, first_try(pair, order, Faults(at, lose=True, after=after)))
        pair.check(NEXT)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("by", ["try", "claim"])
def test_a_worker_that_sleeps_through_a_takeover_changes_nothing(seed: int, by: str) -> None:
    for at in range(1, effects(seed) + 1):
        pair = lived_in(seed)
        order = pair.order(NEXT)
        sleep = Sleep(pair, order, by, at)
        sleep.through()
        wanted = comparable(read_tree(pair.source.namenode, pair.source.writer, pair.past(NEXT)))
        got = comparable(read_tree(pair.target.namenode, pair.target.writer, pair.root))
        left = [entry.name for entry in pair.target.namenode.list(pair.root) if entry.name == WORK_AREA]
        if left:
            # It slept while it opened its area. The empty directory goes with the next run, and only the root's own
            # time shows it until then.
            wanted[""] = got[""]
        assert got == wanted, f"effect {at}"
        assert not left or sleep.in_open, f"effect {at}"
        pair.check_older()
        pair.seal(NEXT)
        pair.claim += 1
        pair.backup("p 2")


class Sleep:
    """One worker falls asleep before one effect; another takes over, finishes and leaves; the first one wakes up."""

    def __init__(self, pair: TwinPair, order: WorkOrder, by: str, at: int) -> None:
        self.pair, self.order = pair, order
        self.mine = order if by == "try" else replace(order, claim=order.claim + 1)
        self.staged: list[StagedShare] | None = None
        self.faults = Faults(at, first=self.take_over)
        self.woken = self.in_open = False

    def take_over(self) -> None:
        top = f"{self.pair.root}/{WORK_AREA}"
        tokens = self.pair.target.files.names(top)
        own = f"{self.order.epoch}-{self.order.claim}" + ("" if self.staged is None else ".1")
        self.in_open = own not in tokens
        done = self.staged if self.staged is not None else self.pair.stage(self.mine, 2)
        self.pair.place(self.mine, done, 2)
        self.woken = True

    def check_claim(self) -> None:
        """The truth: it is asked before every batch, so at most the rest of one batch runs after the sleep."""
        if self.woken:
            raise Superseded(self.order.root, "a later try has the claim")

    def through(self) -> None:
        worker = self.pair.worker(self.faults)
        with suppress(Failed, Superseded):
            self.staged = worker.stage(self.order, 1, self.check_claim)
            worker.place(self.order, self.staged, 1, self.check_claim)
        assert self.woken


@pytest.mark.parametrize("seed", SEEDS)
def test_a_superseded_try_stops_before_its_next_batch(seed: int) -> None:
    pair = lived_in(seed)
    order = pair.order(NEXT)
    staged = pair.stage(order)
    before = comparable(read_tree(pair.target.namenode, pair.target.writer, pair.root))

    def no_more() -> None:
        raise Superseded("p", "a later try has the claim")

    with pytest.raises(Superseded):
        pair.place(order, staged, 1, no_more)
    assert comparable(read_tree(pair.target.namenode, pair.target.writer, pair.root)) == before
