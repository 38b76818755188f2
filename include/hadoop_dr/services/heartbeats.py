"""Heartbeats to every node of both sites, all at once and within one deadline (S0.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.roles.health import Heartbeats, NodeRole, SiteLook
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.namenode import DataNode

_MOST_THREADS = 512
CONTACT_S = 30.0
"""A DataNode whose NameNode heard nothing of it for longer does not answer; HDFS itself calls it stale then."""


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """What a node that answers says.

    Attributes:
        works: It does its work, so its role has a working member.
        trouble: Why it does not, if that is not as it should be.
        datanodes: The DataNodes that it knows; None where it does not say.
    """

    works: bool = True
    trouble: str = ""
    datanodes: Sequence[DataNode] | None = None


@dataclass(frozen=True, slots=True)
class AskedNode:
    """One node, or a question that shows whether a role works.

    Attributes:
        name: Names the node in messages.
        ask: Gives its answer, or raises when it gives none. Called on a thread of its own.
        required: Its site has failed while no member of the role works.
        counts: It is a node; else only what it says of the role counts.
    """

    role: NodeRole
    name: str
    ask: Callable[[], NodeAnswer]
    required: bool = True
    counts: bool = True


@dataclass(frozen=True, slots=True)
class SiteNodes:
    """All nodes of a site that are asked; DataNodes are told by NameNodes."""

    site: str
    nodes: Sequence[AskedNode]


class AskNodes:
    """Asks all nodes of some sites at once.

    A node that lets the deadline pass has not answered, and is not asked again before its answer is there.

    Args:
        deadline_s: How long all of it may take, whatever hangs.
    """

    def __init__(self, sites: Iterable[SiteNodes], clock: Clock, deadline_s: float) -> None:
        self._sites, self._clock, self._deadline_s = tuple(sites), clock, deadline_s
        nodes = sum(len(site.nodes) for site in self._sites)
        self._pool = ThreadPoolExecutor(max(1, min(nodes, _MOST_THREADS)), thread_name_prefix="heartbeats")
        self._flying: dict[tuple[str, str], Future[NodeAnswer]] = {}

    def close(self) -> None:
        """Waits for nobody."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self) -> dict[str, SiteLook]:
        """Gives what each site's nodes say, by site."""
        for site in self._sites:
            for node in site.nodes:
                key = site.site, node.name
                if (flying := self._flying.get(key)) is None or flying.done():
                    self._flying[key] = self._pool.submit(node.ask)
        wait(self._flying.values(), timeout=self._deadline_s)
        at_s = self._clock.monotonic_s()
        return {site.site: SiteLook(at_s, self._heard(site)) for site in self._sites}

    def _heard(self, site: SiteNodes) -> list[Heartbeats]:
        answers = {node.name: self._answer(site.site, node) for node in site.nodes}
        roles = dict.fromkeys(node.role for node in site.nodes)
        return [
            *(_role([(n, answers[n.name]) for n in site.nodes if n.role is role], role) for role in roles),
            *_datanodes(site.site, answers.values()),
        ]

    def _answer(self, site: str, node: AskedNode) -> NodeAnswer | str:
        """What a node says, or why it says nothing."""
        asked = self._flying[site, node.name]
        if not asked.done():
            return f"{node.name}: no answer within {self._deadline_s:g} s"
        try:
            return asked.result()
        except DrError as error:
            return f"{node.name}: {error.problem}"


def _role(told: Sequence[tuple[AskedNode, NodeAnswer | str]], role: NodeRole) -> Heartbeats:
    heard = [(node, answer) for node, answer in told if isinstance(answer, NodeAnswer)]
    troubles = [answer if isinstance(answer, str) else answer.trouble for _, answer in told]
    return Heartbeats(
        role,
        total=sum(node.counts for node, _ in told),
        available=sum(node.counts for node, _ in heard),
        working=any(answer.works for _, answer in heard),
        required=any(node.required for node, _ in told),
        troubles=[trouble for trouble in troubles if trouble],
    )


def _datanodes(site: str, answers: Iterable[NodeAnswer | str]) -> list[Heartbeats]:
    """Those that a NameNode knows; nothing where none tells, for that says nothing of them."""
    reports = [a.datanodes for a in answers if isinstance(a, NodeAnswer) and a.datanodes is not None]
    silent: dict[str, float] = {}
    for one in (datanode for report in reports for datanode in report):
        silent[one.name] = min(one.silent_s, silent.get(one.name, one.silent_s))
    gone = sorted(name for name, silent_s in silent.items() if silent_s > CONTACT_S)
    if not reports:
        return []
    troubles = [f"{site}: DataNode {name} does not report" for name in gone]
    left = len(silent) - len(gone)
    return [Heartbeats(NodeRole.DATANODE, len(silent), left, left > 0, troubles=troubles)]


def by_site(looks: Mapping[str, SiteLook]) -> dict[str, dict[str, int]]:
    """Gives the numbers of each site as documents show them."""
    return {site: {"available": look.available, "total": look.total} for site, look in looks.items()}
