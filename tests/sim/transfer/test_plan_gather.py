"""Gathering from a memory cluster: every kind of change, and every way in which a snapshot can let a run down (I8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import AccessDenied, BaselineLost, Failed, Protocol, Refused, Unreachable
from hadoop_dr.domain.tree.file_attributes import Blocks, DiffPage, DirEntry, FileKind
from hadoop_dr.domain.tree.items import Content
from hadoop_dr.services.transfer.changes.read_changes import ReadChanges
from support.gathering import brief, gathered, plan_by_gathering, whole_backups
from support.twin import ROOT, TwinPair


class GatheringPair(TwinPair):
    """A twin whose backups are planned by gathering."""

    plan = plan_by_gathering    # type: ignore[assignment]


@pytest.mark.parametrize("seed", range(12))
def test_whole_backups_planned_by_gathering_arrive_attribute_by_attribute(seed: int) -> None:
    whole_backups(GatheringPair(), seed, rounds=4, changes=20)


@pytest.fixture
def pair() -> TwinPair:
    made = TwinPair()
    made.prepare()
    for directory in ("keep", "move", "gone"):
        made.source.namenode.make_directory(f"{ROOT}/{directory}", 0o755)
    for path in ("keep/a b", "move/e%20", "move/f+", "gone/g=1"):
        made.source.writer.write(f"{ROOT}/{path}", b"0123456789")
    made.source.writer.write(f"{ROOT}/grow ü", b"01234567")
    made.source.namenode.create_snapshot(ROOT, "a")
    return made


def found(pair: TwinPair, *, audit: bool = False) -> dict[str, tuple[str | None, Content, int]]:
    """New path (or old one, of what is gone) of every item but quiet directories."""
    pair.source.namenode.create_snapshot(ROOT, "b")
    items = gathered(pair.source, ROOT, "a", "b", audit=audit)
    quiet = {item.inode for item in items if item.is_dir and item.old == item.new}
    return {item.new or f"-{item.old}": (item.old, item.content, item.keep_bytes)
            for item in items if item.inode not in quiet}


def test_nothing_changed_means_no_items(pair: TwinPair) -> None:
    assert found(pair) == {}


def test_an_append_stages_only_the_tail(pair: TwinPair) -> None:
    pair.source.writer.append(f"{ROOT}/grow ü", b"89")
    assert found(pair) == {"grow ü": ("grow ü", Content.TAIL, 8)}


def test_a_moved_directory_is_one_item_and_its_changed_child_another(pair: TwinPair) -> None:
    pair.source.namenode.rename(f"{ROOT}/move", f"{ROOT}/keep/h#")
    pair.source.namenode.set_permission(f"{ROOT}/keep/h#/f+", 0o600)
    pair.source.writer.write(f"{ROOT}/keep/h#/new", b"x")
    assert found(pair) == {
        "keep/h#": ("move", Content.SAME, 0), "keep/h#/f+": ("move/f+", Content.SAME, 0),
        "keep/h#/new": (None, Content.WHOLE, 0),
    }


def test_every_item_of_a_deleted_subtree_is_counted(pair: TwinPair) -> None:
    """I8: the limit on deletions counts what ceases to exist, not steps."""
    pair.source.namenode.delete(f"{ROOT}/gone", recursive=True)
    assert found(pair).keys() == {"-gone", "-gone/g=1"}


def test_a_file_that_fled_a_deleted_directory_is_moved_not_copied(pair: TwinPair) -> None:
    pair.source.namenode.make_directory(f"{ROOT}/new", 0o755)
    pair.source.namenode.rename(f"{ROOT}/gone/g=1", f"{ROOT}/new/g=1")
    pair.source.namenode.delete(f"{ROOT}/gone", recursive=True)
    assert found(pair)["new/g=1"] == ("gone/g=1", Content.SAME, 0)


def test_a_hidden_rewrite_is_found_by_the_audit_alone(pair: TwinPair) -> None:
    pair.source.namenode.truncate(f"{ROOT}/keep/a b", 8)
    pair.source.writer.append(f"{ROOT}/keep/a b", b"!!")
    pair.source.namenode.create_snapshot(ROOT, "c")
    assert brief(gathered(pair.source, ROOT, "a", "c", audit=False)) == {}
    assert found(pair, audit=True) == {"keep/a b": ("keep/a b", Content.TAIL, 8)}


def test_a_refill_with_its_time_put_back_is_found_by_its_blocks_and_is_told(pair: TwinPair) -> None:
    path = f"{ROOT}/keep/a b"
    time = pair.source.namenode.status(path).facts.mtime_ms
    pair.source.namenode.truncate(path, 8)
    pair.source.writer.append(path, b"!!")
    pair.source.namenode.set_times(path, time)
    pair.source.namenode.rename(f"{ROOT}/keep", f"{ROOT}/kept e%20")
    pair.source.namenode.create_snapshot(ROOT, "b")
    gather = ReadChanges(pair.source.namenode)
    items = {item.new: item for item in gather.items(ROOT, "a", "b", audit=True)}
    item = items["kept e%20/a b"]
    assert (item.old, item.content, item.keep_bytes) == ("keep/a b", Content.TAIL, 8)
    assert any("other blocks" in note and "kept e%20/a b" in note for note in gather.notes)


class Mute(MemoryNameNode):
    """A NameNode that does not tell block ids to everybody."""

    def block_ids(self, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        raise AccessDenied(path, "superuser privilege is required")


def test_an_audit_without_block_ids_goes_on_and_says_what_it_cannot_find(pair: TwinPair) -> None:
    pair.source.writer.append(f"{ROOT}/keep/a b", b"!!")
    pair.source.namenode.create_snapshot(ROOT, "b")
    gather = ReadChanges(Mute(pair.east))
    assert {item.new for item in gather.items(ROOT, "a", "b", audit=True)} == {"keep", "keep/a b"}
    [hindered] = gather.hindered
    assert "were not searched" in hindered
    assert "superuser" in hindered


def test_a_rewrite_with_its_time_put_back_is_found_when_the_diff_names_the_file(pair: TwinPair) -> None:
    path = f"{ROOT}/keep/a b"
    time = pair.source.namenode.status(path).facts.mtime_ms
    pair.source.namenode.truncate(path, 8)
    pair.source.writer.append(path, b"!!")
    pair.source.namenode.set_times(path, time)
    pair.source.namenode.set_permission(path, 0o600)
    assert found(pair, audit=True)["keep/a b"] == ("keep/a b", Content.TAIL, 8)


def test_the_parents_of_what_is_parked_are_items_so_that_their_times_return(pair: TwinPair) -> None:
    pair.source.writer.append(f"{ROOT}/keep/a b", b"!!")
    pair.source.namenode.create_snapshot(ROOT, "b")
    items = gathered(pair.source, ROOT, "a", "b", audit=False)
    assert {item.new for item in items} == {"keep", "keep/a b"}


@pytest.mark.parametrize(("older", "newer", "named"), [("a", "z", "z"), ("y", "a", "y"), (None, "z", "z")])
def test_a_missing_snapshot_is_named(pair: TwinPair, older: str | None, newer: str, named: str) -> None:
    with pytest.raises(BaselineLost, match=f"{ROOT}/.snapshot/{named}: no such snapshot"):
        gathered(pair.source, ROOT, older, newer, audit=False)


class Flawed(MemoryNameNode):
    """A NameNode that fails where the test says."""

    def __init__(self, cluster: MemoryCluster, call: str, path: str, error: type[Failed]) -> None:
        super().__init__(cluster)
        self._call, self._path, self._error = call, path, error

    def _check(self, call: str, path: str) -> None:
        if call == self._call and path.endswith(self._path):
            raise self._error(path, "ArrayIndexOutOfBoundsException")

    def list(self, path: str) -> Iterator[DirEntry]:
        self._check("list", path)
        return super().list(path)

    def blocks(self, path: str) -> Blocks:
        self._check("blocks", path)
        return super().blocks(path)

    def extras(self, path: str, **which: bool) -> Any:
        self._check("extras", path)
        return super().extras(path, **which)

    def diff(self, path: str, older: str, newer: str) -> Iterator[DiffPage]:
        self._check("diff", path)
        return super().diff(path, older, newer)


@pytest.mark.parametrize(("call", "path"), [("list", "/keep"), ("blocks", "/keep/a b"), ("extras", "/keep/a b")])
@pytest.mark.parametrize("audit", [False, True])
def test_what_cannot_be_read_in_a_snapshot_ends_the_run_and_is_named(
    pair: TwinPair, call: str, path: str, audit: bool
) -> None:
    pair.source.writer.append(f"{ROOT}/keep/a b", b"!!")
    pair.source.namenode.create_snapshot(ROOT, "b")
    namenode = Flawed(pair.east, call, path, Failed)
    with pytest.raises(BaselineLost, match=f"/.snapshot/[ab]{path}: cannot be read"):
        ReadChanges(namenode).items(ROOT, "a", "b", audit=audit)


def test_a_namenode_that_cannot_be_reached_is_not_a_lost_baseline(pair: TwinPair) -> None:
    pair.source.writer.append(f"{ROOT}/keep/a b", b"!!")
    pair.source.namenode.create_snapshot(ROOT, "b")
    for call in ("list", "blocks", "extras", "diff"):
        with pytest.raises(Unreachable):
            ReadChanges(Flawed(pair.east, call, "", Unreachable)).items(ROOT, "a", "b", audit=False)


def test_a_diff_that_repeats_its_cursor_is_replaced_by_full_listings(pair: TwinPair) -> None:
    pair.source.writer.write(f"{ROOT}/keep/new", b"!!")
    pair.source.namenode.set_xattr(f"{ROOT}/keep/a b", "user.k", b"v")
    pair.source.namenode.create_snapshot(ROOT, "b")
    gather = ReadChanges(Flawed(pair.east, "diff", ROOT, Protocol))
    items = gather.items(ROOT, "a", "b", audit=False)
    assert {item.new for item in items if not item.is_dir} == {"keep/new", "keep/a b"}
    assert len(gather.notes) == 1


@pytest.mark.parametrize("audit", [False, True])
def test_a_diff_that_leaves_a_deletion_out_is_noticed(pair: TwinPair, audit: bool) -> None:
    """HDFS-16121: pages that resume at the wrong place lose entries."""

    class Lossy(MemoryNameNode):
        def diff(self, path: str, older: str, newer: str) -> Iterator[DiffPage]:
            return (DiffPage(page.modified, page.created) for page in super().diff(path, older, newer))

    pair.source.namenode.delete(f"{ROOT}/keep/a b")
    pair.source.namenode.create_snapshot(ROOT, "b")
    gather = ReadChanges(Lossy(pair.east))
    items = gather.items(ROOT, "a", "b", audit=audit)
    assert [item.old for item in items if item.new is None] == ["keep/a b"]
    assert "snapshot diff" in gather.notes[0]
    assert "full listings" in gather.notes[0]


def test_a_root_that_is_gone_is_a_lost_baseline(pair: TwinPair) -> None:
    with pytest.raises(BaselineLost, match="/data/none: does not exist"):
        gathered(pair.source, "/data/none", "a", "b", audit=False)


def test_many_touched_directories_are_read_by_listing_their_parent(pair: TwinPair) -> None:
    class Counting(MemoryNameNode):
        asked = 0

        def status(self, path: str) -> DirEntry:
            self.asked += 1
            return super().status(path)

    for number in range(30):
        pair.source.namenode.make_directory(f"{ROOT}/table/day={number}", 0o755)
        pair.source.writer.write(f"{ROOT}/table/day={number}/part", b"0123456789")
    pair.source.namenode.create_snapshot(ROOT, "b")
    for number in range(30):
        pair.source.writer.append(f"{ROOT}/table/day={number}/part", b"x")
    pair.source.namenode.create_snapshot(ROOT, "c")
    namenode = Counting(pair.east)
    items = ReadChanges(namenode).items(ROOT, "b", "c", audit=False)
    assert len([item for item in items if item.content is Content.TAIL]) == 30
    assert len([item for item in items if item.is_dir]) >= 30
    assert namenode.asked <= 4


def test_extended_attributes_are_not_asked_for_where_the_namenode_keeps_none(pair: TwinPair) -> None:
    class WithoutXattrs(MemoryNameNode):
        def settings(self, *names: str) -> Mapping[str, str]:
            return {"dfs.namenode.xattrs.enabled": "false"}

        def extras(self, path: str, **which: bool) -> Any:
            raise AssertionError(path)

    pair.source.writer.write(f"{ROOT}/keep/new", b"x")
    pair.source.namenode.create_snapshot(ROOT, "b")
    assert brief(ReadChanges(WithoutXattrs(pair.east)).items(ROOT, "a", "b", audit=True)).keys()


def test_a_symbolic_link_is_refused_by_name(pair: TwinPair) -> None:
    pair.source.writer.write(f"{ROOT}/keep/li nk", b"")
    pair.east.live(f"{ROOT}/keep/li nk").kind = FileKind.SYMLINK
    pair.source.namenode.create_snapshot(ROOT, "b")
    with pytest.raises(Refused, match="keep/li nk: symbolic links"):
        gathered(pair.source, ROOT, "a", "b", audit=False)


def test_the_work_area_is_in_no_listing(pair: TwinPair) -> None:
    pair.source.namenode.make_directory(f"{ROOT}/.hadoop-dr/1-1/park", 0o700)
    pair.source.namenode.rename(f"{ROOT}/keep", f"{ROOT}/.hadoop-dr/1-1/park/7")
    for audit in (False, True):
        pair.source.namenode.create_snapshot(ROOT, f"b {audit}")
        items = gathered(pair.source, ROOT, "a", f"b {audit}", audit=audit)
        assert {item.new for item in items} == {"", None}
        assert {item.old for item in items if item.new is None} == {"keep", "keep/a b"}
    everything = gathered(pair.source, ROOT, None, "b True", audit=False)
    assert not any("hadoop-dr" in (item.new or "") for item in everything)
