"""What every data plane promises (ports.mover), on the twin and between two real clusters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.ports.mover import (
    Copy,
    Did,
    Digest,
    MakeDirectory,
    Operation,
    Outcome,
    Read,
    RecoverLease,
    Remove,
    Rename,
    SetAttributes,
)
from support.backup import Pair
from support.held import held_open, wait_until

DATA = b"0123456789" * 333


def copy_of(key: int, source: str, target: str, length: int, offset: int = 0, block_size: int = 1024) -> Copy:
    return Copy(key, source, target, offset, length, 1, block_size, "alice", "staff", 0o640, 1_500_000_000_123)


def did(results: Iterator[Digest | Outcome]) -> dict[int, Did]:
    return {result.key: result.did for result in results if isinstance(result, Outcome)}


def apply(sites: Pair, *operations: Operation) -> dict[int, Did]:
    return {outcome.key: outcome.did for outcome in sites.local.apply(operations)}


# -- copying
def test_a_copy_has_the_bytes_the_blocks_and_every_attribute(sites: Pair, folder: str) -> None:
    sites.source.writer.write(f"{folder}/a b", DATA)
    results = list(sites.across.copy([copy_of(7, f"{folder}/a b", f"{folder}/e%20 f+", len(DATA))]))
    assert results == [Digest(7, hashlib.sha256(DATA).hexdigest(), len(DATA))]
    facts: FileAttributes = sites.target.namenode.status(f"{folder}/e%20 f+").facts
    assert (facts.length, facts.owner, facts.group, facts.mode) == (len(DATA), "alice", "staff", 0o640)
    assert (facts.mtime_ms, facts.replication, facts.block_size) == (1_500_000_000_123, 1, 1024)
    assert sites.target.writer.read(f"{folder}/e%20 f+") == DATA
    lengths = [block.length for block in sites.target.namenode.blocks(f"{folder}/e%20 f+").blocks]
    assert lengths == [1024, 1024, 1024, len(DATA) - 3072]


def test_a_part_of_a_file_is_copied_from_its_offset(sites: Pair, folder: str) -> None:
    sites.source.writer.write(f"{folder}/a", DATA)
    part = DATA[1024:1024 + 1500]
    results = list(sites.across.copy([copy_of(1, f"{folder}/a", f"{folder}/b", 1500, 1024)]))
    assert results == [Digest(1, hashlib.sha256(part).hexdigest(), 1500)]
    assert sites.target.writer.read(f"{folder}/b") == part


def test_a_file_without_bytes_is_copied(sites: Pair, folder: str) -> None:
    sites.source.writer.write(f"{folder}/empty", b"")
    results = list(sites.across.copy([copy_of(1, f"{folder}/empty", f"{folder}/empty", 0)]))
    assert results == [Digest(1, hashlib.sha256(b"").hexdigest(), 0)]
    assert sites.target.namenode.status(f"{folder}/empty").facts.mtime_ms == 1_500_000_000_123


def test_bytes_come_from_the_snapshot_not_from_the_live_file(sites: Pair, folder: str) -> None:
    name = sites.source.namenode
    name.allow_snapshot(folder)
    sites.source.writer.write(f"{folder}/a", b"then")
    name.create_snapshot(folder, "s 1")
    sites.source.writer.append(f"{folder}/a", b"now")
    results = list(sites.across.copy([copy_of(1, f"{folder}/.snapshot/s 1/a", f"{folder}/a", 4)]))
    assert [result.length for result in results if isinstance(result, Digest)] == [4]
    assert sites.target.writer.read(f"{folder}/a") == b"then"
    name.delete_snapshot(folder, "s 1")


def test_what_lies_at_the_target_is_overwritten(sites: Pair, folder: str) -> None:
    sites.source.writer.write(f"{folder}/a", b"new")
    sites.target.writer.write(f"{folder}/a", b"old and longer")
    assert did(sites.across.copy([copy_of(1, f"{folder}/a", f"{folder}/a", 3)])) == {}
    assert sites.target.writer.read(f"{folder}/a") == b"new"


def test_a_copy_makes_no_parent(sites: Pair, folder: str) -> None:
    """A sleeping worker whose directory was renamed must not write it anew."""
    sites.source.writer.write(f"{folder}/a", b"x")
    assert did(sites.across.copy([copy_of(1, f"{folder}/a", f"{folder}/gone/a", 1)])) == {1: Did.NO_SOURCE}
    assert list(sites.target.namenode.list(folder)) == []


def test_a_missing_or_short_source_is_an_outcome_not_an_exception(sites: Pair, folder: str) -> None:
    sites.source.writer.write(f"{folder}/short", b"abc")
    sites.source.writer.write(f"{folder}/good", b"abc")
    ends = did(sites.across.copy([
        copy_of(1, f"{folder}/none", f"{folder}/1", 3), copy_of(2, f"{folder}/short", f"{folder}/2", 9),
        copy_of(3, f"{folder}/good", f"{folder}/3", 3),
    ]))
    assert ends.keys() == {1, 2}
    assert ends[1] is Did.NO_SOURCE
    assert ends[2] in (Did.FAILED, Did.NO_SOURCE)
    assert sites.target.writer.read(f"{folder}/3") == b"abc"


def test_every_copy_of_many_is_answered_once(sites: Pair, folder: str) -> None:
    for number in range(20):
        sites.source.writer.write(f"{folder}/f {number}", bytes([number]) * number)
    files, size = sites.across.meter.files, sites.across.meter.bytes
    copies = (copy_of(n, f"{folder}/f {n}", f"{folder}/f {n}", n) for n in range(20))
    results = list(sites.across.copy(copies))
    assert sorted(result.key for result in results) == list(range(20))
    assert all(isinstance(result, Digest) for result in results)
    assert (sites.across.meter.files - files, sites.across.meter.bytes - size) == (20, sum(range(20)))


def test_closing_early_stops_the_work(sites: Pair, folder: str) -> None:
    sites.source.writer.write(f"{folder}/a", b"x")
    asked = 0

    def endless() -> Iterator[Copy]:
        nonlocal asked
        while True:
            asked += 1
            yield copy_of(asked, f"{folder}/a", f"{folder}/c {asked % 700}", 1)

    results = sites.across.copy(endless())
    assert isinstance(next(results), Digest)
    results.close()  # type: ignore[attr-defined]
    stopped_at = asked
    list(sites.local.apply([MakeDirectory(1, f"{folder}/after")]))
    assert asked == stopped_at < 5000


# -- reading back
def test_a_digest_reads_the_target(sites: Pair, folder: str) -> None:
    sites.target.writer.write(f"{folder}/a b", DATA)
    results = {result.key: result for result in sites.across.digest([
        Read(1, f"{folder}/a b", 0, len(DATA)), Read(2, f"{folder}/a b", 1000, 5), Read(3, f"{folder}/none", 0, 1),
    ])}
    assert results[1] == Digest(1, hashlib.sha256(DATA).hexdigest(), len(DATA))
    assert results[2] == Digest(2, hashlib.sha256(DATA[1000:1005]).hexdigest(), 5)
    assert isinstance(results[3], Outcome)
    assert results[3].did is Did.NO_SOURCE


# -- operations
def test_directories_are_made_with_their_mode_and_a_file_in_their_place_stays(sites: Pair, folder: str) -> None:
    sites.target.writer.write(f"{folder}/f", b"x")
    for _ in range(2):
        assert apply(sites, MakeDirectory(1, f"{folder}/d", 0o700)) == {1: Did.DONE}
    assert apply(sites, MakeDirectory(1, f"{folder}/f", 0o755)) == {1: Did.EXISTS}
    assert apply(sites, MakeDirectory(1, f"{folder}/none/d")) == {1: Did.NO_SOURCE}
    assert apply(sites, MakeDirectory(1, f"{folder}/all/of/it", 0o711, parents=True)) == {1: Did.DONE}
    assert sites.target.namenode.status(f"{folder}/d").facts.mode == 0o700
    assert sites.target.namenode.status(f"{folder}/all/of/it").facts.mode == 0o711


def test_a_rename_tells_a_missing_source_from_a_taken_target(sites: Pair, folder: str) -> None:
    apply(sites, MakeDirectory(1, f"{folder}/a b"), MakeDirectory(2, f"{folder}/taken"))
    assert apply(sites, Rename(1, f"{folder}/none", f"{folder}/x")) == {1: Did.NO_SOURCE}
    assert apply(sites, Rename(1, f"{folder}/a b", f"{folder}/taken")) == {1: Did.EXISTS}
    assert apply(sites, Rename(1, f"{folder}/a b", f"{folder}/none/x")) == {1: Did.NO_SOURCE}
    assert apply(sites, Rename(1, f"{folder}/a b", f"{folder}/e%20")) == {1: Did.DONE}
    assert sorted(entry.name for entry in sites.target.namenode.list(folder)) == ["e%20", "taken"]


def test_a_rename_by_inode_finds_the_item_wherever_it_is(sites: Pair, folder: str) -> None:
    apply(sites, MakeDirectory(1, f"{folder}/a b"), MakeDirectory(2, f"{folder}/park"))
    inode = sites.target.namenode.status(f"{folder}/a b").inode
    by_id = f"/.reserved/.inodes/{inode}"
    assert apply(sites, Rename(1, by_id, f"{folder}/park/7")) == {1: Did.DONE}
    assert apply(sites, Rename(1, by_id, f"{folder}/park/7"))[1] in (Did.EXISTS, Did.DONE)
    assert sites.target.namenode.status(f"{folder}/park/7").inode == inode
    assert apply(sites, Rename(1, by_id, f"{folder}/no park/7")) == {1: Did.NO_SOURCE}
    assert apply(sites, Remove(1, f"{folder}/park/7")) == {1: Did.DONE}
    assert apply(sites, Rename(1, by_id, f"{folder}/park/7")) == {1: Did.NO_SOURCE}


def test_removing_takes_all_below_and_says_when_nothing_was_there(sites: Pair, folder: str) -> None:
    apply(sites, MakeDirectory(1, f"{folder}/d/e/f", parents=True))
    assert apply(sites, Remove(1, f"{folder}/d")) == {1: Did.DONE}
    assert apply(sites, Remove(1, f"{folder}/d")) == {1: Did.NO_SOURCE}


def test_attributes_are_set_and_what_is_none_stays(sites: Pair, folder: str) -> None:
    sites.target.writer.write(f"{folder}/f", b"x")
    path = f"{folder}/f"
    assert apply(sites, SetAttributes(1, path, "alice", "staff", 0o1640, 2, 1_500_000_000_123)) == {1: Did.DONE}
    assert apply(sites, SetAttributes(1, path, mode=0o600)) == {1: Did.DONE}
    facts = sites.target.namenode.status(path).facts
    assert (facts.owner, facts.group, facts.mode) == ("alice", "staff", 0o600)
    assert (facts.replication, facts.mtime_ms) == (2, 1_500_000_000_123)
    assert apply(sites, SetAttributes(1, folder, mtime_ms=1_400_000_000_000)) == {1: Did.DONE}
    assert sites.target.namenode.status(folder).facts.mtime_ms == 1_400_000_000_000
    assert apply(sites, SetAttributes(1, f"{folder}/none", mode=0o600)) == {1: Did.NO_SOURCE}


def test_a_file_whose_lease_is_ended_is_closed_soon_after(sites: Pair, folder: str) -> None:
    path, name = f"{folder}/log ü%+", sites.target.namenode
    with held_open(name, path, b"y" * 3000) as writing:
        wait_until(lambda: list(name.open_files(folder)) == [path])
        writing.abandon()
        ended = apply(sites, RecoverLease(1, path), RecoverLease(2, f"{folder}/no body"))
        assert ended == {1: Did.DONE, 2: Did.NO_SOURCE}
        wait_until(lambda: list(name.open_files(folder)) == [])


def test_every_operation_of_many_is_answered_once(sites: Pair, folder: str) -> None:
    wanted = [MakeDirectory(n, f"{folder}/d {n}") for n in range(50)]
    outcomes = list(sites.local.apply(wanted))
    assert sorted(outcome.key for outcome in outcomes) == list(range(50))
    assert {outcome.did for outcome in outcomes} == {Did.DONE}
