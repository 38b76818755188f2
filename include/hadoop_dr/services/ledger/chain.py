"""One ledger chain on two sites: read, find_fork-and-append, follow (DESIGN.md section 7).

The deciding copy is appended first; the other follows. A chain is never edited: a copy that went apart is moved aside
whole and made anew from the deciding one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hadoop_dr.domain.errors import DrError, NotFound, Protocol, Refused, Superseded, Unknown
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger import (
    CHECKPOINT_EVERY,
    GENESIS,
    Body,
    Fork,
    LedgerEntry,
    broken_at,
    decode,
    digest,
    encode,
    entry_path,
    find_fork,
)
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.checkpoints import Checkpoint, keep_checkpoint, newest_checkpoint
from hadoop_dr.services.pool import BoundedPool, map_bounded

_READERS = 16


@dataclass(frozen=True, slots=True)
class ChainCopy:
    """One site's copy of a chain from some entry on, as bytes.

    Attributes:
        start_n: Number of the first entry of ``contents``; entries before it are vouched for by a checkpoint.
        start_prev: Digest of the entry before ``start_n``.
        state: Reduced state at the checkpoint, as written by the caller; None when read from the first entry.
    """

    start_n: int
    start_prev: str
    contents: tuple[bytes, ...]
    state: Mapping[str, Any] | None = None

    @property
    def head_n(self) -> int:
        """Number of the newest entry; 0 for an empty chain."""
        return self.start_n + len(self.contents) - 1

    @property
    def head_digest(self) -> str:
        """Digest of the newest entry."""
        return digest(self.contents[-1]) if self.contents else self.start_prev

    def digests(self) -> list[str]:
        """Digests of the entries, in order."""
        return [digest(content) for content in self.contents]

_FULL = 999
"""The last entry of a chain's first directory."""


