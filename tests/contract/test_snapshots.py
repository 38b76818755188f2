"""What every name space promises of snapshots and their differences (ports.namenode), on the twin and on a real one."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.errors import AlreadyExists, DrError, Failed, NotFound
from hadoop_dr.domain.tree.file_attributes import DiffEntry, DiffPage
from hadoop_dr.domain.tree.inventory import namenode_order
from hadoop_dr.ports.namenode import NameNode
from support.trees import NAMES, STRIPED, Writer

ACCESS = ("group::r-x", "mask::rwx", "other::---", "user::rwx", "user:alice:rw-")


def diff(name: NameNode, root: str, older: str, newer: str) -> DiffPage:
    """All pages of a diff as one."""
    modified: list[DiffEntry] = []
    created: list[DiffEntry] = []
    deleted: list[DiffEntry] = []
    for page in name.diff(root, older, newer):
        modified += page.modified
        created += page.created
        deleted += page.deleted
    return DiffPage(tuple(modified), tuple(created), tuple(deleted))


def paths(entries: tuple[DiffEntry, ...]) -> set[str]:
    return {entry.source for entry in entries}


# -- snapshots
def test_a_snapshot_stays_as_it_was_taken(name: NameNode, pen: Writer, folder: str) -> None:
    name.allow_snapshot(folder)
    name.allow_snapshot(folder)
    pen.write(f"{folder}/a b", b"one")
    name.set_acl(f"{folder}/a b", ACCESS)
    name.create_snapshot(folder, "s 1")
    pen.append(f"{folder}/a b", b"two")
    name.set_acl(f"{folder}/a b", ())
    name.rename(f"{folder}/a b", f"{folder}/c")
    past = f"{folder}/.snapshot/s 1/a b"
    assert pen.read(past) == b"one"
    assert name.extras(past).acl == ACCESS
    assert name.status(past).inode == name.status(f"{folder}/c").inode
    assert [shot.name for shot in name.snapshots(folder)] == ["s 1"]
    assert folder in name.snapshottable()


def test_one_request_tells_how_many_snapshots_each_root_has(name: NameNode, folder: str) -> None:
    root = f"{folder}/r ü%+"
    name.make_directory(f"{root}/d", 0o755)
    name.allow_snapshot(root)
    counts = [name.snapshot_counts()[root]]
    for change in (lambda: name.create_snapshot(root, "s 1"), lambda: name.create_snapshot(root, "s 2"),
                   lambda: name.delete_snapshot(root, "s 1")):
        change()
        counts.append(name.snapshot_counts()[root])
    assert counts == [0, 1, 2, 1]
    assert f"{root}/d" not in name.snapshot_counts()


def test_the_time_of_a_root_tells_that_a_snapshot_was_made_or_removed(name: NameNode, folder: str) -> None:
    """One request shows the times of all roots, so who knows what a root had asks no more of one left alone."""
    root = f"{folder}/r ü%+"
    name.make_directory(f"{root}/d", 0o755)
    name.allow_snapshot(root)
    seen = []
    for change in (lambda: name.create_snapshot(root, "s 1"), lambda: name.create_snapshot(root, "s 2"),
                   lambda: name.delete_snapshot(root, "s 1"), lambda: name.create_snapshot(root, "s 1")):
        name.set_times(root, 1_400_000_000_000)
        assert name.root_times()[root] == 1_400_000_000_000
        change()
        seen.append(name.root_times()[root])
    made = {shot.name: shot.created_ms for shot in name.snapshots(root)}
    assert (seen[1], seen[3]) == (made["s 2"], made["s 1"])
    assert seen == sorted(seen)
    assert seen[2] > 1_400_000_000_000
    name.make_directory(f"{root}/e", 0o755)
    assert name.root_times()[root] == name.status(root).facts.mtime_ms


@pytest.mark.parametrize("held", [False, True], ids=["plain", "held"])
@pytest.mark.parametrize("how", ["written", "moved in"])
def test_a_new_child_changes_its_directorys_time_in_the_snapshot_unless_that_was_held(
    name: NameNode, pen: Writer, folder: str, how: str, held: bool
) -> None:
    """So whoever adds children to a directory first sets its time: an older point must not change."""
    name.make_directory(f"{folder}/root/d", 0o755)
    name.make_directory(f"{folder}/root/from", 0o755)
    pen.write(f"{folder}/root/from/a b", b"x")
    name.set_times(f"{folder}/root/d", 1_500_000_000_000)
    name.allow_snapshot(f"{folder}/root")
    name.create_snapshot(f"{folder}/root", "s 1")
    if held:
        name.set_times(f"{folder}/root/d", 1_400_000_000_000)
    if how == "written":
        pen.write(f"{folder}/root/d/a b", b"x")
    else:
        name.rename(f"{folder}/root/from/a b", f"{folder}/root/d/a b")
    kept = name.status(f"{folder}/root/.snapshot/s 1/d").facts.mtime_ms == 1_500_000_000_000
    assert kept is held


def test_a_snapshot_may_tell_more_of_its_last_block_than_its_file_has(
    name: NameNode, pen: Writer, folder: str
) -> None:
    size = pen.block_size
    pen.write(f"{folder}/f", b"x" * (size + 3))
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    pen.append(f"{folder}/f", b"y" * size)
    past = f"{folder}/.snapshot/s 1/f"
    assert name.status(past).facts.length == size + 3
    assert [block.length for block in name.blocks(past).blocks] == [size, size]


def test_a_snapshot_sets_the_time_of_its_root_in_itself_and_in_the_live_tree_and_no_diff_names_it(
    name: NameNode, folder: str
) -> None:
    name.allow_snapshot(folder)
    times = []
    for shot in ("s1", "s2"):
        name.set_times(folder, 1_500_000_000_000)
        name.create_snapshot(folder, shot)
        [taken] = [each for each in name.snapshots(folder) if each.name == shot]
        live, inside = name.status(folder).facts, name.status(f"{folder}/.snapshot/{shot}").facts
        assert live.mtime_ms == inside.mtime_ms == taken.created_ms
        times.append(inside.mtime_ms)
    name.create_snapshot(folder, "s3")
    assert name.status(f"{folder}/.snapshot/s3").facts.mtime_ms >= times[1]
    assert diff(name, folder, "s2", "s3") == DiffPage((), (), ())


def test_a_second_snapshot_of_a_name_is_a_conflict(name: NameNode, folder: str) -> None:
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    name.create_snapshot(folder, "s 2")
    with pytest.raises(AlreadyExists):
        name.create_snapshot(folder, "s 1")
    first, second = name.snapshots(folder)
    assert (first.name, second.name) == ("s 1", "s 2")
    assert first.id < second.id
    assert name.delete_snapshot(folder, "s 1") is True
    assert name.delete_snapshot(folder, "s 1") is False
    name.make_directory(f"{folder}/.snapshots ü", 0o755)
    assert name.delete_snapshot(f"{folder}/.snapshots ü", "s 1") is False
    with pytest.raises(NotFound):
        name.delete_snapshot(f"{folder}/no snapshot", "s 1")


def test_a_snapshot_is_read_only(name: NameNode, pen: Writer, folder: str) -> None:
    pen.write(f"{folder}/f", b"x")
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    for change in (
        lambda: name.make_directory(f"{folder}/.snapshot/s 1/d", 0o755),
        lambda: name.rename(f"{folder}/.snapshot/s 1/f", f"{folder}/g"),
        lambda: name.delete(f"{folder}/.snapshot/s 1/f"),
        lambda: name.set_permission(f"{folder}/.snapshot/s 1/f", 0o600),
    ):
        with pytest.raises(DrError):
            change()


def test_a_root_with_snapshots_neither_moves_nor_goes(name: NameNode, folder: str) -> None:
    name.make_directory(f"{folder}/d", 0o755)
    name.allow_snapshot(f"{folder}/d")
    name.create_snapshot(f"{folder}/d", "s 1")
    with pytest.raises(DrError):
        name.rename(f"{folder}/d", f"{folder}/e")
    with pytest.raises(DrError):
        name.delete(f"{folder}/d", recursive=True)
    assert name.status(f"{folder}/d").facts.is_dir


def test_a_directory_is_made_an_ordinary_one_again_but_not_while_it_has_snapshots(name: NameNode, folder: str) -> None:
    """A root that was retired can be deleted again (I8)."""
    name.make_directory(f"{folder}/a b/ü", 0o755)
    name.disallow_snapshot(f"{folder}/a b")
    name.allow_snapshot(f"{folder}/a b")
    name.create_snapshot(f"{folder}/a b", "s 1")
    with pytest.raises(Failed):
        name.disallow_snapshot(f"{folder}/a b")
    with pytest.raises(Failed):
        name.delete(f"{folder}/a b", recursive=True)
    name.delete_snapshot(f"{folder}/a b", "s 1")
    name.disallow_snapshot(f"{folder}/a b")
    assert f"{folder}/a b" not in name.snapshottable()
    assert list(name.snapshots(f"{folder}/a b")) == []
    with pytest.raises(NotFound):
        name.disallow_snapshot(f"{folder}/nobody")
    assert name.delete(f"{folder}/a b", recursive=True)


def test_roots_do_not_nest(name: NameNode, folder: str) -> None:
    name.make_directory(f"{folder}/d", 0o755)
    name.allow_snapshot(folder)
    with pytest.raises(Failed):
        name.allow_snapshot(f"{folder}/d")
    assert name.snapshots(f"{folder}/d") == []


# -- the diff
def test_a_diff_names_changes_by_inode_and_by_old_names(name: NameNode, pen: Writer, folder: str) -> None:
    name.allow_snapshot(folder)
    name.make_directory(f"{folder}/d", 0o755)
    for path in ("f", "goes", "d/inner", "stays"):
        pen.write(f"{folder}/{path}", b"x")
    name.create_snapshot(folder, "s 1")
    inode = name.status(f"{folder}/d").inode
    name.rename(f"{folder}/d", f"{folder}/e%20")
    pen.write(f"{folder}/e%20/made after", b"x")
    pen.append(f"{folder}/e%20/inner", b"y")
    pen.append(f"{folder}/f", b"y")
    name.delete(f"{folder}/goes")
    name.make_directory(f"{folder}/new/deep/er", 0o755)
    name.create_snapshot(folder, "s 2")
    seen = diff(name, folder, "s 1", "s 2")
    moved = [entry for entry in seen.deleted if entry.target is not None]
    assert [(entry.inode, entry.source, entry.target) for entry in moved] == [(inode, "d", "e%20")]
    assert {entry.source for entry in seen.deleted if entry.target is None} == {"goes"}
    assert paths(seen.created) - {"e%20"} == {"d/made after", "new"}
    assert paths(seen.modified) == {"", "d", "d/inner", "f"}


def test_a_rename_into_a_new_directory_has_its_target(name: NameNode, pen: Writer, folder: str) -> None:
    name.allow_snapshot(folder)
    pen.write(f"{folder}/f", b"x")
    name.create_snapshot(folder, "s 1")
    name.make_directory(f"{folder}/new", 0o755)
    name.rename(f"{folder}/f", f"{folder}/new/g=1")
    name.create_snapshot(folder, "s 2")
    seen = diff(name, folder, "s 1", "s 2")
    assert [(entry.source, entry.target) for entry in seen.deleted] == [("f", "new/g=1")]
    assert "new" in paths(seen.created)
    assert "new/g=1" not in paths(seen.created)


def test_a_swap_and_a_replacement_are_told_apart_by_inode(name: NameNode, pen: Writer, folder: str) -> None:
    name.allow_snapshot(folder)
    for path in ("a", "b", "c"):
        pen.write(f"{folder}/{path}", b"x")
    first = {path: name.status(f"{folder}/{path}").inode for path in "abc"}
    name.create_snapshot(folder, "s 1")
    name.rename(f"{folder}/a", f"{folder}/t")
    name.rename(f"{folder}/b", f"{folder}/a")
    name.rename(f"{folder}/t", f"{folder}/b")
    pen.write(f"{folder}/c", b"z")
    name.create_snapshot(folder, "s 2")
    seen = diff(name, folder, "s 1", "s 2")
    assert {(e.inode, e.source, e.target) for e in seen.deleted} == {
        (first["a"], "a", "b"), (first["b"], "b", "a"), (first["c"], "c", None)}
    made = {entry.inode for entry in seen.created if entry.source == "c"}
    assert made == {name.status(f"{folder}/c").inode} != {first["c"]}


@pytest.mark.parametrize("quotas", [(7, -1), (-1, 1 << 20)], ids=["names", "bytes"])
def test_a_quota_that_is_set_changed_or_lifted_is_in_the_diff(
    name: NameNode, folder: str, quotas: tuple[int, int]
) -> None:
    """So an increment asks only about directories that the diff names (S2.12)."""
    name.make_directory(f"{folder}/a b/c%", 0o755)
    name.make_directory(f"{folder}/other", 0o755)
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 0")
    older = "s 0"
    for number, (names, space) in enumerate([quotas, (9, 1 << 21), (-1, -1)], start=1):
        for path, more in (("", 1_000 if names > 0 else 0), ("a b/c%", 0)):
            newer = f"s {number} {path[:1]}"
            name.set_quota(f"{folder}/{path}".rstrip("/"), names + more, space)
            name.create_snapshot(folder, newer)
            assert paths(diff(name, folder, older, newer).modified) == {path}
            older = newer


@pytest.mark.parametrize("change", ["mode", "owner", "acl", "xattr", "replication"])
def test_a_change_of_attributes_is_in_the_diff(name: NameNode, pen: Writer, folder: str, change: str) -> None:
    name.allow_snapshot(folder)
    pen.write(f"{folder}/f", b"x")
    name.create_snapshot(folder, "s 1")
    match change:
        case "mode":
            name.set_permission(f"{folder}/f", 0o600)
        case "owner":
            name.set_owner(f"{folder}/f", "alice", "staff")
        case "acl":
            name.set_acl(f"{folder}/f", ACCESS)
        case "xattr":
            name.set_xattr(f"{folder}/f", "user.a", b"1")
        case "replication":
            name.set_replication(f"{folder}/f", 2)
    name.create_snapshot(folder, "s 2")
    assert diff(name, folder, "s 1", "s 2").modified == (DiffEntry(
        name.status(f"{folder}/f").inode, diff(name, folder, "s 1", "s 2").modified[0].parent, "f"),)


def test_a_snapshot_keeps_the_erasure_coding_of_its_moment_and_the_diff_names_the_directory(
    name: NameNode, pen: Writer, folder: str
) -> None:
    name.make_directory(f"{folder}/cold ü/d", 0o755)
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s0")
    pen.stripe(f"{folder}/cold ü")
    name.create_snapshot(folder, "s1")
    at = {shot: name.status(f"{folder}/.snapshot/{shot}/cold ü/d").facts.erasure_coding for shot in ("s0", "s1")}
    assert at == {"s0": None, "s1": STRIPED}
    found = diff(name, folder, "s0", "s1")
    assert (paths(found.modified), found.created, found.deleted) == ({"cold ü"}, (), ())


def test_the_diff_hides_times_and_a_refill_to_the_same_length(name: NameNode, pen: Writer, folder: str) -> None:
    name.allow_snapshot(folder)
    pen.write(f"{folder}/touched", b"x")
    pen.write(f"{folder}/refilled", b"x" * pen.block_size * 2)
    name.create_snapshot(folder, "s 1")
    name.set_times(f"{folder}/touched", 1_500_000_000_000)
    name.truncate(f"{folder}/refilled", pen.block_size)
    pen.append(f"{folder}/refilled", b"y" * pen.block_size)
    name.create_snapshot(folder, "s 2")
    assert diff(name, folder, "s 1", "s 2") == DiffPage()


def test_what_leaves_the_root_is_deleted_and_what_enters_is_created(name: NameNode, pen: Writer, folder: str) -> None:
    root = f"{folder}/root"
    name.make_directory(root, 0o755)
    name.allow_snapshot(root)
    pen.write(f"{root}/out", b"x")
    pen.write(f"{folder}/in", b"x")
    name.create_snapshot(root, "s 1")
    name.rename(f"{root}/out", f"{folder}/out")
    name.rename(f"{folder}/in", f"{root}/in")
    name.create_snapshot(root, "s 2")
    seen = diff(name, root, "s 1", "s 2")
    assert [(entry.source, entry.target) for entry in seen.deleted] == [("out", None)]
    assert paths(seen.created) == {"in"}


def test_a_long_diff_comes_whole(name: NameNode, folder: str) -> None:
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    for number in range(25):
        name.make_directory(f"{folder}/d {number}", 0o755)
    name.create_snapshot(folder, "s 2")
    assert len(diff(name, folder, "s 1", "s 2").created) == 25


def test_a_diff_with_a_missing_snapshot_is_not_found(name: NameNode, folder: str) -> None:
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    with pytest.raises(NotFound):
        list(name.diff(folder, "s 1", "s 2"))


BROKEN = ("line\nbreak", "z\n", "\n/x", "d\n ü/e\r\nf", "d\n ü/g <dir>\n0. BP-1-2 blk_7_1 len=1")
"""Files whose names are more than one line of a page."""


def test_the_block_ids_of_a_whole_tree_are_those_of_its_files_now_and_in_a_snapshot(
    name: NameNode, pen: Writer, folder: str
) -> None:
    paths = [f"e%20/{odd}" for odd in (*NAMES, *BROKEN)]
    for directory in ("e%20", "e%20/d\n ü", "e%20/\n"):
        name.make_directory(f"{folder}/{directory}", 0o755)
    for path in paths:
        pen.write(f"{folder}/{path}", b"x" * (pen.block_size + 1))
    pen.write(f"{folder}/empty", b"")
    pen.write(f"{folder}/empty\n", b"")
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    name.truncate(f"{folder}/{paths[0]}", pen.block_size)
    pen.append(f"{folder}/{paths[0]}", b"y")
    past, now = f"{folder}/.snapshot/s 1", folder
    for top in (past, now):
        wanted = {path: tuple(block.id for block in name.blocks(f"{top}/{path}").blocks) for path in paths}
        listed = [path for path, _ in name.block_ids(top)]
        assert listed == sorted(listed, key=namenode_order)
        found = dict(name.block_ids(top))
        assert {path: ids for path, ids in found.items() if not path.startswith(".snapshot")} == wanted
    assert dict(name.block_ids(past)) != dict(name.block_ids(now))
    with pytest.raises(NotFound):
        list(name.block_ids(f"{folder}/nobody"))


# -- from a snapshot to the live tree
def test_a_diff_to_the_live_tree_shows_what_a_snapshot_of_now_would_and_changes_nothing(
    name: NameNode, pen: Writer, folder: str
) -> None:
    root = f"{folder}/top ü%"
    name.make_directory(f"{root}/d/e", 0o755)
    for path in ("a b", "g=1", "d/f+", "d/h#"):
        pen.write(f"{root}/{path}", b"one")
    name.allow_snapshot(root)
    name.create_snapshot(root, "s 1")
    assert diff(name, root, "s 1", "") == DiffPage()
    name.rename(f"{root}/d", f"{root}/ü")
    name.delete(f"{root}/a b")
    pen.append(f"{root}/g=1", b"two")
    pen.write(f"{root}/ü/f+", b"replaced")
    pen.write(f"{root}/ü/e/new", b"three")
    before = name.status(root), name.snapshots(root)
    told = diff(name, root, "s 1", "")
    assert (name.status(root), name.snapshots(root)) == before
    name.create_snapshot(root, "s 2")
    taken = diff(name, root, "s 1", "s 2")
    assert [set(told.modified), set(told.created), set(told.deleted)] == [
        set(taken.modified), set(taken.created), set(taken.deleted)]


def test_a_diff_to_the_live_tree_says_nothing_of_what_came_and_went_nor_of_times(
    name: NameNode, pen: Writer, folder: str
) -> None:
    pen.write(f"{folder}/stays", b"x")
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    pen.write(f"{folder}/a b", b"x")
    name.delete(f"{folder}/a b")
    for path in (folder, f"{folder}/stays"):
        name.set_times(path, 1_500_000_000_000)
    assert diff(name, folder, "s 1", "") == DiffPage()


@pytest.mark.parametrize("what", ["mode", "owner", "group", "acl", "attribute"])
def test_a_change_of_the_root_itself_is_in_the_diff(name: NameNode, folder: str, what: str) -> None:
    """Only so is it known without a request that nobody opened the root to others."""
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    facts = name.status(folder).facts
    match what:
        case "mode":
            name.set_permission(folder, 0o777)
        case "owner":
            name.set_owner(folder, "eve", facts.group)
        case "group":
            name.set_owner(folder, facts.owner, "e-ve")
        case "acl":
            name.set_acl(folder, ACCESS)
        case "attribute":
            name.set_xattr(folder, "user.ü", b"1")
    assert paths(diff(name, folder, "s 1", "").modified) == {""}
    past = f"{folder}/.snapshot/s 1"
    assert (name.status(past).facts, name.extras(past)) != (name.status(folder).facts, name.extras(folder))
    assert (name.status(past).facts.mode, name.extras(past).acl, name.extras(past).xattrs) == (facts.mode, (), ())
