"""A service's ledger as the stages use it: read a state, append what was decided on it (I5, I13)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import count

from hadoop_dr.domain.errors import LATER_GOES_ON, Superseded
from hadoop_dr.domain.ledger import LedgerEntry, ServiceBody, UnderClaim
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import Claim, ServiceState
from hadoop_dr.services.ledger.chain import Chain

_RACES = 16
LATELY_S = 1.0
"""For so many seconds ``read_lately`` believes what was read or appended last."""


class ServiceLedger:
    """Reads and appends; every append is a compare-and-append on the head that was read.

    Three ways to the state, by cost: ``read`` asks each time, ``read_lately`` where the last answer is older than a
    second, ``last_read`` only where there is none.

    Args:
        chain: The service's chain.
        roles: The pair's roles; their epoch and entry number go into every entry.

    Attributes:
        notes: What a person should know of appends that succeeded, until somebody takes it.
    """

    def __init__(self, chain: Chain, roles: PairState) -> None:
        self.chain, self.roles = chain, roles
        self._state = ServiceState()
        self._folded = 0
        self._turn = threading.RLock()
        self._reads = count(1)
        self._begun = 0
        self._proven_s = float("-inf")
        self.notes: list[str] = []

    def read(self) -> ServiceState:
        """The state as the deciding copy tells it now: costs a request for the entry behind the last one, at least.

        Of threads that ask while one is answered, one asks for all of them, once that answer is there: each gets what
        was read after it asked.
        """
        asked = next(self._reads)
        with self._turn:
            if self._begun > asked:
                return self._state
            self._begun, asked_s = next(self._reads), self.chain.now_s()
            try:
                state = self._fold(self.chain.entries())
                self._proven_s = asked_s
                return state
            except BaseException:
                # Nobody takes the state before for an answer.
                self._begun = 0
                raise

    def read_lately(self) -> ServiceState:
        """The state, at most ``LATELY_S`` old: costs nothing where something was read or appended since, else a read.

        For a stage that begins: whoever appended a moment ago knows as much as one who reads, and each entry that is
        decided on it is compared with what stands there.
        """
        return self._state if self.chain.now_s() - self._proven_s <= LATELY_S else self.read()

    def last_read(self) -> ServiceState:
        """The state as this process read or appended it last, however old; costs nothing but a first read.

        For what does not change under a claim, and for what an append compares anyway.
        """
        return self._state if self.chain.is_loaded else self.read()

    def take_notes(self) -> list[str]:
        """Returns the notes, once."""
        notes = [*self.notes, *self.chain.notes]
        self.notes.clear()
        self.chain.notes.clear()
        return notes

    def _fold(self, entries: Sequence[LedgerEntry]) -> ServiceState:
        if self._folded == 0 and self.chain.state is not None:
            self._state = load_state(self.chain.state)
        self._state = reduce_service(entries[self._folded :], self._state)
        self._folded = len(entries)
        return self._state

    def append(self, body: ServiceBody, run: str, seen_n: int) -> LedgerEntry:
        """Appends an entry decided on the head ``seen_n``; whatever fails once it stands is a note and no error.

        Raises:
            Superseded: Somebody appended since, or the roles have a newer epoch than the caller knows.
            Unknown: The answer was lost and could not be read back.
            Refused: The deciding copy lost entries that the other one has.
        """
        with self._turn:
            state = self.last_read()  # where somebody appended since, the chain itself refuses
            if state.highest_epoch > self.roles.epoch:
                raise Superseded(
                    self.chain.path,
                    f"epoch {self.roles.epoch} is over, the ledger is at {state.highest_epoch}",
                    "The roles have changed; start again.",
                )
            if not isinstance(body, UnderClaim):  # what is said under a claim follows it
                self.chain.refuse_shortened()
            asked_s = self.chain.now_s()
            entry = self.chain.append(body, epoch=self.roles.epoch, run=run, pair_n=self.roles.n, seen_n=seen_n)
            state = self._fold(self.chain.last_read())
            self._proven_s = asked_s
            self.notes += self.chain.checkpoint(lambda: dump_state(state))
            return entry

    def require(self, claim: Claim) -> ServiceState:
        """Makes sure that the claim is in force, by ``read``.

        Raises:
            Superseded: A later claim stands in the ledger, or the claim's point is finished.
        """
        return self._in_force(claim, self.read())

    def require_lately(self, claim: Claim) -> ServiceState:
        """Makes sure that the claim is in force, by ``read_lately``.

        Raises:
            Superseded: A later claim stands in the ledger, or the claim's point is finished.
        """
        return self._in_force(claim, self.read_lately())

    def _in_force(self, claim: Claim, state: ServiceState) -> ServiceState:
        if state.claim is None or state.claim.n != claim.n:
            by = f"by {state.claim.run} (claim {state.claim.n})" if state.claim else "or ended"
            raise Superseded(
                self.chain.path,
                f"claim {claim.n} of run {claim.run} was superseded {by}",
                LATER_GOES_ON,
            )
        return state

    def append_mine(
        self, claim: Claim, body: UnderClaim, judge: Callable[[ServiceState], None] = lambda _: None
    ) -> LedgerEntry:
        """Appends under a claim; loses to whoever superseded it, never to unrelated entries.

        What was read last serves at first: the entry has its place behind that and no other. Who added something is met
        by the entry's own number; then all is read and judged anew.

        Args:
            judge: Raises where the state that the entry would follow leaves no place for it.

        Raises:
            Superseded: The claim is not in force any more.
        """
        lost = 0
        while True:
            with self._turn:  # another thread may read meanwhile
                state, seen_n = self.read() if lost else self.last_read(), self.chain.head_n
            judge(self._in_force(claim, state))
            try:
                return self.append(body, claim.run, seen_n)
            except Superseded:
                lost += 1
                if lost == _RACES:
                    raise

    def append_decided(
        self, run: str, decide: Callable[[ServiceState], ServiceBody | None]
    ) -> LedgerEntry | None:
        """Appends what is decided on the newest state, and decides anew whenever somebody appended in between.

        Args:
            decide: Gives the body; None when nothing is to be said any more.

        Raises:
            Superseded: The roles have a newer epoch than the caller knows.
        """
        lost = 0
        while True:
            state, seen_n = self.read(), self.chain.head_n
            body = decide(state)
            if body is None:
                return None
            try:
                return self.append(body, run, seen_n)
            except Superseded:
                lost += 1
                if lost == _RACES or self.read().highest_epoch > self.roles.epoch:
                    raise
