"""Reads what both sites announce, decides who has access, and publishes it (S2.20, S2.21, I13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from hadoop_dr.domain.errors import AlreadyExists, DrError, NotFound, Superseded, Unknown
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.roles.arbitration import (
    NO_RULING,
    AccessChange,
    AccessDecision,
    Observation,
    arbitrate,
    current_access,
    highest_epoch,
    newer,
    to_publish,
)
from hadoop_dr.domain.roles.identity import Access, access_path, decode_access, decode_identity, encode, identity_path
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.clock import Clock, TokenSource
from hadoop_dr.ports.coordinator import Coordinator


class Publication(StrEnum):
    """The result of publishing the access in one site's ZooKeeper."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    SILENT = "silent"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Arbitration:
    """One round of arbitration.

    Attributes:
        decision: What was decided on what was read.
        copies: What became of each site's copy; empty after a look.
        due: Some copy did not say what was decided when it was read.
        heard: The sites whose ZooKeeper answered.
    """

    decision: AccessDecision
    copies: Mapping[str, Publication]
    due: bool
    heard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Observed:
    """One site as it was read, with the version to compare its copy of the access with; None when it has none."""

    observation: Observation
    version: int | None = None


class Arbitrate:
    """Decides and publishes; any number of arbiters may do so at once, because the copies are compared and set.

    Args:
        pair: The pair's name.
        coordinators: The ZooKeeper of each of the two sites.
        ruling: Gives the newest role entry of the ledger, for a site whose ZooKeeper is silent.
        by: Who arbitrates.
    """

    def __init__(
        self,
        pair: str,
        coordinators: Mapping[str, Coordinator],
        clock: Clock,
        tokens: TokenSource,
        by: str,
        ruling: Callable[[], PairState] = lambda: NO_RULING,
    ) -> None:
        self._pair, self._coordinators, self._clock, self._tokens = pair, coordinators, clock, tokens
        self._by, self._ruling = by, ruling

    def run(
        self, *, publish: bool = True, known: Access | None = None, skip: AbstractSet[str] = frozenset()
    ) -> Arbitration:
        """Reads afresh, decides and publishes, the copy beside the site in use first, because that one counts.

        A site that is silent, or whose documents this program cannot read, is unknown, and its copy is left alone.

        Args:
            publish: Turn off to look only: nothing is written.
            known: The access that whoever asks has seen before; nothing older counts.
            skip: Sites that are taken for silent without being asked.

        Raises:
            Unknown: The deciding copy may have been written or not.
            Superseded, AlreadyExists: Somebody else wrote the deciding copy since it was read; decide anew.
            Unreachable: The deciding copy's ZooKeeper went silent after it was read.
        """
        observed = {site: self._observe(site, site in skip) for site in self._coordinators}
        first, second = (entry.observation for entry in observed.values())
        ruling = NO_RULING if first.identity and second.identity else self._ruling()
        access = newer(current_access(first, second, ruling), known)
        decision = arbitrate(first, second, access, ruling)
        heard = frozenset(site for site, entry in observed.items() if not entry.observation.trouble)
        wanted = {
            site: to_publish(decision, entry.observation.access)
            for site, entry in observed.items()
            if not entry.observation.trouble
        }
        due = any(wanted.values())
        if not publish:
            return Arbitration(decision, {}, due, heard)
        copies: dict[str, Publication] = {}
        for site in sorted(observed, key=lambda name: name != decision.site):
            deciding = site == decision.site and decision.outcome is not AccessChange.ALARM
            copies[site] = self._publish(site, observed[site].version, wanted, decision, deciding)
        return Arbitration(decision, copies, due, heard)

    def close(self, in_use: str, reason: str) -> None:
        """Takes access from everybody until a site is primary in a higher epoch; done already is fine.

        Args:
            in_use: The site that clients use, whose copy counts and is written first.

        Raises:
            Unreachable, Protocol, Unknown, Superseded: A copy could not be read or written; call again.
        """
        self._order(in_use, None, reason)

    def reopen(self, in_use: str, reason: str) -> None:
        """Gives access back to the site that lost it by ``close``; arguments and errors as there."""
        self._order(in_use, in_use, reason)

    def _order(self, in_use: str, site: str | None, reason: str) -> None:
        """Writes into both copies what no identity says: both ZooKeepers have to answer."""
        read = {name: self._read(name) for name in sorted(self._coordinators, key=lambda name: name != in_use)}
        first, second = (one.observation for one in read.values())
        epoch = highest_epoch(first, second)
        for name, one in read.items():
            copy = one.observation.access
            if copy is None or (copy.site, copy.epoch) != (site, epoch):
                self._write(name, one.version, (site, epoch, copy.alarm if copy else ""), reason)

    def _observe(self, site: str, skipped: bool) -> _Observed:
        if skipped:
            return _Observed(Observation(site, trouble="it was not asked, because it was silent a moment ago"))
        try:
            return self._read(site)
        except DrError as error:
            return _Observed(Observation(site, trouble=str(error)))

    def _read(self, site: str) -> _Observed:
        coordinator, where = self._coordinators[site], f"{site}: /hadoop-dr/{self._pair}"
        identity, access = (coordinator.read(path(self._pair)) for path in (identity_path, access_path))
        observation = Observation(
            site,
            decode_identity(identity.data, f"{where}/identity") if identity else None,
            decode_access(access.data, f"{where}/access") if access else None,
        )
        return _Observed(observation, access.version if access else None)

    def _publish(
        self,
        site: str,
        version: int | None,
        wanted: Mapping[str, tuple[str | None, int, str] | None],
        decision: AccessDecision,
        deciding: bool,
    ) -> Publication:
        if site not in wanted:
            return Publication.SILENT
        if (content := wanted[site]) is None:
            return Publication.UNCHANGED
        try:
            self._write(site, version, content, decision.reason)
        except DrError as error:
            if deciding:
                raise
            overtaken = isinstance(error, (AlreadyExists, NotFound, Superseded, Unknown))
            return Publication.OVERTAKEN if overtaken else Publication.SILENT
        return Publication.WRITTEN

    def _write(self, site: str, version: int | None, content: tuple[str | None, int, str], reason: str) -> None:
        at, by = iso(self._clock.wall_ms()), f"{self._by}/{self._tokens.token()}"
        data = encode(Access(content[0], content[1], at, by, reason, content[2]))
        if version is None:
            self._coordinators[site].create(access_path(self._pair), data)
        else:
            self._coordinators[site].write(access_path(self._pair), data, version)
