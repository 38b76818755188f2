"""Comparing what was found on the destination with the origin's stored facts: match, mismatch, or cannot tell (I9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.tree.file_attributes import Checksum, FileAttributes
from hadoop_dr.domain.tree.intended import Lowered


@dataclass(frozen=True, slots=True)
class OriginChecksum:
    """A large file of the origin as its own DataNodes summed it up, and the block lengths that make sums comparable."""

    checksum: Checksum
    block_lengths: tuple[int, ...]


@dataclass(slots=True)
class Verdict:
    """Three answers, each about named objects.

    Attributes:
        match: How many objects are equal in everything that was looked at.
        mismatch: Objects that differ, with the fields.
        cannot_tell: Objects that could not be compared, with the reason.
        unreadable: Those of them that a site answered for and could not read.
        lowered: What of objects that are equal is less than was intended.
    """

    match: int = 0
    mismatch: list[Finding] = field(default_factory=list)
    cannot_tell: list[Finding] = field(default_factory=list)
    unreadable: list[Finding] = field(default_factory=list)
    lowered: list[Lowered] = field(default_factory=list)

    def add(self, other: Verdict) -> None:
        """Takes in another verdict."""
        self.match += other.match
        self.mismatch += other.mismatch
        self.cannot_tell += other.cannot_tell
        self.unreadable += other.unreadable
        self.lowered += other.lowered

    def unread(self, found: Finding) -> None:
        """Takes in an object whose bytes could not be read back."""
        self.cannot_tell.append(found)
        if found.settled:
            self.unreadable.append(found)

    @property
    def word(self) -> str:
        """The verdict in one word, the worst first."""
        return "mismatch" if self.mismatch else "cannot tell" if self.cannot_tell else "match"


def differing_fields(expected: FileAttributes, found: FileAttributes, *, untimed: bool = False) -> list[str]:
    """Names the attributes that differ.

    Args:
        untimed: Leave the modification time out, as for a root: taking a snapshot sets it, on both sites at different
            times.
    """
    names = ["kind", "length", "owner", "group", "mode", "replication", "block_size", "storage_policy", "has_acl"]
    if expected.is_dir:
        names = ["kind", "owner", "group", "mode", "storage_policy", "has_acl"]
    if not untimed:
        names.append("mtime_ms")
    return [name for name in names if getattr(expected, name) != getattr(found, name)]


def say_difference(path: str, fields: Iterable[str], expected: FileAttributes, found: FileAttributes) -> str:
    """Writes one mismatch so that a person sees both values."""
    return f"{path}: {differences(fields, expected, found)}"


def differences(fields: Iterable[str], expected: FileAttributes, found: FileAttributes) -> str:
    """Writes both values of the attributes in which something differs."""
    return ", ".join(f"{name} {_show(name, found)} instead of {_show(name, expected)}" for name in fields)


def _show(name: str, facts: FileAttributes) -> str:
    value = getattr(facts, name)
    return f"{value:o}" if name == "mode" else str(getattr(value, "value", value))


def checksum_answer(expected: OriginChecksum, found: OriginChecksum) -> bool | None:
    """Compares two HDFS checksums; None when unequal block lengths make them say nothing."""
    if expected.block_lengths != found.block_lengths or expected.checksum.algorithm != found.checksum.algorithm:
        return None
    return expected.checksum.value == found.checksum.value


def by_parent(paths: Mapping[str, FileAttributes]) -> dict[str, dict[str, FileAttributes]]:
    """Groups paths relative to a root by the directory to list; the root itself ("") is left out."""
    groups: dict[str, dict[str, FileAttributes]] = {}
    for path, facts in paths.items():
        if path:
            parent, _, name = path.rpartition("/")
            groups.setdefault(parent, {})[name] = facts
    return groups