class Chain:
    """A chain with its deciding copy and the copy that follows.

    Args:
        path: Directory of the chain, the same on both sites.
        deciding: Documents of the site whose copy decides.
        follower: Documents of the other site; None while it cannot be reached.
        clock: For the time written into entries.
        checkpoint_every: Distance of checkpoints, in entries.

    Attributes:
        notes: What a person should know of copies that were set aside.
    """

    def __init__(
        self,
        path: str,
        deciding: Files,
        follower: Files | None,
        clock: Clock,
        checkpoint_every: int = CHECKPOINT_EVERY,
    ) -> None:
        self._checkpoint_every = checkpoint_every
        self.path, self.deciding, self.follower, self._clock = path, deciding, follower, clock
        self._copy = ChainCopy(1, GENESIS, ())
        self._entries: list[LedgerEntry] = []
        self._loaded = False
        self._followed_n = 0
        self._seen_n: int | None = None
        self._is_whole = False
        self.notes: list[str] = []

    def entries(self) -> list[LedgerEntry]:
        """Reads what is new in the deciding copy; gives all entries since the first or a checkpoint, proven one chain.

        Raises:
            Protocol: An entry does not follow the one before it.
        """
        names = self.deciding.names
        if not self._loaded:
            self._copy, self._loaded, names = from_checkpoint(self.deciding, self.path), True, cache(names)
            refuse_partial(self.deciding.site, self.path, self._copy.head_n, names)
        self._extend(_read_contents(self.deciding, self.path, self._copy.head_n + 1, names))
        return self._entries

    @property
    def is_loaded(self) -> bool:
        """Whether anything was read yet."""
        return self._loaded

    def now_s(self) -> float:
        """Monotonic time of the clock it was given."""
        return self._clock.monotonic_s()

    def known(self) -> list[LedgerEntry]:
        """Gives the entries as of what was read or appended last, and asks nobody."""
        return self._entries

    @property
    def state(self) -> Mapping[str, Any] | None:
        """The checkpoint's state that the entries build on; None when they begin at the first."""
        return self._copy.state

    @property
    def head_n(self) -> int:
        """Number of the newest entry read or written so far."""
        return self._copy.head_n

    def _extend(self, contents: Sequence[bytes]) -> None:
        first = self._copy.head_n + 1
        _refuse_broken(self.deciding.site, self.path, first, self._copy.head_digest, contents)
        self._entries += [decode(c, entry_path(self.path, n)) for n, c in enumerate(contents, first)]
        self._copy = ChainCopy(
            self._copy.start_n, self._copy.start_prev, self._copy.contents + tuple(contents), self._copy.state
        )

    def append(self, body: Body, *, epoch: int, run: str, pair_n: int, seen_n: int) -> LedgerEntry:
        """Appends one entry behind the one the caller decided on.

        Args:
            seen_n: Number of the newest entry the caller had read when it decided.

        Raises:
            Superseded: Somebody appended first; read again and decide anew.
            Unknown: The answer was lost and could not be read back.
        """
        # Where nobody was first nothing can have come since: the entry's own name says so, and one is not read again.
        if not self._loaded or self._copy.head_n != seen_n:
            self.entries()
        if self._copy.head_n != seen_n:
            raise Superseded(self.path, f"entry {seen_n + 1} was written by another run", "Read again and decide anew.")
        entry = LedgerEntry(
            n=seen_n + 1,
            epoch=epoch,
            run=run,
            at=iso(self._clock.wall_ms()),
            body=body,
            prev=self._copy.head_digest,
            pair_n=pair_n,
        )
        content = encode(entry)
        if not self._publish(entry_path(self.path, entry.n), content):
            raise Superseded(self.path, f"entry {entry.n} was written by another run", "Read again and decide anew.")
        self._extend((content,))
        return entry

    def _publish(self, path: str, content: bytes) -> bool:
        """Writes an entry where there is none; whether it is this one that stands there afterwards (I11).

        Raises:
            Unknown: It cannot be told, or the entry is not there and may still come.
        """
        try:
            if self.deciding.append_new(path, content):
                return True
        except Unknown as lost:
            there = self._read_back(path, lost)
            if there is None:
                raise
            return there == content
        return self._read_back(path) == content

    def _read_back(self, path: str, lost: Unknown | None = None) -> bytes | None:
        try:
            return self.deciding.get(path)
        except NotFound:
            return None
        except DrError as silent:
            raise lost or Unknown(
                path,
                f"this entry may or may not be ours: {silent.problem}",
                "Run the same again: it reads the ledger first.",
            ) from silent

    def checkpoint(self, state: Callable[[], Mapping[str, Any]]) -> list[str]:
        """Keeps the reduced state now and then, so that a reader need not start at the first one.

        Args:
            state: Gives it; only asked when it is kept, for it says all there is.

        Returns:
            On which site it could not be kept and why. Nothing is lost by it but time: readers begin at an older one.
        """
        n = self._copy.head_n
        if n % self._checkpoint_every:
            return []
        kept = Checkpoint(n, self._copy.head_digest, state())
        if self.follower is None:
            return keep_checkpoint([self.deciding], self.path, kept)
        if behind := self.follow():  # a checkpoint beside fewer entries than it speaks of tells of a partial restore
            left = keep_checkpoint([self.deciding], self.path, kept)
            return [*left, f"the checkpoint of ledger entry {n} is not on {self.follower.site}: {behind}"]
        return keep_checkpoint([self.deciding, self.follower], self.path, kept)

    def refuse_shortened(self) -> None:
        """Makes sure, once, that the deciding copy did not lose what the other one still has.

        It is appended first, so whatever the other copy has was once in it. Where it ends earlier it was restored or
        damaged; who went on there would take all that came later for never said, and set the longer copy aside.

        Raises:
            Refused: It ends earlier. Nothing was written.
        """
        if self._is_whole or self.follower is None:
            return
        if not self._loaded:
            self.entries()
        path = entry_path(self.path, self.head_n + 1)
        try:
            newest = self._newest_of(self.follower, self._copy.start_n)
        except DrError:
            return  # a copy that does not answer says nothing
        self._seen_n = newest
        # It may have come to both since ours was read.
        if newest > self.head_n and entry_there(self.deciding, self.path, self.head_n + 1) is None:
            raise Refused(
                path,
                f"{self.follower.site} has this entry of the ledger and {self.deciding.site}, whose copy decides, has "
                "lost it: later entries and their points would be forgotten",
                f"Copy the ledger of {self.follower.site} over that of {self.deciding.site}, if that one was restored "
                f"from an older state; move that of {self.follower.site} aside, if it was written by mistake",
            )
        self._is_whole = True

    def follow(self) -> str | None:
        """Brings the other copy to the deciding one's head.

        Returns:
            None when both are in step, else why the other one is behind (its site did not answer).
        """
        if self.follower is None:
            return "the other site is not reachable"
        try:
            return self._follow(self.follower)
        except DrError as error:
            return str(error)  # also Unknown: the next follow looks what is there

    def _follow(self, follower: Files) -> str | None:
        mine = ChainCopy(self._copy.start_n, self._copy.start_prev, self._copy.contents)
        # Both were in step up to where this process brought it; a chain is never edited.
        if self._followed_n and self._written_from(follower, mine, self._followed_n) is None:
            return None
        self._followed_n = 0
        mine, head_n = self._head_in_step(follower, mine) or self._compared(follower, mine)
        return self._written_from(follower, mine, head_n)

    def _written_from(self, follower: Files, mine: ChainCopy, head_n: int) -> str | None:
        """Writes what follows an entry; says which one is another than ours."""
        lacking = [(n, mine.contents[n - mine.start_n]) for n in range(head_n + 1, mine.head_n + 1)]
        for first in range(0, len(lacking), _READERS):
            some = lacking[first : first + _READERS]
            if len(some) > 1:  # their bytes go side by side; their names come one after the other
                for _ in map_bounded(lambda one: follower.prepare(entry_path(self.path, one[0]), one[1]), some):
                    pass
            for n, content in some:
                path = entry_path(self.path, n)
                if not follower.append_new(path, content) and follower.get(path) != content:
                    return f"entry {n} on {follower.site} was written by somebody else meanwhile"
        self._followed_n = mine.head_n
        return None

    def _head_in_step(self, follower: Files, mine: ChainCopy) -> tuple[ChainCopy, int] | None:
        """Our copy, and the number of the other's newest entry if that equals ours: it vouches for all before it."""
        # What was seen a moment ago will do: an entry that has come since is the one that we would write.
        seen_n, self._seen_n = self._seen_n, None
        n = self._newest_of(follower, mine.start_n) if seen_n is None else seen_n
        if n > mine.head_n or n == 0:
            return None
        there = entry_there(follower, self.path, n)
        if n >= mine.start_n:
            return (mine, n) if there == mine.contents[n - mine.start_n] else None
        # Our checkpoint lies beyond the other copy, which lacks what is appended after a run brought it in step.
        if there is None or there != entry_there(self.deciding, self.path, n):
            return None
        return read_copy(self.deciding, self.path, n + 1, digest(there)), n

    def _newest_of(self, follower: Files, start_n: int) -> int:
        """Number of the newest entry of the other copy; 0 if it has none."""
        numbers = numbers_from(follower, self.path, start_n)
        return numbers[-1] if numbers else _newest_before(follower, self.path, start_n)

    def _compared(self, follower: Files, mine: ChainCopy) -> tuple[ChainCopy, int]:
        """Compares entry by entry; a copy that went apart is moved aside whole and begun anew."""
        mine, there = self._both(follower, mine)
        if not find_fork(mine.digests(), there.digests()):
            return mine, there.head_n
        aside = f"{self.path}.fork-{there.head_n}-{there.head_digest[:12]}"
        follower.move(self.path, aside)
        self.notes.append(
            f"the ledger on {follower.site} said something else than the one that decides and lies at {aside} now; "
            "points that only it has do not count"
        )
        return read_copy(self.deciding, self.path, 1, GENESIS), 0

    def _both(self, follower: Files, mine: ChainCopy) -> tuple[ChainCopy, ChainCopy]:
        """Reads both copies from one and the same entry: where ours begins, if the other has all before it as ours."""
        if entry_digest(follower, self.path, mine.start_n - 1) != mine.start_prev:
            return read_copy(self.deciding, self.path, 1, GENESIS), read_copy(follower, self.path, 1, GENESIS)
        return mine, read_copy(follower, self.path, mine.start_n, mine.start_prev)

    def fork(self) -> Fork | None:
        """Compares the copies entry by entry.

        Returns:
            Where they went apart; None when one is the beginning of the other or the other site does not answer.
        """
        if self.follower is None:
            return None
        self.entries()
        mine, there = self._both(self.follower, self._copy)
        return find_fork(mine.digests(), there.digests(), mine.start_n)


