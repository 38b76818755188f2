"""A catalog that does not keep still while a moment is taken: it is armed again, and the run does not fail (I1).

What a test makes happen, it makes happen at the metastore's own answers: E0 is read, then somebody works, then E1 is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.runs.moment import MOST_REARMS
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.report import explanation
from hadoop_dr.services.take_snapshots import TakeSnapshots
from sim.world import TABLES, TableWorld, plan_and_stage
from support.catalogs import not_null, table, with_parameters

Happen = Callable[[int], None]
"""Given which moment of the run it is, from 1."""
Hook = Callable[..., None]


@pytest.fixture
def world() -> TableWorld:
    """A service with one table and one point."""
    world = TableWorld(TABLES)
    world.create("t1")
    world.metastores["east"].create([not_null("bill", "t1", "nn")])
    world.backup("first")
    return world


@pytest.fixture
def at_the_moment(monkeypatch: pytest.MonkeyPatch) -> Hook:
    """Has something happen at each moment: after E0 was read and before E1 is, and perhaps while it is being armed."""

    def hook(taken: Happen, armed: Happen = lambda count: None) -> None:
        real, count = TakeSnapshots.run, [0]

        def run(self: TakeSnapshots, *arguments: Any) -> Any:
            count[0] += 1
            armed(count[0])
            shot = real(self, *arguments)
            taken(count[0])
            return shot

        monkeypatch.setattr(TakeSnapshots, "run", run)

    return hook


def change(world: TableWorld, name: str = "t1") -> None:
    """Somebody sets a parameter of a table."""
    east = world.metastores["east"]
    [row] = east.tables("bill", [name])
    east.alter([with_parameters(row, note=f"ü {east.current_event()}")])


def lose_newest_event(store: MemoryMetastore) -> None:
    del store.log.events[-1]


def rearmed(world: TableWorld) -> int:
    ledger = world.context().ledger
    return [entry.kind for entry in ledger.chain.entries()].count("rearmed")


def holds(world: TableWorld) -> dict[str, str]:
    """What both catalogs have of the protected tables, as one: they are equal."""
    east, west = (
        {row.key.table: row.hash for row in store.tables("bill", store.table_names("bill"))}
        for store in world.metastores.values()
    )
    assert east.keys() == west.keys()
    return west


def test_a_gap_in_the_log_at_the_moment_arms_it_again(world: TableWorld, at_the_moment: Hook) -> None:
    def somebody(count: int) -> None:
        if count == 1:
            world.create("t2")
            lose_newest_event(world.metastores["east"])
            change(world)

    at_the_moment(somebody)
    document = world.backup("second")
    assert (document["state"], document["proof"], rearmed(world)) == ("sealed", "bounded", 1)
    world.backup("third")  # clears away what the moment left that was armed anew
    told = explanation("billing", list(world.context().ledger.chain.entries()), None)["entries"]
    assert [" was not proven (" in entry["text"] for entry in told if entry["kind"] == "rearmed"] == [True]
    cleared = {entry["text"] for entry in told if entry["text"].startswith("cleared ")}
    void = [point.point for point in world.context().ledger.read().points.values() if point.state is PointState.VOID]
    assert cleared == {f"cleared what moment {void[0]} left on {site}" for site in ("east", "west")}
    claims = [entry["text"] for entry in told if entry["kind"] == "claim"]
    assert not any("incremental" in text for text in claims)
    assert set(holds(world)) == {"t1", "t2"}


def test_an_object_of_which_nobody_can_tell_how_it_was_arms_the_moment_again(
    world: TableWorld, at_the_moment: Hook
) -> None:
    """The constraint was touched by a change of columns before E0, and dropped after it by an event without a body."""
    east = world.metastores["east"]

    def armed(count: int) -> None:
        if count == 1:
            east.alter([table("bill", "t1", location="hdfs://east/wh/t1 ü", names=("a", "b", "c"))])

    def taken(count: int) -> None:
        if count == 1:
            east.drop(east.constraints("bill", "t1"))

    at_the_moment(taken, armed)
    assert (world.backup("second")["state"], rearmed(world)) == ("sealed", 1)
    assert world.metastores["west"].constraints("bill", "t1") == []
    holds(world)


@pytest.mark.parametrize("unproven", ["refuse", "seal"])
def test_a_catalog_that_is_never_told_whole_is_armed_three_times_more_and_then_refused_by_name(
    unproven: str, at_the_moment: Hook
) -> None:
    """Also where a policy takes unproven points: one without its catalog is none at all."""
    world = TableWorld(TABLES + f"unproven: {unproven}\n")
    world.create("t1")
    first, quiet = world.backup("first"), list[bool]()

    def somebody(count: int) -> None:
        if not quiet:
            change(world)
            lose_newest_event(world.metastores["east"])

    at_the_moment(somebody)
    said = "the moment could not be proven: .*notification log has a gap after event .*notification log longer"
    with pytest.raises(Refused, match=said) as refused:
        world.backup("second")
    assert refused.value.exit_code == 1
    assert rearmed(world) == MOST_REARMS
    quiet.append(True)
    assert world.backup("third")["baseline"] == first["point"]
    holds(world)


@pytest.mark.parametrize("unproven", ["refuse", "seal"])
def test_a_metastore_that_changes_at_every_look_is_armed_three_times_more_and_then_as_the_policy_says(
    unproven: str,
) -> None:
    world = TableWorld(TABLES + f"unproven: {unproven}\n")
    world.create("t1")
    world.backup("first")
    restless = world.metastores["east"] = Restless(world)
    if unproven == "refuse":
        with pytest.raises(Refused, match=r"the catalog changed while the snapshots were taken: bill\.t1"):
            world.backup("second")
    else:
        assert world.backup("second")["proof"] == "unproven"
    assert rearmed(world) == MOST_REARMS
    world.metastores["east"] = restless.calm()
    assert world.backup("third")["proof"] in ("atomic", "bounded")
    holds(world)


class Restless(MemoryMetastore):
    """Somebody changes a table whenever anybody asks for the newest event, also while a moment is being armed."""

    def __init__(self, world: TableWorld) -> None:
        self.__dict__.update(world.metastores["east"].__dict__)

    def current_event(self) -> int:
        newest = super().current_event()
        [row] = self.tables("bill", ["t1"])
        self.alter([with_parameters(row, note=f"{newest}")])
        return newest

    def calm(self) -> MemoryMetastore:
        """The same one, once that is over."""
        calm = MemoryMetastore("east")
        calm.__dict__.update(self.__dict__)
        return calm


def test_a_log_that_breaks_off_while_a_moment_is_armed_costs_a_whole_reading_and_no_run(world: TableWorld) -> None:
    """Between the last point and now the log lost events; and once more between preflight and moment."""
    east = world.metastores["east"]
    change(world)
    lose_newest_event(east)
    change(world)
    stages: BackupStages = world.stages("second")
    stages.preflight()
    change(world)
    lose_newest_event(east)
    change(world)
    stages.moment()
    plan_and_stage(stages)
    stages.place()
    stages.verify()
    assert stages.seal()["state"] == "sealed"
    holds(world)
