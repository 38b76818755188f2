"""What a claim says, to whoever owns it and to whoever does not (I3)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hadoop_dr.domain.errors import Busy, Superseded
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased, ServiceClaimed
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.state.service_state import Claim
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.ledger.claims import ClaimRequest
from hadoop_dr.services.ledger.heartbeat import attribute_of, shown_heartbeat
from sim.takeover import STANDSTILL_S, takes_s
from sim.world import POLICY, World, fill

SERVICE = "/.hadoop-dr/east-west/services/billing"
NOW_MS = 1_790_000_500_000


def wanted(world: World, run: str = "a run ü", moment_ms: int = NOW_MS) -> ClaimRequest:
    frozen = FrozenPolicy(POLICY, "billing.yaml", "incremental", "pull")
    return ClaimRequest(run, 3, moment_ms, frozen, world.host.me())


@pytest.fixture
def world() -> World:
    world = World()
    fill(world)
    return world


def shown(context: BackupContext, claim_n: int) -> object:
    return shown_heartbeat(context.destination.namenode, SERVICE, claim_n)


def test_whoever_claims_knows_what_the_ledger_says_of_it(world: World) -> None:
    claim = world.context().claims.take(wanted(world))
    assert world.context().ledger.read().claim == claim


def test_a_claim_shows_from_its_beginning_who_works_under_it(world: World) -> None:
    context = world.context()
    claim = context.claims.take(wanted(world))
    heartbeat = shown_heartbeat(context.destination.namenode, SERVICE, claim.n)
    assert heartbeat is not None
    assert (heartbeat.claim, heartbeat.who) == (claim.n, world.host.me())


def test_a_service_whose_runs_fail_for_days_shows_the_newest_heartbeat_and_no_other(world: World) -> None:
    """A directory holds only so many attributes, and only a seal would clear them away."""
    for number in range(3):
        world.host.name = f"p{number}"
        claim = world.context().claims.take(replace(wanted(world, f"run {number}"), takeover=True))
        world.host.dead.add(world.host.name)
    names = [name for name, _ in world.context().destination.namenode.extras(SERVICE, acl=False).xattrs]
    assert names == [attribute_of(claim.n)]


def test_a_run_that_claims_again_before_its_moment_keeps_its_point(world: World) -> None:
    first = world.context().claims.take(wanted(world))
    again = world.context().claims.take(replace(wanted(world, moment_ms=NOW_MS + 5000), takeover=True))
    assert (again.n, again.point) == (first.n + 1, first.point)
    assert [point.moment_ms for point in world.context().ledger.read().points.values()] == [NOW_MS]
    said = [entry.body for entry in world.context().ledger.chain.entries()]
    assert [body.moment_ms for body in said if isinstance(body, ServiceClaimed)] == [NOW_MS, NOW_MS]


def test_nobody_waits_for_a_claim_that_ended_since_the_ledger_was_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, contender = world.context(), world.context()
    claim = owner.claims.take(wanted(world, "owner"))
    contender.ledger.read()
    owner.ledger.append_mine(claim, ClaimReleased(claim.n, "over"))
    monkeypatch.setattr(world.clock, "sleep_until", lambda until: pytest.fail(f"waits until {until}"))
    assert contender.claims.take(wanted(world, "contender")).run == "contender"


def test_who_loses_the_race_for_a_free_service_waits_for_the_winner_like_everybody(world: World) -> None:
    late = world.context()
    late.ledger.read()
    world.host.name = "winner"
    winner = world.context().claims.take(wanted(world, "winner"))
    world.host.name = "loser"
    claims = list[Claim]()
    assert takes_s(world, lambda: claims.append(late.claims.take(wanted(world, "loser")))) >= STANDSTILL_S
    assert [(claim.n, claim.run) for claim in claims] == [(winner.n + 1, "loser")]


def test_a_controller_that_does_not_know_the_newest_roles_claims_nothing(world: World) -> None:
    late = world.context()
    late.ledger.read()
    world.exchange_roles()
    winner = world.context()
    claim = winner.claims.take(wanted(world, "winner"))
    winner.ledger.append_mine(claim, ClaimReleased(claim.n, "over"))
    assert winner.ledger.chain.follow() is None
    entries = winner.ledger.chain.entries()
    with pytest.raises(Superseded):
        late.claims.take(wanted(world, "late"))
    assert winner.ledger.chain.entries() == entries


@pytest.mark.parametrize("owner", ["the other =", None])
def test_a_run_without_the_service_is_told_who_has_it_and_what_helps(world: World, owner: str | None) -> None:
    if owner:
        world.context().claims.take(wanted(world, owner))
    by = f"run {owner} owns it" if owner else "nobody has claimed it"
    said = f"{SERVICE}: run a run ü does not own this service: {by}. Start a new run."
    with pytest.raises(Superseded, match=f"^{re.escape(said)}$"):
        world.context().claims.owned("a run ü")


def test_a_run_that_fell_before_anything_was_shown_has_nothing_to_take_back(world: World) -> None:
    context = world.context()
    claim = context.claims.take(wanted(world))
    context.destination.namenode.remove_xattr(SERVICE, attribute_of(claim.n))
    world.context().claims.fell("a run ü")
    assert shown(context, claim.n) is None


def taken_by_a_task(world: World) -> BackupContext:
    """A claim of a run whose stages are processes of their own; the first of them works."""
    world.host.name = "first task"
    owner = world.context()
    owner.claims.take(replace(wanted(world, "owner"), owner=None))
    return owner


def test_an_owner_that_died_before_it_showed_anything_is_waited_for_by_nobody(world: World) -> None:
    claim = world.context().claims.take(wanted(world, "owner"))
    world.context().destination.namenode.remove_xattr(SERVICE, attribute_of(claim.n))
    world.host.name, world.host.dead = "another", {world.host.name}
    assert takes_s(world, lambda: world.context().claims.take(wanted(world, "another"))) < STANDSTILL_S


def test_a_task_that_ended_is_no_sign_that_its_run_has(world: World) -> None:
    taken_by_a_task(world)
    world.host.name, world.host.dead = "another", {"first task"}
    assert takes_s(world, lambda: world.context().claims.take(wanted(world, "another"))) >= STANDSTILL_S


def test_who_is_busy_is_named_with_what_the_one_who_asks_may_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, asleep = taken_by_a_task(world), world.clock.sleep_until
    monkeypatch.setattr(world.clock, "sleep_until", lambda until: (asleep(until), owner.claims.heartbeat.beat()))
    with pytest.raises(Busy, match=r"^billing: busy: owner\. Come back later\.$"):
        world.context().claims.take(replace(wanted(world, "another"), busy="Come back later."))


@pytest.mark.parametrize(
    ("awaited_s", "told"), [(20, []), (120, ["waiting for run owner, which awaits plan for up to 120 s"])]
)
def test_whoever_waits_long_is_told_once_for_what(world: World, awaited_s: int, told: list[str]) -> None:
    world.handover_s = awaited_s
    taken_by_a_task(world).claims.hand_over("plan")
    said = list[str]()
    waits = replace(wanted(world, "another"), wait=True, tell=said.append)
    took_s = takes_s(world, lambda: world.context().claims.take(waits))
    assert awaited_s <= took_s < awaited_s + 5
    assert said == told


def test_whoever_waits_long_looks_once_a_second_and_at_first_more_often(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.handover_s = 120
    taken_by_a_task(world).claims.hand_over("plan")
    asleep, since_s, looks = world.clock.sleep_until, world.clock.monotonic_s(), list[float]()
    monkeypatch.setattr(world.clock, "sleep_until", lambda until: (looks.append(until - since_s), asleep(until)))
    world.context().claims.take(replace(wanted(world, "another"), wait=True))
    assert 115 < sum(at < 30 for at in looks) <= 120
    assert 85 < sum(at >= 31 for at in looks) <= 90