def _refuse_broken(site: str, path: str, start_n: int, start_prev: str, contents: Sequence[bytes]) -> None:
    wrong = broken_at(start_n, start_prev, contents, path)
    if wrong:
        raise Protocol(
            entry_path(path, wrong[0]),
            f"broken chain on {site}: {wrong[1]}",
            "Compare both copies: hadoop-dr ledger check.",
        )


def entry_there(files: Files, path: str, n: int) -> bytes | None:
    """Reads one entry of a copy, or None."""
    try:
        return files.get(entry_path(path, n))
    except NotFound:
        return None


def entry_digest(files: Files, path: str, n: int) -> str | None:
    """Gives the digest of one entry of a copy, of the one before the first the one that every chain begins with."""
    if n == 0:
        return GENESIS
    content = entry_there(files, path, n)
    return None if content is None else digest(content)


def numbers_from(files: Files, path: str, start_n: int, names: Callable[[str], list[str]] | None = None) -> list[int]:
    """Lists the numbers of a copy's entries from one on.

    Args:
        names: Lists a directory, where the caller keeps what was listed before.

    Raises:
        Protocol: One between them is missing.
    """
    numbers: list[int] = []
    n, names = start_n, names or files.names
    while True:
        found = sorted(int(name[:12]) for name in names(f"{path}/{n // 1000}") if name[:12].isdigit())
        fresh = [number for number in found if number >= n]
        numbers += fresh
        if not fresh or fresh[-1] % 1000 != 999:
            break
        n = fresh[-1] + 1
    if numbers != list(range(start_n, start_n + len(numbers))):
        missing = sorted(set(range(start_n, numbers[-1])) - set(numbers))
        raise Protocol(
            entry_path(path, missing[0]),
            f"ledger entry is missing on {files.site}",
            "Restore it from the other site: hadoop-dr ledger check.",
        )
    return numbers


