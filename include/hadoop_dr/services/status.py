"""How a pair is now: roles, health of each site, age of each service's newest point (DESIGN.md section 10, I4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.identity import access_path, decode_access
from hadoop_dr.domain.pair_state import PairState
from hadoop_dr.domain.policy import Policy
from hadoop_dr.domain.service_state import PointState, ServiceState
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.ports.namenode import NameNode


@dataclass(frozen=True, slots=True)
class SiteView:
    """The parts of a site that are asked how they are.

    Attributes:
        silent: The error of its file system, which did not answer a moment ago; nobody need wait for it again.
    """

    name: str
    namenode: NameNode
    files: Files
    coordinator: Coordinator
    metastore: Metastore | None
    silent: DrError | None = None


class Status:
    """Asks both sites.

    Args:
        pair: Its name.
        roles: What the ledger says.
        sites: Both sites.
        read_service: Gives the ledger state of a service.
        warn: Told, in one line that names the site, of each part that does not answer.
    """

    def __init__(
        self,
        pair: str,
        roles: PairState,
        sites: Iterable[SiteView],
        read_service: Callable[[str], ServiceState],
        clock: Clock,
        warn: Callable[[str], None],
    ) -> None:
        self._pair, self._roles, self._sites = pair, roles, tuple(sites)
        self._read_service, self._clock, self._warn = read_service, clock, warn

    def run(self, policies: Iterable[Policy]) -> dict[str, Any]:
        """Gives the document of section 10; a site that is gone costs one time limit, as all are asked at once."""
        with ThreadPoolExecutor(len(self._sites) + 1, thread_name_prefix="status") as pool:
            access = pool.submit(self._access)
            sites = [(site.name, pool.submit(self._site, site)) for site in self._sites]
            services = {policy.service: self._service(policy) for policy in policies}
            return {
                "pair": self._pair,
                "epoch": self._roles.epoch,
                "access": access.result(),
                "sites": {name: asked.result() for name, asked in sites},
                "services": services,
            }

    def _access(self) -> str | None:
        """What clients are told; the primary's ZooKeeper counts when both answer."""
        for site in sorted(self._sites, key=lambda s: s.name != self._roles.primary):
            try:
                document = site.coordinator.read(access_path(self._pair))
                if document is not None:
                    return decode_access(document.data, site.name).site
            except DrError:
                continue
        return None

    def _site(self, site: SiteView) -> dict[str, Any]:
        probes: list[Callable[[], object]] = [lambda: site.coordinator.read("/hadoop-dr")]
        if site.metastore is not None:
            probes.append(site.metastore.current_event)
        readable = self._answers(lambda: _file_system(site))
        answers = [readable, *map(self._answers, probes)]
        role = "primary" if site.name == self._roles.primary else "secondary"
        return {
            "role": role,
            "health": {"available": sum(answers), "total": len(answers)},
            "fence": None,
            "readable": readable,
        }

    def _service(self, policy: Policy) -> dict[str, Any]:
        rpo = policy.rpo_ms / 1000
        try:
            state = self._read_service(policy.service)
            newest = state.newest_sound()
        except DrError as error:
            return {"newest": None, "age_seconds": None, "rpo_seconds": rpo, "state": f"unknown: {error}"}
        placing = state.claim is not None and state.points[state.claim.point].state is PointState.STAGED
        if newest is None:
            return {"newest": None, "age_seconds": None, "rpo_seconds": rpo, "state": "no point"}
        age = (self._clock.wall_ms() - newest.moment_ms) / 1000
        return {
            "newest": newest.point,
            "age_seconds": age,
            "rpo_seconds": rpo,
            "state": "placing" if placing else "ok" if age <= rpo else "late",
        }

    def _answers(self, probe: Callable[[], object]) -> bool:
        try:
            probe()
        except DrError as error:
            self._warn(str(error))
            return False
        return True


def _file_system(site: SiteView) -> None:
    if site.silent is not None:
        raise site.silent
    site.namenode.service()
