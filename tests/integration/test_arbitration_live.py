"""Identities changed by hand on both real ZooKeepers: access moves, or stays where it is (S2.19-S2.22)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from kazoo.client import KazooClient

from hadoop_dr.adapters.zookeeper import ZooKeeperCoordinator, ZooKeeperSettings
from hadoop_dr.domain.roles.arbitration import AccessChange
from hadoop_dr.domain.roles.identity import Identity, Role, access_path, decode_access, encode, identity_path
from hadoop_dr.services.arbitrate import Arbitrate, Arbitration, Publication
from hadoop_dr.services.identity import AnnounceIdentity
from hadoop_lab.supervisor.wire import Wire

pytestmark = pytest.mark.lab
STATE = Path(__file__).resolve().parents[2] / ".lab" / "state.json"


class Machine:
    """The clock and the chance of this machine."""

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep_until(self, monotonic_s: float) -> None:
        time.sleep(max(0.0, monotonic_s - time.monotonic()))

    def token(self) -> str:
        return secrets.token_hex(8)


@dataclass
class Live:
    """A pair of its own on the lab's ZooKeepers: wires for the arbiter, direct hands for the operator."""

    pair: str
    wires: dict[str, Wire]
    arbiter: Arbitrate
    hands: dict[str, KazooClient]
    announcer: AnnounceIdentity

    def nodes(self) -> tuple[str, str]:
        return identity_path(self.pair), access_path(self.pair)

    def announce(self, site: str, role: Role, epoch: int) -> None:
        self.announcer.run(site, role, epoch, "hadoop-dr", "as the ledger says")

    def by_hand(self, site: str, role: Role, epoch: int) -> None:
        document = Identity(site, role, epoch, "2026-11-20T02:00:00.000Z", "an operator", "ü e%20 by hand")
        self.hands[site].set(identity_path(self.pair), encode(document))

    def arbitrate(self) -> Arbitration:
        return self.arbiter.run()

    def access(self) -> dict[str, tuple[str | None, int]]:
        found = {}
        for site, hand in self.hands.items():
            held = decode_access(hand.get(access_path(self.pair))[0], site)
            found[site] = (held.site, held.epoch)
        return found


@pytest.fixture
def live() -> Iterator[Live]:
    pair = f"t-{uuid4().hex[:12]}"
    targets = {site: json.loads(STATE.read_text())["sites"][site]["zookeeper"] for site in ("east", "west")}
    wires = {site: Wire(target) for site, target in targets.items()}
    hands = {site: KazooClient(target) for site, target in targets.items()}
    coordinators = {
        site: ZooKeeperCoordinator(wire.address, site, ZooKeeperSettings(timeout_s=1.0, session_s=4.0))
        for site, wire in wires.items()
    }
    for hand in hands.values():
        hand.start(10)
    machine = Machine()
    announce = AnnounceIdentity(pair, coordinators, machine, machine)
    announce.run("east", Role.PRIMARY, 1, "initialiser", "the pair's initial primary")
    announce.run("west", Role.SECONDARY, 1, "initialiser", "the pair's initial secondary")
    yield Live(pair, wires, Arbitrate(pair, coordinators, machine, machine, "arbiter"), hands, announce)
    for coordinator in coordinators.values():
        coordinator.close()
    for site, hand in hands.items():
        wires[site].close()
        hand.delete(f"/hadoop-dr/{pair}", recursive=True)
        hand.stop()
        hand.close()


EAST_1, WEST_2 = ("east", 1), ("west", 2)


def test_access_moves_when_the_operator_promotes_one_site_and_demotes_the_other(live: Live) -> None:
    assert live.arbitrate().decision.outcome is AccessChange.START
    assert live.access() == {"east": EAST_1, "west": EAST_1}
    live.by_hand("west", Role.PRIMARY, 2)
    live.by_hand("east", Role.SECONDARY, 2)
    done = live.arbitrate()
    assert (done.decision.outcome, set(done.copies.values())) == (AccessChange.SWITCH, {Publication.WRITTEN})
    assert live.access() == {"east": WEST_2, "west": WEST_2}
    assert set(live.arbitrate().copies.values()) == {Publication.UNCHANGED}


def test_both_primary_keeps_the_access_and_raises_an_alarm(live: Live) -> None:
    live.arbitrate()
    live.by_hand("west", Role.PRIMARY, 1)
    done = live.arbitrate()
    assert done.decision.outcome is AccessChange.ALARM
    assert live.access() == {"east": EAST_1, "west": EAST_1}


@pytest.mark.parametrize("disturb", [Wire.hold, Wire.cut])
def test_a_zookeeper_that_is_paused_or_unreachable_moves_nothing(live: Live, disturb) -> None:
    live.arbitrate()
    disturb(live.wires["east"])
    live.by_hand("west", Role.PRIMARY, 2)
    begun = time.monotonic()
    done = live.arbitrate()
    assert time.monotonic() - begun < 15
    assert done.decision.outcome is AccessChange.KEEP
    assert dict(done.decision.statuses) == {"east": "unknown", "west": "primary"}
    assert live.access() == {"east": EAST_1, "west": EAST_1}
    live.wires["east"].release()
    live.wires["east"].mend()
    assert live.arbitrate().decision.outcome is AccessChange.SWITCH
    assert live.access() == {"east": WEST_2, "west": WEST_2}


def test_an_answer_lost_while_publishing_is_read_back_and_access_still_moves_once(live: Live) -> None:
    live.arbitrate()
    live.by_hand("west", Role.PRIMARY, 2)
    live.by_hand("east", Role.SECONDARY, 2)
    live.wires["west"].swallow_answer()
    live.arbitrate()
    assert live.wires["west"].swallowed == 1
    assert live.access() == {"east": WEST_2, "west": WEST_2}
    assert live.hands["west"].get(access_path(live.pair))[1].version == 1


@pytest.mark.parametrize(
    ("lost", "restored", "access"),
    [
        (("east",), False, "west"),
        (("west",), False, "west"),
        (("east",), True, "west"),
        (("west",), True, "west"),
        (("east", "west"), False, None),
    ],
)
def test_a_zookeeper_that_lost_its_data_takes_no_access_and_has_it_all_again_once_the_roles_are_announced(
    live: Live, lost: tuple[str, ...], restored: bool, access: str | None
) -> None:
    """Empty, or as an old backup had it: nobody is sent to the site that was primary once (fault 54)."""
    live.arbitrate()
    old = {site: [(path, live.hands[site].get(path)[0]) for path in live.nodes()] for site in lost}
    live.announce("west", Role.PRIMARY, 2)
    live.announce("east", Role.SECONDARY, 2)
    live.arbitrate()
    for site in lost:
        live.hands[site].delete(f"/hadoop-dr/{live.pair}", recursive=True)
        for path, data in old[site] if restored else ():
            live.hands[site].create(path, data, makepath=True)
    found = live.arbitrate().decision
    assert (found.outcome, found.site) == (AccessChange.KEEP, access)
    live.announce("west", Role.PRIMARY, 2)
    live.announce("east", Role.SECONDARY, 2)
    live.arbitrate()
    assert live.access() == {"east": WEST_2, "west": WEST_2}
