"""How a pair is now: roles, health of each site, age of each service's newest point (I4)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from hadoop_dr.domain.config.conflicts import FileOut
from hadoop_dr.domain.config.policy import Policy
from hadoop_dr.domain.errors import DrError, NotReady, Refused
from hadoop_dr.domain.ledger.bodies.pair import MONITOR
from hadoop_dr.domain.points.beside import beside_document
from hadoop_dr.domain.points.standing import Standing, Word, standing, unprotected
from hadoop_dr.domain.preflight.free_space import runs_full
from hadoop_dr.domain.roles.clusters import other_clusters
from hadoop_dr.domain.roles.holds import hold_document
from hadoop_dr.domain.roles.identity import access_path, decode_access
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import AwaitedAnswer
from hadoop_dr.services.ledger.service import ServiceLedger
from hadoop_dr.services.pool import BoundedPool

_LEDGERS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class LedgerTold:
    """What a service's ledger says.

    Attributes:
        state: The service; an empty one when there is no ledger.
        doubt: Why that may not be all, or why no run can begin on it; empty where a whole copy that decides says it.
    """

    state: ServiceState
    doubt: str = ""


def told_by(ledger: ServiceLedger) -> LedgerTold:
    """Reads the copy that decides, and looks whether it lost what the other one has: then no run begins."""
    state = ledger.read()
    try:
        ledger.chain.refuse_shortened()
    except Refused as lost:
        return LedgerTold(state, str(lost))
    return LedgerTold(state)


def told_by_other(ledger: ServiceLedger, silent: DrError) -> LedgerTold:
    """Reads the copy that does not decide, because the site of the one that does gave no answer."""
    site = ledger.chain.deciding.site
    return LedgerTold(ledger.read(), f"{silent} The point is the newest that {site} knows, whose copy may be behind.")


class ServiceLedgers(Protocol):
    """The ledgers of a pair's services."""

    def names(self) -> Iterable[str]:
        """Services that have one."""

    def read(self, service: str) -> LedgerTold:
        """Returns what one says."""


@dataclass(frozen=True, slots=True)
class SiteProbes:
    """The parts of a site that are asked how they are.

    Attributes:
        probes: What the kinds of data sets need of it: questions that are answered while it works.
        silent: The error of its file system, which did not answer a moment ago; nobody need wait for it again.
    """

    name: str
    namenode: NameNode
    files: Files
    coordinator: Coordinator
    probes: Sequence[Callable[[], object]] = ()
    silent: DrError | None = None


