"""What the JSON of a NameNode says becomes facts: every field, and what an older NameNode does not say."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hadoop_dr.adapters.webhdfs import shapes
from hadoop_dr.adapters.webhdfs.offset import offset_ms
from hadoop_dr.domain.tree.file_attributes import (
    Checksum,
    DiffEntry,
    DiffPage,
    FileAttributes,
    FileKind,
    Quota,
    Snapshot,
)

PLAIN = {"pathSuffix": "a b%+#ü", "fileId": 16_386, "type": "FILE", "length": 30, "owner": "al ü", "group": "us",
         "permission": "1754", "replication": 3, "blockSize": 128, "modificationTime": 5}  # fmt: skip
ASKED = FileAttributes(kind=FileKind.FILE, length=30, owner="al ü", group="us", mode=0o1754, replication=3,
                       block_size=128, mtime_ms=5)  # fmt: skip


def facts(**more: Any) -> FileAttributes:
    return shapes.listed({**PLAIN, **more}).facts


def test_a_status_has_the_name_the_inode_and_every_attribute() -> None:
    found = shapes.listed(PLAIN)
    assert (found.name, found.inode, found.facts) == ("a b%+#ü", 16_386, ASKED)
    silent = facts()
    assert (silent.storage_policy, silent.has_acl, silent.encrypted, silent.erasure_coding) == (0, False, False, None)
    said = facts(storagePolicy=12, aclBit=True, encBit=True)
    assert (said.storage_policy, said.has_acl, said.encrypted) == (12, True, True)
    kinds = [facts(type=kind).kind for kind in ("FILE", "DIRECTORY", "SYMLINK")]
    assert kinds == [FileKind.FILE, FileKind.DIRECTORY, FileKind.SYMLINK]


@pytest.mark.parametrize(("said", "policy"), [
    ({"ecBit": False, "ecPolicy": "RS-6-3-1024k"}, None), ({"ecPolicy": "RS-6-3-1024k"}, None),
    ({"ecBit": True, "ecPolicy": "RS-6-3-1024k", "ecPolicyObj": {"name": "XOR"}}, "RS-6-3-1024k"),
    ({"ecBit": True, "ecPolicyObj": {"name": "XOR-2-1-1024k"}}, "XOR-2-1-1024k"),
    ({"ecBit": True, "ecPolicyObj": None}, "unknown"), ({"ecBit": True}, "unknown"),
])  # fmt: skip
def test_a_file_that_is_erasure_coded_is_told_by_whatever_names_its_policy(said: Any, policy: str | None) -> None:
    assert facts(**said).erasure_coding == policy


@pytest.mark.parametrize(("names", "left", "more"), [("ab", 1, True), ("ab", 0, False), ("", 1, False)])
def test_a_page_without_an_entry_is_the_last_whatever_it_says(names: str, left: int, more: bool) -> None:
    children = {"FileStatus": [{**PLAIN, "pathSuffix": name} for name in names]}
    answer = {"DirectoryListing": {"partialListing": {"FileStatuses": children}, "remainingEntries": left}}
    entries, follows = shapes.listing_page(answer)
    assert ([entry.name for entry in entries], follows) == (list(names), more)


def test_extended_attributes_of_users_are_kept_sorted_and_those_of_the_system_are_not() -> None:
    values = {"user.z": "0x00ff", "trusted.é": None, "user.a": "", "system.x": "0x01", "security.y": "0x02"}
    answer = {"XAttrs": [{"name": name, "value": value} for name, value in values.items()]}
    assert shapes.xattrs(answer) == (("trusted.é", b""), ("user.a", b""), ("user.z", b"\x00\xff"))
    assert [shapes.xattr_value(value) for value in (b"", b"\x00\xff")] == ["", "0sAP8="]


def test_a_quota_of_nothing_is_one_and_what_has_none_is_not_told() -> None:
    usage = {"quota": 0, "spaceQuota": -1, "fileAndDirectoryCount": 7, "spaceConsumed": 9,
             "typeQuota": {"SSD": {"quota": 0}, "DISK": {"quota": -1}, "ARCHIVE": {"quota": 5}}}  # fmt: skip
    assert shapes.quota({"QuotaUsage": usage}) == Quota(0, -1, 7, 9, (("ARCHIVE", 5), ("SSD", 0)))


def test_a_snapshot_that_waits_for_older_ones_is_deleted_and_nothing_else_is() -> None:
    one = {"snapshotID": 4, "dirStatus": {"pathSuffix": "a ü", "modificationTime": 5}}
    other = {"snapshotID": 2, "deletionStatus": "ACTIVE", "dirStatus": {"pathSuffix": "b", "modificationTime": 6}}
    gone = {"snapshotID": 3, "deletionStatus": "DELETED", "dirStatus": {"pathSuffix": "c#3", "modificationTime": 7}}
    assert shapes.snapshots({"SnapshotList": [one, other, gone]}) == [
        Snapshot("b", 2, 6, deleted=False), Snapshot("c#3", 3, 7, deleted=True), Snapshot("a ü", 4, 5, deleted=False),
    ]  # fmt: skip
    assert shapes.snapshots({"SnapshotList": None}) == []


def test_roots_are_told_by_their_whole_paths_with_times_and_numbers() -> None:
    answer = {"SnapshottableDirectoryList": [
        {"parentFullPath": parent, "snapshotNumber": count, "dirStatus": {"pathSuffix": name, "modificationTime": time}}
        for parent, name, time, count in (("/", "z ü", 6, 0), ("/data", "b", 5, 3))]}  # fmt: skip
    assert shapes.snapshottable(answer) == ["/data/b", "/z ü"]
    assert shapes.root_times(answer) == {"/z ü": 6, "/data/b": 5}
    assert shapes.snapshot_counts(answer) == {"/z ü": 0, "/data/b": 3}
    assert shapes.snapshottable({"SnapshottableDirectoryList": None}) == []


def test_each_list_of_a_difference_is_what_it_is_called() -> None:
    def entry(inode: int, **more: Any) -> dict[str, Any]:
        return {"fileId": inode, "dirId": 1, "sourcePath": f"a {inode}", **more}

    listing = {"modifyList": [entry(2, sourcePath=None)], "createList": [entry(3, targetPath="")],
               "deleteList": [entry(4, targetPath="to ü")], "lastPath": "d ü", "lastIndex": 7}  # fmt: skip
    page = DiffPage((DiffEntry(2, 1, ""),), (DiffEntry(3, 1, "a 3"),), (DiffEntry(4, 1, "a 4", "to ü"),))
    assert shapes.diff_page({"SnapshotDiffReportListing": listing}) == (page, "d ü", 7)
    last = {**listing, "modifyList": None, "createList": None, "deleteList": None, "lastPath": None, "lastIndex": -1}
    assert shapes.diff_page({"SnapshotDiffReportListing": last}) == (DiffPage(), "", -1)


def test_checksums_and_policies_are_taken_as_they_are() -> None:
    answer = {"FileChecksum": {"algorithm": "COMPOSITE-CRC32C", "bytes": "00ab", "length": 4}}
    assert shapes.checksum(answer) == Checksum("COMPOSITE-CRC32C", "00ab")
    listed = [{"id": 7, "name": "HOT"}, {"id": 12, "name": "ALL_SSD"}]
    assert shapes.policies({"BlockStoragePolicies": {"BlockStoragePolicy": listed}}) == {7: "HOT", 12: "ALL_SSD"}
    assert [shapes.has_default(acl) for acl in ((), ("user::rwx",), ("group::r-x", "default:user::rwx"))] == [
        False, False, True,
    ]  # fmt: skip


# -- how far a clock is from ours
class Line:
    """Both ends of a line: what the NameNode's clock says, and how long each trip takes there and back."""

    def __init__(self, ahead_ms: float, trips: list[tuple[int, int]]) -> None:
        self.now_ms, self.ahead_ms, self.trips = 1_000_000.0, ahead_ms, trips
        self.made, self.did = dict[str, float](), list[str]()

    def wall_ms(self) -> float:
        return self.now_ms

    def monotonic_s(self) -> float:
        return self.now_ms / 1000 - 500

    def touch_directory(self, path: str, mode: int | None = None) -> None:
        there, back = self.trips.pop(0)
        self.now_ms += there
        self.made[path.rpartition("/")[2]] = self.now_ms + self.ahead_ms
        self.now_ms += back
        self.did.append(f"{path} {mode:o}")

    def list(self, path: str) -> Iterator[Any]:
        self.did.append(f"list {path}")
        for name, at_ms in self.made.items():
            yield SimpleNamespace(name=name, facts=SimpleNamespace(mtime_ms=at_ms))

    def discard(self, path: str) -> None:
        self.did.append(f"discard {path}")


def test_the_shortest_of_five_trips_tells_how_far_a_clock_is_to_half_of_it() -> None:
    line = Line(250.0, [(40, 60), (30, 10), (2, 4), (50, 2), (9, 9)])
    assert offset_ms(line, line, "/scratch ü") == pytest.approx(250.0 + (2 - 4) / 2)  # type: ignore[arg-type]
    made = [f"/scratch ü/{number} 700" for number in range(5)]
    assert line.did == [*made, "list /scratch ü", "discard /scratch ü"]


def test_no_trip_more_is_made_once_one_is_short_enough() -> None:
    line = Line(-250.0, [(40, 60), (4, 6), (1, 1)])
    assert offset_ms(line, line, "/s", within_ms=5.5) == pytest.approx(-250.0 - 1.0)  # type: ignore[arg-type]
    assert len(line.made) == 2


def test_what_the_clock_was_read_from_is_removed_also_after_a_failure() -> None:
    line = Line(0.0, [(1, 1)])
    with pytest.raises(IndexError):
        offset_ms(line, line, "/s")  # type: ignore[arg-type]
    assert line.did[-1] == "discard /s"
