"""What stage noted of a file counts only as it was written: a damaged or exchanged document is none (S3.2, I2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.adapters.memory.hdfs.tables import MemoryTables
from hadoop_dr.domain.formats.tables import PROOFS
from hadoop_dr.domain.ledger import point_directory
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.audit.reverify import verify_again
from sim.world import ROOT, World, fill

Harm = Callable[[MemoryFiles, str], None]


def rotten(files: MemoryFiles, path: str) -> None:
    files.put(path, b"no table")


def half(files: MemoryFiles, path: str) -> None:
    content = files.get(path)
    files.put(path, content[: len(content) // 2])


def exchanged(files: MemoryFiles, path: str) -> None:
    """Another table of the same form: somebody restored a backup, or copied between points."""
    tables = MemoryTables()
    rows: list[tuple[object, ...]] = [(*row[:2], "0" * 64, *row[3:]) for row in tables.unpack(files.get(path))]
    files.put(path, tables.pack(PROOFS.columns, rows, PROOFS.stamp))


def gone(files: MemoryFiles, path: str) -> None:
    files.remove(path)


HARMS = (rotten, half, exchanged, gone)


def staged(world: World, point: str) -> list[str]:
    """Paths of what the tasks of a point noted of staged files."""
    files, top = world.files()["west"], f"{point_directory('east-west', 'billing', point)}/staged"
    return [f"{top}/{task}/{name}" for task in files.names(top) for name in files.names(f"{top}/{task}")]


def lived_in() -> World:
    world = World()
    fill(world)
    world.backup("first")
    east = world.clusters["east"]
    for name in ("h#", "a b"):
        east.extend(east.find(f"{ROOT}/{name}"), b"more")
    return world


LIVED_IN, COUNTED = lived_in(), Faults()
LIVED_IN.clone().backup("counted", COUNTED)


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("at", range(1, COUNTED.count + 1, 3))
def test_a_run_that_died_is_finished_whatever_became_of_what_it_noted_of_staged_files(at: int, harm: Harm) -> None:
    world = LIVED_IN.clone()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True))
    world.host.dead.add("dies")
    for point in world.context().ledger.read().unfinished():
        for path in staged(world, point.point):
            harm(world.files()["west"], path)
    world.backup("next")
    state = world.context().ledger.read()
    assert {point.state for point in state.points.values()} <= {PointState.SEALED, PointState.VOID}
    assert {point.sealed.verified.word for point in state.sealed()} == {"match"}
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    # A point that was staged once is finished: its record is in the ledger.
    assert all(point.state is PointState.SEALED for point in state.points.values() if point.was_staged)


@pytest.mark.parametrize("harm", HARMS)
def test_a_sealed_point_is_not_called_damaged_because_a_note_of_its_stage_is(harm: Harm) -> None:
    world = LIVED_IN.clone()
    point = world.backup("second")["point"]
    for path in staged(world, point):
        harm(world.files()["west"], path)
    told = verify_again(world.context(), point, "look")
    assert (told["mismatch"], told["cannot_tell"]) == ([], [])
    assert told["match"] > 0
    assert world.context().ledger.read().points[point].damaged == ""
    assert world.backup("third")["warnings"] == []
    assert world.context().ledger.read().points[point].damaged == ""