def refuse_partial(site: str, path: str, n: int, names: Callable[[str], list[str]]) -> None:
    """Refuses a copy whose checkpoint says more than its entries: one of today beside entries of last week.

    Args:
        n: Number of the checkpoint's entry; 0 without one.
        names: Lists a directory of the copy.

    Raises:
        Protocol: The entry, or one before it in its directory, is missing.
    """
    if n == 0:
        return
    first = max(1, n // 1000 * 1000)
    there = {int(name[:12]) for name in names(f"{path}/{n // 1000}") if name[:12].isdigit()}
    missing = next((one for one in range(first, n + 1) if one not in there), None)
    if missing is not None:
        raise Protocol(
            entry_path(path, missing),
            f"this entry is missing on {site}, and its checkpoint of entry {n} is newer: it was restored in part",
            "Restore the whole ledger from the other site: hadoop-dr ledger check.",
        )


def _newest_before(files: Files, path: str, start_n: int) -> int:
    """Gives the number of a copy's newest entry where it has none from this one on; 0 if it has none at all."""
    for thousand in range((start_n - 1) // 1000, -1, -1):
        if found := [int(name[:12]) for name in files.names(f"{path}/{thousand}") if name[:12].isdigit()]:
            return max(found)
    return 0


def newest_entry(files: Files, path: str) -> tuple[int, bytes]:
    """Gives number and bytes of the newest entry of a chain in its first directory; (0, b"") of a longer one."""
    numbers = [int(name[:12]) for name in files.names(f"{path}/0") if name[:12].isdigit()]
    n = max(numbers, default=0)
    return (0, b"") if n in (0, _FULL) else (n, files.get(entry_path(path, n)))


def from_checkpoint(files: Files, path: str) -> ChainCopy:
    """Gives a copy of a chain as its newest checkpoint vouches for it, without any entry; an empty one if it has none.

    Raises:
        Protocol: The checkpoint is none.
    """
    kept = newest_checkpoint(files, path)
    return ChainCopy(1, GENESIS, ()) if kept is None else ChainCopy(kept.n + 1, kept.digest, (), kept.state)


def read_shortened(files: Files, path: str, checkpoint_every: int) -> ChainCopy:
    """Reads one site's copy from its newest checkpoint; a chain too short to have one costs no look for it.

    Raises:
        Protocol: An entry does not follow the one before it.
    """
    names = cache(files.names)
    kept = ChainCopy(1, GENESIS, ()) if len(names(f"{path}/0")) < checkpoint_every else from_checkpoint(files, path)
    refuse_partial(files.site, path, kept.head_n, names)
    contents = _read_contents(files, path, kept.start_n, names)
    _refuse_broken(files.site, path, kept.start_n, kept.start_prev, contents)
    return ChainCopy(kept.start_n, kept.start_prev, contents, kept.state)


def read_copy(files: Files, path: str, start_n: int, start_prev: str) -> ChainCopy:
    """Reads one site's copy of a chain from an entry on."""
    return ChainCopy(start_n, start_prev, _read_contents(files, path, start_n))


def _read_contents(
    files: Files, path: str, start_n: int, names: Callable[[str], list[str]] | None = None
) -> tuple[bytes, ...]:
    """Reads the entries of a copy from one on; they are fetched side by side, in order."""
    numbers = numbers_from(files, path, start_n, names)
    if len(numbers) <= 2:
        return tuple(files.get(entry_path(path, number)) for number in numbers)
    with BoundedPool(min(_READERS, len(numbers))) as pool:
        return tuple(pool.map(lambda number: files.get(entry_path(path, number)), numbers))
