"""What every name space promises (ports.namenode), on the twin and on a real NameNode."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.errors import AlreadyExists, DrError, Failed, NotFound, OverQuota
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, FileKind
from hadoop_dr.ports.namenode import NameNode
from support.held import held_open, wait_until
from support.trees import CELL, NAMES, STRIPED, Writer

ACCESS = ("group::r-x", "mask::rwx", "other::---", "user::rwx", "user:alice:rw-")
DEFAULT = tuple(sorted((*ACCESS, *(f"default:{entry}" for entry in ACCESS))))


# -- names and listings
@pytest.mark.parametrize("odd", [*NAMES, "a  b ", "100%25", "$x", "[z]", "a\\b", "{}", "\u00e9", "e\u0301"])
def test_names_come_back_byte_by_byte(name: NameNode, pen: Writer, folder: str, odd: str) -> None:
    pen.write(f"{folder}/{odd}", b"12345")
    assert [entry.name for entry in name.list(folder)] == [odd]
    name.rename(f"{folder}/{odd}", f"{folder}/{odd}{odd}")
    assert name.status(f"{folder}/{odd}{odd}").facts.length == 5
    assert name.delete(f"{folder}/{odd}{odd}") is True
    assert list(name.list(folder)) == []


def test_names_that_differ_only_by_case_or_composition_are_different(name: NameNode, folder: str) -> None:
    for one in ("a", "A", "\u00e9", "e\u0301"):
        name.make_directory(f"{folder}/{one}", 0o755)
    assert sorted(entry.name for entry in name.list(folder)) == sorted(["a", "A", "\u00e9", "e\u0301"])


def test_a_listing_carries_facts_and_the_inode_of_each_child(name: NameNode, pen: Writer, folder: str) -> None:
    pen.write(f"{folder}/f+", b"x" * (pen.block_size + 3))
    name.make_directory(f"{folder}/d", 0o1777)
    entries = {entry.name: entry for entry in name.list(folder)}
    file, directory = entries["f+"].facts, entries["d"].facts
    assert (file.kind, file.length, file.block_size) == (FileKind.FILE, pen.block_size + 3, pen.block_size)
    assert (directory.kind, directory.mode) == (FileKind.DIRECTORY, 0o1777)
    assert (directory.length, directory.replication) == (0, 0)
    assert directory.block_size == 0
    assert entries["f+"].inode == name.status(f"{folder}/f+").inode != entries["d"].inode


def test_listing_a_file_gives_the_file_itself(name: NameNode, pen: Writer, folder: str) -> None:
    pen.write(f"{folder}/a b", b"x")
    assert [entry.name for entry in name.list(f"{folder}/a b")] == [""]


def test_what_is_not_there_is_not_found(name: NameNode, folder: str) -> None:
    with pytest.raises(NotFound):
        name.status(f"{folder}/a b")
    with pytest.raises(NotFound):
        list(name.list(f"{folder}/a b"))
    with pytest.raises(NotFound):
        name.rename(f"{folder}/a b", f"{folder}/c")
    assert name.delete(f"{folder}/a b") is False


# -- moving and removing
def test_a_rename_never_lands_in_or_on_something(name: NameNode, pen: Writer, folder: str) -> None:
    pen.write(f"{folder}/a", b"x")
    pen.write(f"{folder}/b", b"y")
    name.make_directory(f"{folder}/d", 0o755)
    for target in ("b", "d", "a"):
        with pytest.raises(AlreadyExists):
            name.rename(f"{folder}/a", f"{folder}/{target}")
    assert pen.read(f"{folder}/b") == b"y"
    assert list(name.list(f"{folder}/d")) == []


def test_a_rename_without_a_directory_for_it_is_refused(name: NameNode, pen: Writer, folder: str) -> None:
    pen.write(f"{folder}/a", b"x")
    with pytest.raises(NotFound):
        name.rename(f"{folder}/a", f"{folder}/none/a")
    name.make_directory(f"{folder}/d/e", 0o755)
    with pytest.raises(Failed):
        name.rename(f"{folder}/d", f"{folder}/d/e/d")


def test_an_item_is_found_and_moved_by_its_inode(name: NameNode, pen: Writer, folder: str) -> None:
    pen.write(f"{folder}/a b", b"x")
    inode = name.status(f"{folder}/a b").inode
    assert name.status(f"/.reserved/.inodes/{inode}").inode == inode
    name.rename(f"/.reserved/.inodes/{inode}", f"{folder}/c")
    name.rename(f"/.reserved/.inodes/{inode}", f"{folder}/e%20")
    assert [entry.name for entry in name.list(folder)] == ["e%20"]
    with pytest.raises(AlreadyExists):
        name.rename(f"/.reserved/.inodes/{inode}", f"{folder}/e%20")
    name.delete(f"{folder}/e%20")
    with pytest.raises(NotFound):
        name.status(f"/.reserved/.inodes/{inode}")


def test_an_inode_parked_and_dropped_that_a_snapshot_holds_leads_nowhere(
    name: NameNode, pen: Writer, folder: str
) -> None:
    """Park, drop, replay: the id of what was dropped must not lead to whatever lies at its former path now."""
    pen.write(f"{folder}/a b", b"old")
    inode = name.status(f"{folder}/a b").inode
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    name.make_directory(f"{folder}/park", 0o700)
    name.rename(f"/.reserved/.inodes/{inode}", f"{folder}/park/7")
    pen.write(f"{folder}/a b", b"new")
    name.delete(f"{folder}/park/7")
    with pytest.raises(DrError):
        name.rename(f"/.reserved/.inodes/{inode}", f"{folder}/park/7")
    assert pen.read(f"{folder}/a b") == b"new"
    assert list(name.list(f"{folder}/park")) == []


def test_the_id_of_a_removed_file_that_a_snapshot_holds_leads_to_its_former_path(
    name: NameNode, pen: Writer, folder: str
) -> None:
    """Why a rename by id is followed by a look at what was moved."""
    name.make_directory(f"{folder}/root/d", 0o755)
    pen.write(f"{folder}/root/d/f", b"ours")
    inode = name.status(f"{folder}/root/d/f").inode
    name.allow_snapshot(f"{folder}/root")
    name.create_snapshot(f"{folder}/root", "s 1")
    name.delete(f"{folder}/root/d/f")
    pen.write(f"{folder}/root/d/f", b"theirs")
    assert name.status(f"/.reserved/.inodes/{inode}").inode != inode


def test_a_full_directory_is_removed_only_on_order(name: NameNode, pen: Writer, folder: str) -> None:
    name.make_directory(f"{folder}/d/e", 0o755)
    pen.write(f"{folder}/d/e/f", b"x")
    with pytest.raises(Failed):
        name.delete(f"{folder}/d")
    assert name.delete(f"{folder}/d", recursive=True) is True


def test_making_a_directory_makes_its_parents_and_may_be_repeated(name: NameNode, folder: str) -> None:
    name.make_directory(f"{folder}/a b/c/d", 0o700)
    name.make_directory(f"{folder}/a b/c/d", 0o700)
    assert name.status(f"{folder}/a b/c/d").facts.mode == 0o700


def test_parents_that_are_missing_are_open_to_readers_whatever_the_last_one_is(name: NameNode, folder: str) -> None:
    name.make_directory(f"{folder}/a b/ü%/d", 0o700)
    assert [name.status(f"{folder}/{path}").facts.mode for path in ("a b", "a b/ü%", "a b/ü%/d")] == [
        0o755, 0o755, 0o700]


@pytest.mark.parametrize("wanted", [0o700, 0o755, 0o1777])
def test_a_directory_that_exists_keeps_its_mode_and_its_acl(name: NameNode, folder: str, wanted: int) -> None:
    """Making sure of a directory must never open it: what is private would be readable from then on."""
    path = f"{folder}/only mine #"
    name.make_directory(path, 0o750)
    name.set_acl(path, DEFAULT)
    name.set_permission(path, 0o710)
    before = (name.status(path), name.extras(path))
    name.make_directory(path, wanted)
    assert (name.status(path), name.extras(path)) == before
    assert before[0].facts.mode == 0o710


@pytest.mark.parametrize("wanted", [0o700, 0o711, 0o1777])
def test_a_new_directory_has_exactly_the_mode_that_was_asked_for(name: NameNode, folder: str, wanted: int) -> None:
    """Also below a default ACL, which would take bits away."""
    name.set_acl(folder, tuple(entry.replace("mask::rwx", "mask::r--") for entry in DEFAULT))
    name.make_directory(f"{folder}/g=1", wanted)
    assert name.status(f"{folder}/g=1").facts.mode == wanted


def test_a_directory_is_not_made_where_a_file_lies(name: NameNode, pen: Writer, folder: str) -> None:
    pen.write(f"{folder}/a b", b"x")
    with pytest.raises(AlreadyExists):
        name.make_directory(f"{folder}/a b", 0o700)
    assert pen.read(f"{folder}/a b") == b"x"


def test_a_name_that_is_too_long_is_an_error_that_names_it(name: NameNode, folder: str) -> None:
    with pytest.raises(Failed):
        name.make_directory(f"{folder}/{'n' * 256}", 0o755)


# -- times
def test_a_directory_changes_its_time_with_its_children_and_an_item_keeps_its_own(
    name: NameNode, pen: Writer, folder: str
) -> None:
    pen.write(f"{folder}/f", b"x")
    name.make_directory(f"{folder}/d", 0o755)
    for path in (f"{folder}/f", f"{folder}/d", folder):
        name.set_times(path, 1_500_000_000_123)
    assert name.status(folder).facts.mtime_ms == 1_500_000_000_123
    name.rename(f"{folder}/f", f"{folder}/d/f")
    assert name.status(f"{folder}/d/f").facts.mtime_ms == 1_500_000_000_123
    assert name.status(f"{folder}/d").facts.mtime_ms > 1_600_000_000_000
    assert name.status(folder).facts.mtime_ms > 1_600_000_000_000


def test_attributes_change_no_time(name: NameNode, pen: Writer, folder: str) -> None:
    pen.write(f"{folder}/f", b"x")
    name.set_times(folder, 1_500_000_000_000)
    name.set_times(f"{folder}/f", 1_500_000_000_000)
    name.set_permission(f"{folder}/f", 0o600)
    name.set_owner(f"{folder}/f", "alice", "staff")
    name.set_acl(f"{folder}/f", ACCESS)
    name.set_xattr(f"{folder}/f", "user.a", b"1")
    name.set_replication(f"{folder}/f", 2)
    name.set_storage_policy(f"{folder}/f", 7)
    facts = name.status(f"{folder}/f").facts
    assert (facts.mtime_ms, facts.owner, facts.group, facts.replication) == (1_500_000_000_000, "alice", "staff", 2)
    assert name.status(folder).facts.mtime_ms == 1_500_000_000_000


# -- ACLs, extended attributes, policies
def test_an_acl_is_replaced_as_a_whole_and_read_back_the_same(name: NameNode, folder: str) -> None:
    name.set_acl(folder, DEFAULT)
    assert name.extras(folder).acl == DEFAULT
    assert name.status(folder).facts.has_acl
    name.set_acl(folder, ACCESS)
    assert name.extras(folder).acl == ACCESS
    name.set_acl(folder, ())
    assert name.extras(folder) == AclAndXattrs()
    assert not name.status(folder).facts.has_acl
    assert name.status(folder).facts.mode == 0o750


def test_with_an_acl_the_group_bits_are_its_mask(name: NameNode, folder: str) -> None:
    name.set_acl(folder, ACCESS)
    assert name.status(folder).facts.mode == 0o770
    name.set_permission(folder, 0o1745)
    assert name.status(folder).facts.mode == 0o1745
    assert name.extras(folder).acl == ("group::r-x", "mask::r--", "other::r-x", "user::rwx", "user:alice:rw-")


def test_new_children_inherit_a_default_acl(name: NameNode, pen: Writer, folder: str) -> None:
    name.set_acl(folder, DEFAULT)
    name.make_directory(f"{folder}/d", 0o755)
    pen.write(f"{folder}/f", b"x")
    assert name.status(f"{folder}/f").facts.has_acl
    assert any(entry.startswith("default:user:alice") for entry in name.extras(f"{folder}/d").acl)
    assert not any(entry.startswith("default:") for entry in name.extras(f"{folder}/f").acl)


def test_an_item_that_moves_in_inherits_nothing(name: NameNode, pen: Writer, folder: str) -> None:
    name.make_directory(f"{folder}/d", 0o755)
    name.set_acl(f"{folder}/d", DEFAULT)
    pen.write(f"{folder}/f", b"x")
    name.rename(f"{folder}/f", f"{folder}/d/f")
    assert name.extras(f"{folder}/d/f").acl == ()


def test_extended_attributes_come_back_byte_by_byte(name: NameNode, folder: str) -> None:
    name.set_xattr(folder, "user.Größe e%20", b"\x00\xff\"' ")
    name.set_xattr(folder, "trusted.t", b"")
    name.set_xattr(folder, "user.note", b"1")
    name.set_xattr(folder, "user.note", b"2")
    assert dict(name.extras(folder).xattrs) == {"trusted.t": b"", "user.Größe e%20": b"\x00\xff\"' ", "user.note": b"2"}
    name.remove_xattr(folder, "user.note")
    name.remove_xattr(folder, "user.note")
    assert [key for key, _ in name.extras(folder).xattrs] == ["trusted.t", "user.Größe e%20"]


def test_what_is_not_asked_for_stays_empty(name: NameNode, folder: str) -> None:
    name.set_acl(folder, ACCESS)
    name.set_xattr(folder, "user.a", b"1")
    assert name.extras(folder, acl=False) == AclAndXattrs((), (("user.a", b"1"),))
    assert name.extras(folder, xattrs=False) == AclAndXattrs(ACCESS)


def test_a_storage_policy_is_inherited_and_can_be_unset(name: NameNode, folder: str) -> None:
    name.make_directory(f"{folder}/d/e", 0o755)
    name.set_storage_policy(f"{folder}/d", 2)
    assert name.status(f"{folder}/d/e").facts.storage_policy == 2
    name.set_storage_policy(f"{folder}/d", 0)
    assert name.status(f"{folder}/d/e").facts.storage_policy == name.status(folder).facts.storage_policy


# -- quotas
def test_erasure_coding_is_inherited_by_what_is_made_and_stays_with_a_file_that_moves(
    name: NameNode, pen: Writer, folder: str
) -> None:
    for directory in ("cold ü", "plain"):
        name.make_directory(f"{folder}/{directory}", 0o755)
    pen.write(f"{folder}/cold ü/before", b"x")
    pen.stripe(f"{folder}/cold ü")
    name.make_directory(f"{folder}/cold ü/in%20side", 0o755)
    for path in ("f=1", "g"):
        pen.write(f"{folder}/cold ü/{path}", b"x" * 3000, CELL)
    found = {entry.name: entry.facts for entry in name.list(f"{folder}/cold ü")}
    assert {path: facts.erasure_coding for path, facts in found.items()} == {
        "before": None, "f=1": STRIPED, "g": STRIPED, "in%20side": STRIPED}  # fmt: skip
    assert (found["g"].replication, found["g"].length, found["g"].block_size) == (1, 3000, CELL)
    assert name.status(f"{folder}/cold ü").facts.erasure_coding == STRIPED
    assert name.extras(f"{folder}/cold ü", acl=False) == AclAndXattrs()  # it is no attribute that anybody sets
    for path in ("g", "in%20side"):
        name.rename(f"{folder}/cold ü/{path}", f"{folder}/plain/{path}")
    name.rename(f"{folder}/cold ü/before", f"{folder}/plain/before")
    moved = {entry.name: entry.facts.erasure_coding for entry in name.list(f"{folder}/plain")}
    assert moved == {"g": STRIPED, "in%20side": None, "before": None}


def test_a_quota_counts_and_refuses_names(name: NameNode, folder: str) -> None:
    name.make_directory(f"{folder}/d", 0o755)
    name.set_quota(folder, 3, -1)
    name.make_directory(f"{folder}/e", 0o755)
    with pytest.raises(OverQuota):
        name.make_directory(f"{folder}/f", 0o755)
    assert (name.quota(folder).namespace, name.quota(folder).used_names) == (3, 3)
    name.set_quota(folder, -1, -1)
    name.make_directory(f"{folder}/f", 0o755)


def test_a_full_quota_does_not_stop_moves_inside_it(name: NameNode, folder: str) -> None:
    name.make_directory(f"{folder}/d", 0o755)
    name.set_quota(folder, 2, -1)
    with pytest.raises(OverQuota):
        name.make_directory(f"{folder}/more", 0o755)
    name.rename(f"{folder}/d", f"{folder}/e")
    assert [entry.name for entry in name.list(folder)] == ["e"]
    name.set_quota(folder, -1, -1)


def test_a_move_inside_a_quota_counts_twice_what_a_snapshot_holds(name: NameNode, pen: Writer, folder: str) -> None:
    """At its old place for the snapshot and at its new one; and every move needs its room once more (fault 18)."""
    pen.write(f"{folder}/d", b"x" * 30)
    pen.write(f"{folder}/e", b"x" * 30)
    name.make_directory(f"{folder}/to", 0o755)
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    pen.write(f"{folder}/new", b"y" * 9)
    name.set_quota(folder, -1, 105)
    name.rename(f"{folder}/d", f"{folder}/to/d")
    assert name.quota(folder).used_bytes == 99
    for moved in ("to/d", "e", "new"):
        with pytest.raises(OverQuota):
            name.rename(f"{folder}/{moved}", f"{folder}/again")
    name.set_quota(folder, -1, 130)
    name.rename(f"{folder}/new", f"{folder}/to/new")
    name.rename(f"{folder}/to/d", f"{folder}/again")
    assert name.quota(folder).used_bytes == 99
    name.delete(f"{folder}/again")
    name.rename(f"{folder}/e", f"{folder}/to/e")
    assert name.quota(folder).used_bytes == 99


def test_a_quota_asked_of_a_snapshot_is_that_of_now_also_after_a_move(name: NameNode, folder: str) -> None:
    """So a point's quotas are read at the snapshot's path, whatever became of the directory since."""
    name.make_directory(f"{folder}/d", 0o755)
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    name.set_quota(f"{folder}/d", 7, 1 << 20)
    name.rename(f"{folder}/d", f"{folder}/e")
    found = name.quota(f"{folder}/.snapshot/s 1/d")
    assert (found.namespace, found.space_bytes, found.by_type) == (7, 1 << 20, ())


# -- writers
def test_files_that_are_open_are_named_and_no_longer_once_they_are_closed(
    name: NameNode, pen: Writer, folder: str
) -> None:
    """Created and appended to, in a hostile place; closed ones beside them are not named (fault 9)."""
    paths = [f"{folder}/a b 字%20 5 bytes", f"{folder}/d+/ap=pend #\n"]
    name.make_directory(f"{folder}/d+", 0o755)
    pen.write(paths[1], b"x")
    pen.write(f"{folder}/closed", b"x")
    assert list(name.open_files(folder)) == []
    with held_open(name, paths[0], b"y" * 3000), held_open(name, paths[1], b"y" * 30, append=True):
        wait_until(lambda: list(name.open_files(folder)) == sorted(paths))
        assert list(name.open_files(f"{folder}/d+")) == [paths[1]]
    wait_until(lambda: list(name.open_files(folder)) == [])


def test_open_files_of_a_place_that_is_not_there_are_an_error_that_names_it(name: NameNode, folder: str) -> None:
    with pytest.raises(NotFound, match="no body"):
        name.open_files(f"{folder}/no body")


# -- blocks
def test_leading_blocks_keep_their_ids_and_the_last_one_grows(name: NameNode, pen: Writer, folder: str) -> None:
    size = pen.block_size
    pen.write(f"{folder}/f", b"x" * (2 * size + 5))
    before = name.blocks(f"{folder}/f").blocks
    pen.append(f"{folder}/f", b"y" * size)
    after = name.blocks(f"{folder}/f").blocks
    assert [block.length for block in before] == [size, size, 5]
    assert [block.length for block in after] == [size, size, size, 5]
    assert [block.id for block in after][:3] == [block.id for block in before]


def test_a_cut_at_a_boundary_and_new_bytes_are_new_blocks(name: NameNode, pen: Writer, folder: str) -> None:
    size = pen.block_size
    name.allow_snapshot(folder)
    pen.write(f"{folder}/f", b"x" * (2 * size))
    name.create_snapshot(folder, "s 1")
    name.truncate(f"{folder}/f", size)
    pen.append(f"{folder}/f", b"y" * size)
    old = name.blocks(f"{folder}/.snapshot/s 1/f").blocks
    new = name.blocks(f"{folder}/f").blocks
    assert old[0] == new[0]
    assert old[1].id != new[1].id
    assert pen.read(f"{folder}/.snapshot/s 1/f") == b"x" * (2 * size)


def test_a_joined_file_has_the_checksum_of_the_same_bytes_written_plainly(
    name: NameNode, pen: Writer, folder: str
) -> None:
    size = pen.block_size
    pen.write(f"{folder}/whole", b"a" * size + b"b" * 7)
    pen.write(f"{folder}/head", b"a" * size)
    pen.write(f"{folder}/tail", b"b" * 7)
    name.concat(f"{folder}/head", [f"{folder}/tail"])
    assert name.checksum(f"{folder}/head") == name.checksum(f"{folder}/whole")
    with pytest.raises(NotFound):
        name.status(f"{folder}/tail")


def test_a_checksum_depends_on_block_boundaries(name: NameNode, pen: Writer, folder: str) -> None:
    size = pen.block_size
    pen.write(f"{folder}/whole", b"a" * (2 * size))
    pen.write(f"{folder}/head", b"a" * 512 if size > 512 else b"a")
    part = 512 if size > 512 else 1
    pen.write(f"{folder}/tail", b"a" * (2 * size - part))
    name.concat(f"{folder}/head", [f"{folder}/tail"])
    assert name.status(f"{folder}/head").facts.length == 2 * size
    assert name.checksum(f"{folder}/head") != name.checksum(f"{folder}/whole")


def test_files_of_another_directory_or_of_a_snapshot_are_not_joined(name: NameNode, pen: Writer, folder: str) -> None:
    for path in ("f", "tail", "d/tail"):
        name.make_directory(f"{folder}/d", 0o755)
        pen.write(f"{folder}/{path}", b"x" * pen.block_size)
    with pytest.raises(Failed):
        name.concat(f"{folder}/f", [f"{folder}/d/tail"])
    name.allow_snapshot(folder)
    name.create_snapshot(folder, "s 1")
    with pytest.raises(Failed):
        name.concat(f"{folder}/f", [f"{folder}/tail"])
    assert pen.read(f"{folder}/tail") == b"x" * pen.block_size


# -- the service itself
def test_the_service_says_who_it_is(name: NameNode) -> None:
    service = name.service()
    assert service.cluster_id
    assert (service.safe_mode, service.live_datanodes > 0, service.remaining_bytes > 0) == ("", True, True)
    assert name.may_administer()
    assert name.settings("dfs.namenode.snapshot.capture.openfiles", "no.such.key") == {
        "dfs.namenode.snapshot.capture.openfiles": "true"}
    assert name.settings("dfs.namenode.file.close.num-committed-allowed")[
        "dfs.namenode.file.close.num-committed-allowed"].isdecimal()


def test_every_datanode_has_a_name_and_has_reported_lately(name: NameNode) -> None:
    found = name.datanodes()
    assert len(found) == name.service().live_datanodes
    assert [one.name for one in found if not one.name or one.silent_s > 30] == []


def test_the_clock_offset_is_small_on_one_machine(name: NameNode, folder: str) -> None:
    assert abs(name.clock_offset_ms(folder)) < 100
    assert list(name.list(folder)) == []


def test_a_directory_and_all_that_is_missing_above_it_are_made_with_one_mode(name: NameNode, folder: str) -> None:
    name.make_directory(f"{folder}/a b", 0o755)
    name.make_all(f"{folder}/a b/ü%/d#", 0o700)
    name.make_all(f"{folder}/a b", 0o711)
    modes = [name.status(f"{folder}/{path}").facts.mode for path in ("a b", "a b/ü%", "a b/ü%/d#")]
    assert modes == [0o755, 0o700, 0o700]


def test_what_is_discarded_is_gone_with_all_below_it_and_may_be_gone_already(name: NameNode, folder: str) -> None:
    name.make_all(f"{folder}/a b/ü%/d#", 0o700)
    for _ in range(2):
        name.discard(f"{folder}/a b")
    assert [entry.name for entry in name.list(folder)] == []


def test_a_directory_that_is_not_empty_is_not_deleted_by_the_inode_of_whoever_saw_it(
    name: NameNode, folder: str
) -> None:
    name.make_all(f"{folder}/a b/ü%", 0o700)
    seen = name.status(f"{folder}/a b").inode
    with pytest.raises(Failed):
        name.delete(f"{folder}/a b", inode=seen)
    name.rename(f"{folder}/a b/ü%", f"{folder}/o=", name.status(f"{folder}/a b/ü%").inode)
    assert name.delete(f"{folder}/a b", inode=seen)
    assert [entry.name for entry in name.list(folder)] == ["o="]
