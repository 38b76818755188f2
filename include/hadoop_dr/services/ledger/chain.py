"""One ledger chain on two sites: compare-and-append, follow.

The deciding copy is appended first; the other follows. A chain is never edited: a copy that went apart is moved aside
whole and made anew from the deciding one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from hadoop_dr.domain.errors import DrError, NotFound, Refused, Superseded, Unknown
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger import (
    CHECKPOINT_EVERY,
    GENESIS,
    Body,
    Fork,
    LedgerEntry,
    decode,
    digest,
    encode,
    entry_path,
    find_fork,
)
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.chain_copy import (
    AT_ONCE,
    ChainCopy,
    entry_digest,
    entry_there,
    from_checkpoint,
    newest_before,
    numbers_from,
    read_contents,
    read_copy,
    refuse_broken,
    refuse_partial,
)
from hadoop_dr.services.ledger.checkpoints import Checkpoint, keep_checkpoint
from hadoop_dr.services.pool import map_bounded


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
        self._extend(read_contents(self.deciding, self.path, self._copy.head_n + 1, names))
        return self._entries

    @property
    def is_loaded(self) -> bool:
        """Whether anything was read yet."""
        return self._loaded

    def now_s(self) -> float:
        """Monotonic time of the clock it was given."""
        return self._clock.monotonic_s()

    def last_read(self) -> list[LedgerEntry]:
        """The entries as this process read or appended them last; asks nobody, not even the first time."""
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
        refuse_broken(self.deciding.site, self.path, first, self._copy.head_digest, contents)
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
                f"lost it: {self._head_of(self.deciding, self.head_n)}, {self._head_of(self.follower, newest)}; later "
                "entries and their points would be forgotten",
                "Look first whether addresses or roles were changed, hadoop-dr identity of the pair shows both: then "
                f"put those right and copy nothing. Copy the ledger of {self.follower.site} over that of "
                f"{self.deciding.site} only if that one was restored from an older state; move that of "
                f"{self.follower.site} aside, if it was written by mistake",
            )
        self._is_whole = True

    def _head_of(self, files: Files, n: int) -> str:
        """Names the newest entry of a copy, with its time if it can be read."""
        try:
            content = entry_there(files, self.path, n) if n else None
            at = f" of {decode(content, entry_path(self.path, n)).at}" if content is not None else ""
        except DrError:
            at = ""
        return f"{files.site} ends with entry {n}{at}"

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
        for first in range(0, len(lacking), AT_ONCE):
            some = lacking[first : first + AT_ONCE]
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
        return numbers[-1] if numbers else newest_before(follower, self.path, start_n)

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