class Status:
    """Reads how a pair is, from both sites.

    Args:
        pair: Its name.
        roles: What the ledger says.
        sites: Both sites.
        ledgers: The services that have a ledger, and the state of one.
        warn: Told, in one line that names the site, of each part that does not answer.
    """

    def __init__(
        self,
        pair: str,
        roles: PairState,
        sites: Iterable[SiteProbes],
        ledgers: ServiceLedgers,
        clock: Clock,
        warn: Callable[[str], None],
    ) -> None:
        self._pair, self._roles, self._sites = pair, roles, tuple(sites)
        self._ledgers, self._clock, self._warn = ledgers, clock, warn
        self._counts: Mapping[str, AwaitedAnswer[Mapping[str, int] | None]] = {}

    def run(self, policies: Iterable[Policy], out: Iterable[FileOut] = ()) -> dict[str, Any]:
        """Returns the part of the document of ``status --json`` that is about one pair.

        A site that is gone costs the short time limit of each of its parts, as both sites are asked at once.

        Args:
            policies: The pair's policies that count.
            out: Policy files of the pair that do not, and whose service can be told.
        """
        policies, out = list(policies), list(out)
        with BoundedPool(2 * len(self._sites) + 1 + _LEDGERS_AT_ONCE, name="status") as pool:
            self._counts = {site.name: pool.begin(self._count, site) for site in self._sites}
            access = pool.begin(self._access)
            sites = [(site.name, pool.begin(self._site, site)) for site in self._sites]
            services = dict(pool.map(self._broken, out))
            services |= dict(pool.map(self._service, policies))
            services |= self._forgotten(services)
            answers = {name: asked.result() for name, asked in sites}
            held = self._roles.held(self._clock.wall_ms())
            return {
                "pair": self._pair,
                "ok": access.result() is not None
                and all(site["health"]["available"] == site["health"]["total"] for site in answers.values())
                and all(service["ok"] for service in services.values())
                and all(hold.slot != MONITOR for hold in held),
                "epoch": self._roles.epoch,
                "access": access.result(),
                "held": [hold_document(hold) for hold in held],
                "sites": answers,
                "services": dict(sorted(services.items())),
            }

    def _access(self) -> str | None:
        """Returns what clients are told; the primary's ZooKeeper counts when both answer."""
        for site in sorted(self._sites, key=lambda s: s.name != self._roles.primary):
            try:
                document = site.coordinator.read(access_path(self._pair))
                if document is not None:
                    return decode_access(document.data, site.name).site
            except DrError:
                continue
        return None

    def _site(self, site: SiteProbes) -> dict[str, Any]:
        readable = self._answers(lambda: self._file_system(site))
        coordinator = self._answers(lambda: site.coordinator.read("/hadoop-dr"))
        answers = [readable, coordinator, *map(self._answers, site.probes)]
        role = "primary" if site.name == self._roles.primary else "secondary"
        return {
            "role": role,
            "health": {"available": sum(answers), "total": len(answers)},
            "fence": fence.grade if (fence := self._roles.fences.get(site.name)) else None,
            "readable": readable,
        }

    def _service(self, policy: Policy) -> tuple[str, dict[str, Any]]:
        try:
            told = self._ledgers.read(policy.service)
        except DrError as error:
            return policy.service, self._document(Standing(Word.UNKNOWN, str(error)), policy.rpo_ms / 1000)
        now, rpo_s = standing(told.state, policy, self._clock.wall_ms()), policy.rpo_ms / 1000
        if told.doubt:
            now = replace(now, word=Word.UNKNOWN, why=told.doubt)
        return policy.service, {**self._document(now, rpo_s), "beside": self._beside(told.state)}

    def _beside(self, state: ServiceState) -> dict[str, int]:
        """How many snapshots there are beside those of a service's points, on the sites that say so."""
        answers = ((name, asked.result()) for name, asked in self._counts.items())
        return beside_document(state, {name: counts for name, counts in answers if counts is not None})

    @staticmethod
    def _count(site: SiteProbes) -> Mapping[str, int] | None:
        try:
            return None if site.silent is not None else site.namenode.snapshot_counts()
        except DrError:  # what does not answer is told of the site
            return None

    def _broken(self, file: FileOut) -> tuple[str, dict[str, Any]]:
        """A service whose policy does not count; how old its newest point is shows how urgent that is."""
        newest = None
        with suppress(DrError):
            newest = self._ledgers.read(file.name).state.newest_sound()
        return file.name, self._document(Standing(Word.BROKEN, str(file.error), newest), None)

    def _forgotten(self, known: Container[str]) -> dict[str, Any]:
        """Services of the ledger that no policy names, as long as points of them are kept."""
        try:
            names = [name for name in self._ledgers.names() if name not in known]
            found = {name: unprotected(self._ledgers.read(name).state) for name in names}
        except DrError:  # said of the site and of every other service
            return {}
        return {name: self._document(now, None) for name, now in found.items() if now is not None}

    def _document(self, now: Standing, rpo_s: float | None) -> dict[str, Any]:
        return service_document(now, rpo_s, self._clock.wall_ms())

    def _file_system(self, site: SiteProbes) -> None:
        if site.silent is not None:
            raise site.silent
        service = site.namenode.service()
        for other in other_clusters(self._pair, "the pair file", self._roles.clusters, {site.name: service.cluster_id}):
            raise Refused(self._pair, other.detail, other.remedy)
        if service.safe_mode:
            raise NotReady(site.name, f"is in safe mode: {service.safe_mode}", "Wait for it to leave safe mode")
        for full in runs_full(site.name, service.remaining_bytes, service.capacity_bytes):
            self._warn(f"{full.detail}. {full.remedy}")

    def _answers(self, probe: Callable[[], object]) -> bool:
        try:
            probe()
        except DrError as error:
            self._warn(str(error))
            return False
        return True


def without_answer(pair: str, policies: Iterable[Policy], out: Iterable[FileOut], error: DrError) -> dict[str, Any]:
    """Returns the same document for a pair of which nothing can be read."""
    services = {one.name: service_document(Standing(Word.BROKEN, str(one.error)), None, 0) for one in out}
    services |= {p.service: service_document(Standing(Word.UNKNOWN, str(error)), p.rpo_ms / 1000, 0) for p in policies}
    services = dict(sorted(services.items()))
    told: dict[str, Any] = {"epoch": None, "access": None, "held": [], "sites": {}, "services": services}
    return {"pair": pair, "ok": False, **told}


def service_document(now: Standing, rpo_s: float | None, now_ms: int) -> dict[str, Any]:
    """Returns the part of the document that is about one service."""
    newest = now.newest
    return {
        "newest": newest.point if newest else None,
        "age_seconds": (now_ms - newest.moment_ms) / 1000 if newest else None,
        "rpo_seconds": rpo_s,
        "state": now.word.value,
        "why": now.why,
        "ok": now.ok,
        "damaged": list(now.damaged),
        "left_out": newest.taken.incomplete.count if newest else 0,
        "beside": {},
    }
