"""Both copies of a pair's ledger, for the explorer: the product's own code reads them and appends to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from hadoop_dr.domain.errors import DrError, NotFound, Superseded, Unreachable
from hadoop_dr.domain.ledger import decode, pair_chain
from hadoop_dr.domain.ledger.bodies.pair import RolesSet
from hadoop_dr.domain.ledger.entry_kinds import PairBody
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.services.ledger.roles import Roles, RolesRead

PAIR, SITES = "east-west", ("east", "west")
TAKEN, ERROR = "taken", "error"


class Still:
    """A clock that stands, and a chance that always gives the same."""

    def wall_ms(self) -> int:
        return 1_795_140_000_000

    def monotonic_s(self) -> float:
        return 0.0

    def sleep_until(self, monotonic_s: float) -> None:
        raise AssertionError("nothing here waits")

    def token(self) -> str:
        return "00ff"


class Copy:
    """The documents of one site: the entries of the pair's ledger and nothing else."""

    def __init__(self, site: str, contents: Iterable[bytes], silent: bool) -> None:
        self.site, self._silent = site, silent
        self.entries = {self._place(at): content for at, content in enumerate(contents, 1)}

    def append_new(self, path: str, content: bytes) -> bool:
        self._reach()
        return self.entries.setdefault(path, content) is content

    def prepare(self, path: str, content: bytes) -> None:
        self._reach()

    def get(self, path: str) -> bytes:
        self._reach()
        if path not in self.entries:
            raise NotFound(path, "is not there", "Look for it")
        return self.entries[path]

    def names(self, directory: str) -> list[str]:
        self._reach()
        return [path.rsplit("/", 1)[1] for path in self.entries if path.rsplit("/", 1)[0] == directory]

    def _reach(self) -> None:
        if self._silent:
            raise Unreachable(self.site, "does not answer", "Start it")

    def _place(self, n: int) -> str:
        return f"{pair_chain(PAIR)}/0/{n:012d}.json"


@dataclass(frozen=True, slots=True)
class RolesSaid:
    """What was read: a `RolesRead` that can be told from others."""

    state: tuple[tuple[str, Any], ...]
    silent: frozenset[str] = frozenset()
    behind: tuple[str, ...] = ()

    @classmethod
    def of(cls, read: RolesRead) -> RolesSaid:
        held = ((one.name, getattr(read.state, one.name)) for one in fields(read.state))
        state = tuple((name, value) for name, value in held if not isinstance(value, Mapping))
        return cls(state, frozenset(read.silent), read.behind)

    def roles(self) -> PairState:
        """The roles alone."""
        return PairState(**dict(self.state))

    def read(self) -> RolesRead:
        """All of it."""
        error = Unreachable(PAIR, "does not answer", "Start it")
        return RolesRead(self.roles(), dict.fromkeys(self.silent, error), self.behind)


NOTHING_SAID = RolesSaid(())
"""No role entry could be read."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Both copies.

    Attributes:
        copies: The entries of each site.
        live: The epochs under which the services went live.
    """

    copies: tuple[tuple[bytes, ...], ...] = ((), ())
    live: frozenset[int] = frozenset({1})

    @classmethod
    def first(cls) -> Ledger:
        """The ledger of a new pair."""
        files = {site: Copy(site, (), silent=False) for site in SITES}
        Roles(PAIR, files, Still()).initialise("east", "west", "a person", "first roles")  # type: ignore[arg-type]
        return cls(tuple(tuple(copy.entries.values()) for copy in files.values()))

    def read(self, silent: frozenset[str]) -> RolesSaid | str:
        """What somebody reads to whom some sites are silent; an error where that is none."""
        return _read(self.copies, silent)

    def append(
        self, silent: frozenset[str], read: RolesRead, decider: str, body: PairBody, run: str, epoch: int | None
    ) -> tuple[Ledger, RolesSaid | str]:
        """Appends; gives the ledger then, and what is read of it, or which error comes."""
        files = _files(self.copies, silent)
        answer: RolesSaid | str
        try:
            answer = RolesSaid.of(
                Roles(PAIR, files, Still()).append(read, decider, body, run, epoch)  # type: ignore[arg-type]
            )
        except Superseded:
            answer = TAKEN
        except DrError:
            answer = ERROR
        copies = tuple(tuple(copy.entries[path] for path in sorted(copy.entries)) for copy in files.values())
        return Ledger(copies, self.live), answer

    @property
    def epoch(self) -> int:
        """The newest epoch of either copy."""
        return max(_given(self.copies))

    def primaries(self, epoch: int) -> frozenset[str]:
        """The sites that an epoch was ever given to."""
        return _given(self.copies).get(epoch, frozenset())

    def tell(self) -> str:
        """Describes what each copy says."""
        one = {site: self.read(frozenset(SITES) - {site}) for site in SITES}
        return f"live {sorted(self.live)}, " + ", ".join(
            f"{site}: {said if isinstance(said, str) else said.roles()}" for site, said in one.items()
        )

    def twice(self) -> str:
        """Names an epoch that was given to two sites."""
        return next((f"epoch {epoch}" for epoch, sites in _given(self.copies).items() if len(sites) > 1), "")


def _files(copies: tuple[tuple[bytes, ...], ...], silent: frozenset[str]) -> dict[str, Copy]:
    return {site: Copy(site, held, site in silent) for site, held in zip(SITES, copies, strict=True)}


@cache
def _read(copies: tuple[tuple[bytes, ...], ...], silent: frozenset[str]) -> RolesSaid | str:
    try:
        return RolesSaid.of(Roles(PAIR, _files(copies, silent), Still()).read())  # type: ignore[arg-type]
    except DrError:
        return ERROR


@cache
def _given(copies: tuple[tuple[bytes, ...], ...]) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    for content in {content for copy in copies for content in copy}:
        entry = decode(content, pair_chain(PAIR))
        if isinstance(entry.body, RolesSet):
            found[entry.epoch] = found.get(entry.epoch, frozenset()) | {entry.body.primary}
    return found
