"""Verification of a candidate snapshot of the destination against the origin's stored facts.

Everything compared lies in documents of the destination, so the answer is the same when the origin is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.errors import Failed, NotFound
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.paths import join
from hadoop_dr.domain.paths import parent as parent_of
from hadoop_dr.domain.plan.unchanged_bytes import within
from hadoop_dr.domain.plan.work_order import StagedFile
from hadoop_dr.domain.tree.attribute_comparison import (
    OriginChecksum,
    Verdict,
    by_parent,
    checksum_answer,
    differences,
    differing_fields,
)
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, DirEntry, FileAttributes
from hadoop_dr.domain.tree.intended import lowered
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.ports.mover import Did, Digest, Mover, Outcome, Read
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import BoundedPool

READ_BACK_BYTES = 16 << 20
"""Files up to this size are read back; of larger ones the checksums are compared."""
_THREADS = 16


@dataclass(frozen=True, slots=True)
class RootFacts:
    """The stored facts of one root, which its candidate is compared with.

    Attributes:
        root: The directory.
        snapshot: Candidate snapshot on the destination.
        items: The touched items.
        digests: SHA-256 and length of the staged bytes, by origin inode id.
        checksums: Of large files and tails, by origin inode id.
        whole: Items planned as tails whose bytes were staged as whole files.
    """

    root: str
    snapshot: str
    items: Sequence[Item]
    digests: Mapping[int, tuple[str, int]]
    checksums: Mapping[int, OriginChecksum]
    whole: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls, root: str, snapshot: str, items: Sequence[Item], staged: Mapping[int, StagedFile],
        checksums: Mapping[int, OriginChecksum],
    ) -> RootFacts:
        """Gathers it from the items of a root and what was recorded of staging them, by origin inode id."""
        proofs = {item.inode: staged[item.inode] for item in items if item.inode in staged}
        digests = {inode: (proof.sha256, proof.length) for inode, proof in proofs.items()}
        whole = frozenset(inode for inode, proof in proofs.items() if proof.offset == 0)
        return cls(root, snapshot, items, digests, checksums, whole)

    @property
    def tails(self) -> frozenset[int]:
        """Items of which only the bytes from ``keep_bytes`` on were staged."""
        return frozenset(i.inode for i in self.items if i.content is Content.TAIL) - self.whole

    @property
    def base(self) -> str:
        """Where the candidate is read."""
        return f"{self.root}/.snapshot/{self.snapshot}"


class Candidate:
    """A candidate snapshot: asked for item by item, or read from a full listing.

    Args:
        destination: The site.
        base: Path of the snapshot.
        listing: All that lies in it, by path relative to it; None to ask.
    """

    def __init__(self, destination: NameNode, base: str, listing: Mapping[str, DirEntry] | None = None) -> None:
        self._destination, self._base, self._listing = destination, base, listing

    def children(self, directory: str, names: Iterable[str]) -> dict[str, DirEntry]:
        """Returns those of the names that lie in a directory."""
        if self._listing is not None:
            paths = {name: join(directory, name) for name in names}
            return {name: self._listing[path] for name, path in paths.items() if path in self._listing}
        try:
            listed = self._destination.list(f"{self._base}/{directory}".rstrip("/"))
            return {child.name: child for child in listed}
        except NotFound:
            return {}

    def holds(self, path: str) -> bool:
        """Whether something lies at a path."""
        if self._listing is not None:
            return path in self._listing
        try:
            self._destination.status(f"{self._base}/{path}")
        except NotFound:
            return False
        return True


class VerifyRoot:
    """Compares one root's candidate snapshot with the facts.

    Args:
        destination: The site the candidate lies on.
        mover: Reads files of that site back.
        heartbeat: Called for every object looked at.
    """

    def __init__(self, destination: NameNode, mover: Mover, heartbeat: Callable[[int], None]) -> None:
        self._destination, self._mover, self._heartbeat = destination, mover, heartbeat

    def run(self, facts: RootFacts, listing: Mapping[str, DirEntry] | None = None) -> Verdict:
        """Returns the verdict over attributes, extended attributes, absence of what went, and content.

        Args:
            listing: A full listing of the candidate by path, if there is one.
        """
        verdict = Verdict()
        expected = {item.new: item.now for item in facts.items if item.new is not None and item.now is not None}
        candidate = Candidate(self._destination, facts.base, listing)
        wrong = self._attributes(facts, expected, candidate, verdict)
        self._gone(facts, expected, candidate, verdict)
        self._extras(facts, wrong, verdict)
        self._content(facts, wrong, verdict)
        return verdict

    def _attributes(
        self, facts: RootFacts, expected: Mapping[str, FileAttributes], candidate: Candidate, verdict: Verdict
    ) -> set[str]:
        wrong: set[str] = set()
        groups = by_parent(expected)
        with BoundedPool(_THREADS) as pool:
            listings = pool.map(lambda parent: candidate.children(parent, groups[parent]), groups)
            for parent, found in zip(groups, listings, strict=True):
                for name, want in groups[parent].items():
                    path = f"{parent}/{name}" if parent else name
                    if not self._one(facts.root, path, want, found.get(name), verdict):
                        wrong.add(path)
                self._heartbeat(len(found))
        if (root := expected.get("")) is not None:
            self._one(facts.root, "", root, self._destination.status(facts.base), verdict)
        return wrong

    def _one(
        self, root: str, path: str, want: FileAttributes, found: DirEntry | None, verdict: Verdict
    ) -> bool:
        if found is None:
            verdict.mismatch.append(Finding(root, path, "missing"))
            return False
        fields = differing_fields(want, found.facts, untimed=not path)
        if fields:
            verdict.mismatch.append(Finding(root, path, differences(fields, want, found.facts)))
            return False
        verdict.match += 1
        verdict.lowered += lowered(root, path, want, found.facts)
        return True

    def _gone(
        self, facts: RootFacts, expected: Mapping[str, FileAttributes], candidate: Candidate, verdict: Verdict
    ) -> None:
        """What went must not lie at its old path, unless something else came there."""
        renamed = {item.old: item.new for item in facts.items if item.old is not None and item.new is not None}
        went = [
            item.old
            for item in facts.items
            if item.new is None and item.old is not None and item.old not in expected
            and not _any_moved(parent_of(item.old), renamed)
        ]
        with BoundedPool(_THREADS) as pool:
            for path, there in zip(went, pool.map(candidate.holds, went), strict=True):
                if there:
                    verdict.mismatch.append(Finding(facts.root, path, "still exists, but was deleted on the origin"))
                else:
                    verdict.match += 1

    def _extras(self, facts: RootFacts, wrong: set[str], verdict: Verdict) -> None:
        items = [
            i
            for i in facts.items
            if i.new is not None
            and i.new not in wrong
            and (i.is_dir or i.now_extras != i.was_extras or i.now_extras.acl or i.now_extras.xattrs)
        ]
        with BoundedPool(_THREADS) as pool:
            read = pool.map(lambda item: self._read_extras(facts, item), items)
            for item, found in zip(items, read, strict=True):
                if found.acl != item.now_extras.acl:
                    what = f"ACL {found.acl} instead of {item.now_extras.acl}"
                    verdict.mismatch.append(Finding(facts.root, item.new or "", what))
                if found.xattrs != item.now_extras.xattrs:
                    names = sorted({name for name, _ in {*found.xattrs, *item.now_extras.xattrs}})
                    what = f"extended attributes differ ({', '.join(names)})"
                    verdict.mismatch.append(Finding(facts.root, item.new or "", what))
                self._heartbeat(1)

    def _read_extras(self, facts: RootFacts, item: Item) -> AclAndXattrs:
        """Whether there is an ACL the attributes say, which are compared before."""
        acl = item.now is None or item.now.has_acl
        return self._destination.extras(f"{facts.base}/{item.new}".rstrip("/"), acl=acl)

    def _content(self, facts: RootFacts, wrong: set[str], verdict: Verdict) -> None:
        changed = [
            i
            for i in facts.items
            if i.new is not None
            and i.new not in wrong
            and i.now is not None
            and not i.now.is_dir
            and i.content is not Content.SAME
            and i.now.length > 0
        ]
        by_sum = [i for i in changed if i.inode in facts.checksums]
        again: list[Item] = [i for i in changed if i.inode not in facts.checksums]
        with BoundedPool(_THREADS) as pool:
            for item, answer in zip(by_sum, pool.map(lambda i: self._by_checksum(facts, i), by_sum), strict=True):
                if answer is None:
                    again.append(item)
                elif not answer:
                    verdict.mismatch.append(Finding(facts.root, item.new or "", "content differs (HDFS checksum)"))
                self._heartbeat(1)
        self._read_back(facts, again, verdict)

    def _by_checksum(self, facts: RootFacts, item: Item) -> bool | None:
        try:
            found = origin_checksum(self._destination, f"{facts.base}/{item.new}")
        except Failed as error:
            if error.retryable:
                raise
            return None  # reading it back shows what is wrong with it
        return checksum_answer(facts.checksums[item.inode], found)

    def _read_back(self, facts: RootFacts, items: Sequence[Item], verdict: Verdict) -> None:
        if not items:
            return
        by_inode, tails = {item.inode: item for item in items}, facts.tails

        def reads() -> Iterator[Read]:
            for item in items:
                assert item.now is not None
                start = item.keep_bytes if item.inode in tails else 0
                yield Read(item.inode, f"{facts.base}/{item.new}", start, item.now.length - start)

        for answer in self._mover.digest(reads()):
            item = by_inode[answer.key]
            path = item.new or ""
            if isinstance(answer, Outcome):
                what = f"could not be read back ({answer.did.value} {answer.detail})".rstrip()
                verdict.unread(Finding(facts.root, path, what, answer.did is not Did.UNKNOWN))
            else:
                tail, want = item.inode in tails, facts.digests.get(item.inode)
                if (found := self._finding(facts.root, path, tail, want, answer)) is not None:
                    (verdict.mismatch if found.settled else verdict.cannot_tell).append(found)
            self._heartbeat(1)

    @staticmethod
    def _finding(root: str, path: str, tail: bool, want: tuple[str, int] | None, found: Digest) -> Finding | None:
        """Returns what the digest of the bytes that were read says; it is not settled where that is too little."""
        if want is None:
            return Finding(root, path, "no digest of its bytes was stored", settled=False)
        if want != (found.sha256, found.length):
            return Finding(root, path, "content differs (SHA-256)")
        problem = "only its new bytes could be compared, block lengths differ"
        return Finding(root, path, problem, settled=False) if tail else None


def origin_checksum(namenode: NameNode, path: str) -> OriginChecksum:
    """Reads a file's HDFS checksum with the block lengths that make it comparable."""
    # In a snapshot a NameNode shows the last block as it has grown since; the checksum is of the snapshot's length.
    blocks = within(namenode.blocks(path), namenode.status(path).facts.length)
    return OriginChecksum(namenode.checksum(path), tuple(block.length for block in blocks.blocks if block.length))


def needs_checksum(item: Item) -> bool:
    """Whether content is proven by HDFS checksum: a tail, or more bytes than are read back."""
    if item.now is None or item.now.is_dir or item.content is Content.SAME:
        return False
    return item.content is Content.TAIL or item.now.length > READ_BACK_BYTES


def _any_moved(path: str, renamed: Mapping[str, str]) -> bool:
    while path:
        if path in renamed and renamed[path] != path:
            return True
        path = path.rpartition("/")[0]
    return False
