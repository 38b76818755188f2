"""The JSON of WebHDFS taken apart into facts; a shape that surprises raises KeyError and its like."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from hadoop_dr.domain.tree.file_attributes import (
    Block,
    Blocks,
    Checksum,
    DiffEntry,
    DiffPage,
    DirEntry,
    FileAttributes,
    FileKind,
    Quota,
    Snapshot,
)
from hadoop_dr.ports.namenode import DataNode

Json = Any
_KINDS = {"FILE": FileKind.FILE, "DIRECTORY": FileKind.DIRECTORY, "SYMLINK": FileKind.SYMLINK}
_KEPT_XATTRS = ("user.", "trusted.")


def datanodes(live: str, dead: str) -> list[DataNode]:
    """What a NameNode tells of its DataNodes, as the texts of its two attributes; sorted by name."""
    found = {name: float(told["lastContact"]) for name, told in json.loads(live).items()}
    for name, told in json.loads(dead).items():
        if not told["decommissioned"]:
            found[name] = math.inf
    return [DataNode(name, silent_s) for name, silent_s in sorted(found.items())]


def listed(status: Json) -> DirEntry:
    """One FileStatus."""
    return DirEntry(
        name=status["pathSuffix"],
        inode=status["fileId"],
        facts=FileAttributes(
            kind=_KINDS[status["type"]],
            length=status["length"],
            owner=status["owner"],
            group=status["group"],
            mode=int(status["permission"], 8),
            replication=status["replication"],
            block_size=status["blockSize"],
            mtime_ms=status["modificationTime"],
            storage_policy=status.get("storagePolicy", 0),
            has_acl=status.get("aclBit", False),
            erasure_coding=_erasure_coding(status),
            encrypted=status.get("encBit", False),
        ),
    )


def _erasure_coding(status: Json) -> str | None:
    if not status.get("ecBit", False):
        return None
    policy = status.get("ecPolicyObj") or {}
    return str(status.get("ecPolicy") or policy.get("name") or "unknown")


def listing_page(answer: Json) -> tuple[list[DirEntry], bool]:
    """One page of LISTSTATUS_BATCH, and whether more follow."""
    listing = answer["DirectoryListing"]
    entries = [listed(status) for status in listing["partialListing"]["FileStatuses"]["FileStatus"]]
    return entries, listing["remainingEntries"] > 0 and bool(entries)


def acl(answer: Json) -> tuple[str, ...]:
    """GETACLSTATUS in full."""
    status = answer["AclStatus"]
    return full_acl(status["entries"], int(status["permission"], 8))


def xattrs(answer: Json) -> tuple[tuple[str, bytes], ...]:
    """GETXATTRS with ``encoding=HEX``, without the name spaces that belong to the system."""
    found = ((attribute["name"], _bytes_of(attribute["value"])) for attribute in answer["XAttrs"])
    return tuple(sorted((name, value) for name, value in found if name.startswith(_KEPT_XATTRS)))


def _bytes_of(value: str | None) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if value else b""


def xattr_value(value: bytes) -> str:
    """Writes a value for SETXATTR: base 64, the shortest form that takes any byte; empty stays empty."""
    return "0s" + base64.b64encode(value).decode() if value else ""


def blocks(answer: Json) -> Blocks:
    """GET_BLOCK_LOCATIONS."""
    located = answer["LocatedBlocks"]
    return Blocks(
        blocks=tuple(Block(id=one["block"]["blockId"], length=one["block"]["numBytes"])
                     for one in located["locatedBlocks"]),
        under_construction=located["isUnderConstruction"],
    )


def checksum(answer: Json) -> Checksum:
    """GETFILECHECKSUM."""
    return Checksum(algorithm=answer["FileChecksum"]["algorithm"], value=answer["FileChecksum"]["bytes"])


def quota(answer: Json) -> Quota:
    """GETQUOTAUSAGE."""
    usage = answer["QuotaUsage"]
    return Quota(namespace=usage["quota"], space_bytes=usage["spaceQuota"],
                 used_names=usage["fileAndDirectoryCount"], used_bytes=usage["spaceConsumed"],
                 by_type=tuple(sorted((name, one["quota"]) for name, one in usage["typeQuota"].items()
                                      if one["quota"] >= 0)))


def snapshots(answer: Json) -> list[Snapshot]:
    """GETSNAPSHOTLIST, oldest first."""
    found = [
        Snapshot(name=one["dirStatus"]["pathSuffix"], id=one["snapshotID"],
                 created_ms=one["dirStatus"]["modificationTime"], deleted=one.get("deletionStatus") == "DELETED")
        for one in answer["SnapshotList"] or ()
    ]
    return sorted(found, key=lambda snapshot: snapshot.id)


def snapshottable(answer: Json) -> list[str]:
    """GETSNAPSHOTTABLEDIRECTORYLIST as absolute paths, sorted."""
    return sorted(root_times(answer))


def root_times(answer: Json) -> dict[str, int]:
    """GETSNAPSHOTTABLEDIRECTORYLIST as modification times by absolute path."""
    return {path: one["dirStatus"]["modificationTime"] for path, one in _roots(answer)}


def snapshot_counts(answer: Json) -> dict[str, int]:
    """GETSNAPSHOTTABLEDIRECTORYLIST as numbers of snapshots by absolute path."""
    return {path: one["snapshotNumber"] for path, one in _roots(answer)}


def _roots(answer: Json) -> Iterator[tuple[str, Json]]:
    for one in answer["SnapshottableDirectoryList"] or ():
        yield one["parentFullPath"].rstrip("/") + "/" + one["dirStatus"]["pathSuffix"], one


def diff_page(answer: Json) -> tuple[DiffPage, str, int]:
    """One page of GETSNAPSHOTDIFFLISTING and the cursor behind it (``("", -1)`` at the end)."""
    listing = answer["SnapshotDiffReportListing"]
    modified, created, deleted = (
        tuple(DiffEntry(inode=one["fileId"], parent=one["dirId"], source=one["sourcePath"] or "",
                        target=one.get("targetPath") or None) for one in listing[key] or ())
        for key in ("modifyList", "createList", "deleteList")
    )
    return DiffPage(modified, created, deleted), listing["lastPath"] or "", listing["lastIndex"]


def policies(answer: Json) -> dict[int, str]:
    """GETALLSTORAGEPOLICY as names by id."""
    return {one["id"]: one["name"] for one in answer["BlockStoragePolicies"]["BlockStoragePolicy"]}


_DEFAULT = "default:"


def full_acl(entries: Sequence[str], mode: int) -> tuple[str, ...]:
    """Completes the entries of GETACLSTATUS to what ``setfacl`` would need to make the same ACL again.

    Args:
        entries: As answered: without owner, mask and others; the group's only when there is a mask.
        mode: The permission bits; with access entries the group bits are the mask.

    Returns:
        All entries, sorted; empty when there is no ACL beyond the mode.
    """
    if not entries:
        return ()
    owner, group, other = (_letters(mode >> shift) for shift in (6, 3, 0))
    completed = [*entries, f"user::{owner}", f"other::{other}"]
    has_access_entries = any(not entry.startswith(_DEFAULT) for entry in entries)
    completed.append(f"mask::{group}" if has_access_entries else f"group::{group}")
    return tuple(sorted(completed))


def has_default(acl: Sequence[str]) -> bool:
    """Whether an ACL says something about new children."""
    return any(entry.startswith(_DEFAULT) for entry in acl)


def _letters(bits: int) -> str:
    return "".join(letter if bits & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))


def block_ends(blocks: Blocks) -> Iterator[int]:
    """The offset behind each block."""
    end = 0
    for block in blocks.blocks:
        end += block.length
        yield end
