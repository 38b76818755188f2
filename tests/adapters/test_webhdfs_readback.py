"""Whether a change whose answer was lost was created: done, not done, or cannot tell (I11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.webhdfs import readback, shapes
from hadoop_dr.adapters.webhdfs.errors import ReadBack
from hadoop_dr.adapters.webhdfs.listed_snapshots import ListedSnapshots
from hadoop_dr.domain.tree.file_attributes import Block, Blocks, Snapshot
from support.clock import StepClock

TOP = "/d ü"
DONE, NOT_DONE, CANNOT_TELL = ReadBack.DONE, ReadBack.NOT_DONE, ReadBack.CANNOT_TELL


@pytest.fixture
def reader() -> Any:
    """A name space; what is asked of it are reads alone."""
    node = MemoryNameNode(MemoryCluster("east"))
    node.make_directory(TOP, 0o755)
    node.allow_snapshot(TOP)
    return node


def write(reader: Any, name: str, length: int) -> int:
    cluster = reader.cluster
    cluster.extend(cluster.make_file(f"{TOP}/{name}", replication=1, block_size=1024, overwrite=True), b"x" * length)
    return int(reader.status(f"{TOP}/{name}").inode)


def renamed(reader: Any, inode: int) -> ReadBack:
    return readback.rename(reader, f"{TOP}/a %", f"{TOP}/b+", inode)


def test_a_rename_is_told_by_the_inode_at_either_name(reader: Any) -> None:
    inode = write(reader, "a %", 1)
    assert renamed(reader, inode) is NOT_DONE
    reader.rename(f"{TOP}/a %", f"{TOP}/b+")
    assert renamed(reader, inode) is DONE
    write(reader, "a %", 1)
    assert renamed(reader, inode) is DONE
    assert renamed(reader, inode + 1_000) is CANNOT_TELL  # both names are taken, and by others
    reader.delete(f"{TOP}/a %")
    reader.delete(f"{TOP}/b+")
    assert renamed(reader, inode) is CANNOT_TELL


def test_a_delete_is_done_once_that_inode_is_not_there_any_more(reader: Any) -> None:
    inode = write(reader, "a %", 1)
    assert readback.delete(reader, f"{TOP}/a %", inode) is NOT_DONE
    reader.delete(f"{TOP}/a %")
    assert readback.delete(reader, f"{TOP}/a %", inode) is DONE
    write(reader, "a %", 1)
    assert readback.delete(reader, f"{TOP}/a %", inode) is DONE


@pytest.mark.parametrize(("length", "told"), [(None, CANNOT_TELL), (9, CANNOT_TELL), (10, DONE), (11, NOT_DONE)])
def test_a_truncate_is_told_by_the_length(reader: Any, length: int | None, told: ReadBack) -> None:
    if length is not None:
        write(reader, "a %", length)
    assert readback.truncate(reader, f"{TOP}/a %", 10) is told


@pytest.mark.parametrize(
    ("target", "left", "told"),
    [
        (30, [], DONE), (30, ["s 1"], CANNOT_TELL), (10, ["s 1", "s 2"], NOT_DONE), (10, ["s 1"], CANNOT_TELL),
        (10, [], CANNOT_TELL), (20, ["s 1", "s 2"], CANNOT_TELL), (20, [], CANNOT_TELL), (None, [], CANNOT_TELL),
        (None, ["s 1", "s 2"], CANNOT_TELL), (30, ["s 1", "s 2"], CANNOT_TELL),
    ],
)  # fmt: skip
def test_a_concat_is_told_by_the_length_and_by_what_is_left_of_its_sources(
    reader: Any, target: int | None, left: list[str], told: ReadBack
) -> None:
    if target is not None:
        write(reader, "a %", target)
    for name in left:
        write(reader, name, 10)
    sources = [f"{TOP}/s 1", f"{TOP}/s 2"]
    assert readback.concat(reader, f"{TOP}/a %", sources, 10, 30) is told


def test_a_snapshot_is_this_calls_only_under_an_id_that_was_not_given_out_before(reader: Any) -> None:
    assert readback.create_snapshot(reader, TOP, "dr-1", -1) is NOT_DONE
    reader.create_snapshot(TOP, "dr-1")
    [first] = reader.snapshots(TOP)
    assert readback.create_snapshot(reader, TOP, "dr-1", first.id - 1) is DONE
    assert readback.create_snapshot(reader, TOP, "dr-1", first.id) is NOT_DONE
    assert readback.create_snapshot(reader, TOP, "dr-2", first.id - 1) is NOT_DONE


def test_a_snapshot_is_removed_once_its_name_is_gone_or_waits_for_its_turn(reader: Any) -> None:
    assert readback.delete_snapshot(reader, TOP, "dr-1") is DONE
    reader.create_snapshot(TOP, "dr-1")
    reader.create_snapshot(TOP, "dr-2")
    assert readback.delete_snapshot(reader, TOP, "dr-1") is NOT_DONE
    waiting = [replace(shot, deleted=shot.name == "dr-1") for shot in reader.snapshots(TOP)]
    reader.snapshots = lambda path: waiting
    assert readback.delete_snapshot(reader, TOP, "dr-1") is DONE
    assert readback.delete_snapshot(reader, TOP, "dr-2") is NOT_DONE


def test_block_boundaries_are_where_blocks_end() -> None:
    blocks = Blocks(tuple(Block(n, length) for n, length in enumerate((1024, 1024, 7))))
    assert list(shapes.block_ends(blocks)) == [1024, 2048, 2055]


def test_the_highest_id_of_a_listing_is_known_for_a_minute_and_for_that_root_alone() -> None:
    clock = StepClock()
    seen = ListedSnapshots(clock)
    assert seen.newest(TOP) is None
    shots = [Snapshot(name=f"dr-{n}", id=n, created_ms=0, deleted=False) for n in (4, 9, 2)]
    seen.note(TOP, shots)
    seen.note("/other", [])
    assert (seen.newest(TOP), seen.newest("/other"), seen.newest("/third")) == (9, -1, None)
    clock.now_s = 60.0
    assert seen.newest(TOP) == 9
    clock.now_s = 60.1
    assert seen.newest(TOP) is None
