"""Who owns a root, in the pair's ledger: appended before a directory gets snapshots.

What this process read of the pair's ledger when it began tells whether a root is new; only then anything is asked or
written. One entry is about all new roots of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from hadoop_dr.domain.check_results import Result
from hadoop_dr.domain.errors import OwnedElsewhere, Superseded
from hadoop_dr.domain.ledger import PAIR_CHECKPOINT_EVERY, LedgerEntry, pair_chain
from hadoop_dr.domain.ledger.bodies.pair import ClustersBound, RootsOwned, RootsReleased
from hadoop_dr.domain.ledger.entry_kinds import PairBody
from hadoop_dr.domain.roots.owners import Clash, clashes, contested, owner_results
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state, load_pair_state, reduce_pair
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.chain_copy import numbers_from

_Said = TypeVar("_Said", bound=PairBody)
_RACES = 1000
_SHOWN = 3


class RootOwners:
    """Owns and releases roots of one service.

    Args:
        pair: Name of the pair.
        service: The service.
        deciding: Documents of the site whose copy decides.
        follower: Documents of the other site; None while it cannot be reached.
        roles: The pair's state as it was read when this process began.
        declared: Directories of every policy of the pair by service, as far as this controller's files tell.
    """

    def __init__(
        self,
        pair: str,
        service: str,
        deciding: Files,
        follower: Files | None,
        clock: Clock,
        roles: PairState,
        declared: Mapping[str, Sequence[str]],
    ) -> None:
        self._service, self._declared, self._roles = service, declared, roles
        self._chain = Chain(pair_chain(pair), deciding, follower, clock, PAIR_CHECKPOINT_EVERY)
        self._state, self._folded = roles, 0

    @property
    def mine(self) -> list[str]:
        """Roots the service owns, as far as was read."""
        return self._state.owned_by(self._service)

    @property
    def known_n(self) -> int:
        """Number of the newest entry of the pair's ledger that was read or written here."""
        return self._state.n

    def pair_state(self, *, again: bool = False) -> PairState:
        """Gives what the pair's ledger says, as far as was read.

        Args:
            again: Looks whether something came since: one request where nothing did.

        Raises:
            Superseded: The epoch is over.
        """
        if again and numbers_from(self._chain.deciding, self._chain.path, self._state.n + 1):
            self._read()
        return self._state

    def beside(self) -> dict[str, list[str]]:
        """Directories of the other services: what they own, as far as was read, and what their policies declare."""
        found = {name: list(paths) for name, paths in self._declared.items() if name != self._service}
        for root, owner in self._state.owners.items():
            if owner != self._service:
                found.setdefault(owner, []).append(root)
        return found

    def clashes(self, roots: Iterable[str]) -> list[Clash]:
        """Returns what of these directories may not be a root of the service, as far as was read."""
        return clashes(self._service, roots, self._state.owners, self._declared)

    def look(self, roots: Sequence[str], *, again: bool) -> list[Result]:
        """Says what a run would be refused for, and what other services declare of what this one owns.

        Args:
            again: Reads the ledger anew: HDFS shows what it did not tell when this process began.
        """
        if again:
            self._read()
        return [
            *owner_results(self.clashes(roots)),
            *contested(self._service, roots, self._state.owners, self._declared),
        ]

    def own(self, roots: Sequence[str], run: str, check_claim: Callable[[], None]) -> None:
        """Makes the service the owner of roots; those it owns already cost nothing. Safe to repeat.

        Args:
            check_claim: Raises when the run does not hold the service's claim any more.

        Raises:
            OwnedElsewhere: Another service has one of them; nothing was written.
            Superseded: The claim or the epoch is over.
            Unknown: The answer was lost and could not be read back.
        """

        def new() -> RootsOwned | None:
            self.refuse(self.clashes(roots))
            lacking = sorted(root for root in roots if self._state.owners.get(root) != self._service)
            return RootsOwned(self._service, tuple(lacking)) if lacking else None

        if any(self._state.owners.get(root) != self._service for root in roots):
            self._append(new, run, check_claim)

    def release(self, roots: Iterable[str] | None, run: str, check_claim: Callable[[], None]) -> list[str]:
        """Gives roots up, all of the service's when none are named; what it does not own is left alone.

        Whoever calls this has made sure that they have no snapshot of the service and cannot get one.

        Returns:
            Those that were given up.

        Raises:
            Superseded: The claim or the epoch is over.
            Unknown: The answer was lost and could not be read back.
        """
        wanted = None if roots is None else frozenset(roots)

        def given_up() -> RootsReleased | None:
            found = tuple(root for root in self.mine if wanted is None or root in wanted)
            return RootsReleased(self._service, found) if found else None

        released = self._append(given_up, run, check_claim)
        return list(released.roots) if released else []

    def bind_clusters(self, clusters: Mapping[str, str], run: str, check_claim: Callable[[], None]) -> None:
        """Records which cluster each site is, unless somebody has. Safe to repeat.

        Raises:
            Superseded: The claim or the epoch is over.
            Unknown: The answer was lost and could not be read back.
        """
        self._append(lambda: None if self._state.clusters else ClustersBound(clusters), run, check_claim)

    def follow(self) -> None:
        """Brings the other copy of the pair's ledger in step; one that stays behind for now follows later."""
        self._chain.entries()
        self._chain.follow()

    def refuse(self, found: Sequence[Clash]) -> None:
        """Ends a run for directories that another service has.

        Raises:
            OwnedElsewhere: There are some.
        """
        if found:
            more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            problem = "; ".join(map(str, found[:_SHOWN])) + more
            raise OwnedElsewhere(self._service, problem, found[0].remedy)

    def _append(
        self, decide: Callable[[], _Said | None], run: str, check_claim: Callable[[], None]
    ) -> _Said | None:
        """Decides on the newest state, again after every entry that somebody else was first with."""
        for _ in range(_RACES):
            check_claim()
            self._read()
            if (body := decide()) is None:
                return None
            seen_n = self._chain.head_n
            try:
                self._chain.append(body, epoch=self._roles.epoch, run=run, pair_n=0, seen_n=seen_n)
            except Superseded:
                continue
            self._chain.follow()  # a copy that stays behind for now follows at the next entry
            self._fold(self._chain.last_read())
            self._chain.checkpoint(lambda: dump_pair_state(self._state))  # nor does a reader need it
            return body
        raise Superseded(self._chain.path, f"{_RACES} other services were first", "Run it again.")

    def _read(self) -> None:
        self._fold(self._chain.entries())
        self._chain.refuse_shortened()
        if self._state.epoch > self._roles.epoch:
            raise Superseded(
                self._chain.path,
                f"epoch {self._roles.epoch} is over, the ledger is at {self._state.epoch}",
                "The roles have changed; start again.",
            )

    def _fold(self, entries: Sequence[LedgerEntry]) -> None:
        if self._folded == 0:
            kept = self._chain.state
            self._state = PairState() if kept is None else load_pair_state(kept)
        self._state = reduce_pair(entries[self._folded :], self._state)
        self._folded = len(entries)
