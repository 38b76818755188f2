"""The pair's ledger: who is primary, under which epoch, whose copies decide (I5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from hadoop_dr.domain.errors import DrError, Refused, Superseded
from hadoop_dr.domain.ledger import PAIR_CHECKPOINT_EVERY, decode, pair_chain
from hadoop_dr.domain.ledger.bodies.pair import RolesSet
from hadoop_dr.domain.ledger.entry_kinds import PairBody
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state, load_pair_state, reduce_pair
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.chain_copy import ChainCopy, entry_digest, newest_entry, read_shortened
from hadoop_dr.services.pool import BoundedPool

_RACES = 16


@dataclass(frozen=True, slots=True)
class RolesRead:
    """The roles as both copies of the pair's ledger have them.

    Attributes:
        state: Roles of the copy that decides.
        silent: Sites whose copy could not be read, with the error.
        behind: Sites whose copy is a shorter beginning of the other.
    """

    state: PairState
    silent: Mapping[str, DrError]
    behind: tuple[str, ...]


class Roles:
    """Reads the roles from whichever sites answer, and writes the first ones.

    Args:
        pair: Name of the pair.
        files: Documents of both sites, by site.
    """

    def __init__(self, pair: str, files: Mapping[str, Files], clock: Clock) -> None:
        self._pair, self._files, self._clock = pair, files, clock
        self._path = pair_chain(pair)

    @property
    def sites(self) -> tuple[str, ...]:
        """Both sites of the pair."""
        return tuple(self._files)

    def read(self) -> RolesRead:
        """Reads the roles from both sites.

        Raises:
            Refused: The copies went apart in a way no role entry settles.
            DrError: Neither site answers.
        """
        copies: dict[str, ChainCopy] = {}
        silent: dict[str, DrError] = {}
        first, *others = self._files
        with BoundedPool(len(self._files)) as pool:
            whole = pool.begin(read_shortened, self._files[first], self._path, PAIR_CHECKPOINT_EVERY)
            newest = {site: pool.begin(newest_entry, self._files[site], self._path) for site in others}
        reads = {first: whole.result, **{
            site: lambda site=site: self._vouched(site, newest[site].result(), copies.get(first))  # type: ignore[misc]
            for site in others
        }}
        for site, read in reads.items():
            try:
                copies[site] = read()
            except DrError as error:
                silent[site] = error
        if not copies:
            raise next(iter(silent.values()))
        chosen = self._chosen(copies)
        behind = tuple(site for site, copy in copies.items() if copy.head_n < copies[chosen].head_n)
        return RolesRead(self._state(copies[chosen]), silent, behind)

    def _vouched(self, site: str, newest: tuple[int, bytes], whole: ChainCopy | None) -> ChainCopy:
        """A copy whose newest entry is the other's of that number has what that has before it; else it is read whole.

        Both are asked at once, one for all of it and the other one for its newest entry.
        """
        n, content = newest
        if whole is not None and whole.start_n <= n <= whole.head_n and whole.contents[n - whole.start_n] == content:
            return ChainCopy(whole.start_n, whole.start_prev, whole.contents[: n - whole.start_n + 1], whole.state)
        return read_shortened(self._files[site], self._path, PAIR_CHECKPOINT_EVERY)

    def _state(self, copy: ChainCopy) -> PairState:
        kept = load_pair_state(copy.state) if copy.state is not None else None
        return reduce_pair([decode(content, self._path) for content in copy.contents], kept)

    def _chosen(self, copies: Mapping[str, ChainCopy]) -> str:
        """The longest copy; where they went apart, the one that decides. An entry vouches for all before it."""
        longest = max(copies, key=lambda site: copies[site].head_n)
        for copy in copies.values():
            if copy.head_digest != self._digest_at(longest, copies[longest], copy.head_n):
                return self._after_fork(copies)
        return longest

    def _digest_at(self, site: str, copy: ChainCopy, n: int) -> str | None:
        if n < copy.start_n - 1:
            return entry_digest(self._files[site], self._path, n)
        return copy.digests()[n - copy.start_n] if n >= copy.start_n else copy.start_prev

    def _after_fork(self, copies: Mapping[str, ChainCopy]) -> str:
        states = {site: self._state(copy) for site, copy in copies.items()}
        highest = max(state.epoch for state in states.values())
        deciding = [site for site, state in states.items() if state.epoch == highest and state.deciding == site]
        if len(deciding) != 1:
            raise Refused(
                self._path,
                "both sites changed the roles on their own and neither copy decides",
                "Compare them with hadoop-dr ledger check; a person has to choose.",
            )
        return deciding[0]

    def initialise(self, primary: str, secondary: str, by: str, reason: str) -> PairState:
        """Writes the first roles, epoch 1, unless there are some; safe to repeat.

        Raises:
            Superseded: Somebody wrote another first entry at the same time.
        """
        state = self.read().state
        if state.epoch == 0:
            chain = Chain(self._path, self._files[secondary], self._files[primary], self._clock)
            body = RolesSet(primary, secondary, by, reason)
            try:
                chain.append(body, epoch=1, run="initialise", pair_n=0, seen_n=0)
            except Superseded:
                chain.entries()
            chain.follow()
            state = self.read().state
        return state

    def follow(self, read: RolesRead) -> str | None:
        """Brings the copy that does not decide in step; says why it cannot, or None."""
        return self._chain(read, read.state.deciding).follow()

    def decide(self, what: Callable[[PairState], PairBody | None], run: str) -> PairState:
        """Appends what follows from the newest state, decided anew after every entry that somebody else was first with.

        Args:
            what: Gives the entry; None where there is nothing to say.

        Returns:
            The state afterwards.

        Raises:
            Unreachable, NotReady: The site whose copy decides does not answer.
            Superseded: Others were first again and again.
            Unknown: The answer was lost and could not be read back.
        """
        for _ in range(_RACES):
            read = self.read()
            if why := read.silent.get(read.state.deciding):
                raise why
            if (body := what(read.state)) is None:
                return read.state
            with suppress(Superseded):
                return self.append(read, read.state.deciding, body, run).state
        raise Superseded(self._path, f"{_RACES} others were first", "Run it again.")

    def append(self, read: RolesRead, decider: str, body: PairBody, run: str, epoch: int | None = None) -> RolesRead:
        """Appends what was decided on the roles that were read; the other copy follows if its site answers.

        Args:
            decider: Site whose copy is appended to.
            epoch: A new one for new roles; None for that of now.

        Raises:
            Superseded: Somebody appended since; read again.
            Unknown: The answer was lost and could not be read back.
        """
        chain = self._chain(read, decider)
        if chain.head_n != read.state.n:
            problem = f"the copy on {decider} is at entry {chain.head_n}, not at {read.state.n}"
            raise Superseded(self._path, problem, "Somebody else changed it; run it again.")
        chain.append(body, epoch=epoch or read.state.epoch, run=run, pair_n=0, seen_n=read.state.n)
        chain.follow()
        after = self.read()
        if after.state.n == chain.head_n:
            chain.checkpoint(lambda: dump_pair_state(after.state))  # readers need none; it only shortens their way
        return after

    def _chain(self, read: RolesRead, decider: str) -> Chain:
        """The chain as it stands on the site that decides, with the other one as its follower if that answered.

        Whoever made another site decide may have died before that site's copy had the entry which says so.
        """
        other = read.state.other(decider, self._files)
        if decider in read.behind:
            ahead = Chain(self._path, self._files[other], self._files[decider], self._clock, PAIR_CHECKPOINT_EVERY)
            ahead.entries()
            ahead.follow()
        follower = None if other in read.silent else self._files[other]
        chain = Chain(self._path, self._files[decider], follower, self._clock, PAIR_CHECKPOINT_EVERY)
        chain.entries()
        return chain
