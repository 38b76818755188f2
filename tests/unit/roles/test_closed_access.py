"""Access that a planned change of roles closed: whatever arbiters do meanwhile, nobody goes back to the old primary."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hadoop_dr.domain.roles.arbitration import AccessChange, Observation, arbitrate, current_access, to_publish
from hadoop_dr.domain.roles.identity import Access, Identity, Role

EAST, WEST = "east", "west"


def identity(site: str, role: Role, epoch: int) -> Identity:
    return Identity(site, role, epoch, "2026-11-20T02:00:00.000Z", "a b/ü", "by hand")


def access(site: str | None, epoch: int) -> Access:
    return Access(site, epoch, "2026-11-20T02:00:00.000Z", "a b/ü", "by hand")


@dataclass(frozen=True, slots=True)
class Node:
    """One ZooKeeper of the model."""

    site: str
    identity: Identity
    copy: Access | None
    version: int = 0


Nodes = tuple[Node, Node]


@dataclass(frozen=True, slots=True)
class Arbiter:
    """One arbiter between its steps: what it has read, then what it has yet to publish."""

    seen: tuple[tuple[Observation, int], ...] = ()
    left: tuple[tuple[int, tuple[str | None, int, str], int], ...] = ()
    rounds: int = 2


@dataclass(frozen=True, slots=True)
class World:
    """Both ZooKeepers, two arbiters, and how many steps of the change are done."""

    nodes: Nodes
    arbiters: tuple[Arbiter, Arbiter]
    done: int = 0


def close(node: Node) -> Node:
    return replace(node, copy=access(None, 1), version=node.version + 1)


SWITCHOVER: tuple[Callable[[Nodes], Nodes], ...] = (
    lambda nodes: (close(nodes[0]), nodes[1]),
    lambda nodes: (nodes[0], close(nodes[1])),
    lambda nodes: (nodes[0], replace(nodes[1], identity=identity(WEST, Role.PRIMARY, 2))),
    lambda nodes: (replace(nodes[0], identity=identity(EAST, Role.SECONDARY, 2)), nodes[1]),
)


def after(world: World) -> Iterator[World]:
    if world.done < len(SWITCHOVER):
        yield replace(world, nodes=SWITCHOVER[world.done](world.nodes), done=world.done + 1)
    for at, other in ((0, 1), (1, 0)):
        if (moved := step(world.nodes, world.arbiters[at])) is not None:
            arbiters = (moved[1], world.arbiters[other]) if at == 0 else (world.arbiters[other], moved[1])
            yield replace(world, nodes=moved[0], arbiters=arbiters)


def step(nodes: Nodes, arbiter: Arbiter) -> tuple[Nodes, Arbiter] | None:
    if arbiter.left:
        (at, content, version), *left = arbiter.left
        if nodes[at].version == version:
            written = replace(nodes[at], copy=Access(*content[:2], "", "", "", content[2]), version=version + 1)
            nodes = (written, nodes[1]) if at == 0 else (nodes[0], written)
        return nodes, replace(arbiter, left=tuple(left))
    if len(arbiter.seen) < 2:
        if not arbiter.seen and arbiter.rounds == 0:
            return None
        node = nodes[len(arbiter.seen)]
        return nodes, replace(arbiter, seen=(*arbiter.seen, (observed(node), node.version)))
    first, second = (what for what, _ in arbiter.seen)
    decision = arbitrate(first, second, current_access(first, second))
    left = [
        (at, content, version)
        for at, (what, version) in enumerate(arbiter.seen)
        if (content := to_publish(decision, what.access)) is not None
    ]
    left.sort(key=lambda entry: (EAST, WEST)[entry[0]] != decision.site)
    return nodes, Arbiter(left=tuple(left), rounds=arbiter.rounds - 1)


def observed(node: Node) -> Observation:
    return Observation(node.site, node.identity, node.copy)


def published(node: Node) -> tuple[str | None, int]:
    return (node.copy.site, node.copy.epoch) if node.copy else (None, 0)


def settled(nodes: Nodes) -> list[tuple[str | None, int]]:
    """What the copies say once one arbiter has gone through a whole round undisturbed."""
    arbiter = Arbiter(rounds=1)
    while (moved := step(nodes, arbiter)) is not None:
        nodes, arbiter = moved
    return [published(node) for node in nodes]


def test_no_interleaving_gives_access_back_to_the_old_primary_once_a_switchover_closed_it() -> None:
    """Neither an arbiter that read before, nor one that begins now; a client decides as they do."""
    east, west = identity(EAST, Role.PRIMARY, 1), identity(WEST, Role.SECONDARY, 1)
    for copies in ((access(EAST, 1), access(EAST, 1)), (None, None), (access(EAST, 1), None)):
        start = World((Node(EAST, east, copies[0]), Node(WEST, west, copies[1])), (Arbiter(), Arbiter()))
        known, queue = {start}, deque([start])
        while queue:
            world = queue.popleft()
            if world.done > 0:
                first, second = map(observed, world.nodes)
                assert arbitrate(first, second, current_access(first, second)).site in {None, WEST}, world
                assert published(world.nodes[0])[0] in {None, WEST}, world
            for later in after(world):
                if later not in known:
                    known.add(later)
                    queue.append(later)
        assert len(known) > 500
        for world in known:
            if world.done == len(SWITCHOVER):
                assert settled(world.nodes) == [(WEST, 2), (WEST, 2)], world


def test_access_that_was_closed_stays_so_until_a_site_is_primary_in_a_higher_epoch() -> None:
    east, west = (Observation(s, identity(s, r, 2)) for s, r in ((EAST, Role.PRIMARY), (WEST, Role.SECONDARY)))
    still = arbitrate(east, west, access(None, 2))
    assert (still.outcome, still.site, still.epoch) == (AccessChange.KEEP, None, 2)
    assert still.reason == "access was closed in epoch 2, until a site is primary in a higher one"
    assert to_publish(still, access(None, 2)) is None
    moved = arbitrate(east, Observation(WEST, identity(WEST, Role.PRIMARY, 3)), access(None, 2))
    assert (moved.outcome, moved.site, moved.epoch) == (AccessChange.START, WEST, 3)
