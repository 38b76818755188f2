"""Arbitration as a pure decision: the whole table (S2.19-S2.22, I5)."""

from __future__ import annotations

from itertools import product

import pytest

from hadoop_dr.domain.roles.arbitration import (
    AccessChange,
    Observation,
    SiteRole,
    arbitrate,
    current_access,
    newer,
    normalise,
    to_publish,
)
from hadoop_dr.domain.roles.identity import Access, Identity, Role
from hadoop_dr.domain.state.pair_state import PairState

EAST, WEST = "east", "west"


def identity(site: str, role: Role, epoch: int) -> Identity:
    return Identity(site, role, epoch, "2026-11-20T02:00:00.000Z", "a b/ü", "by hand")


def access(site: str | None, epoch: int, alarm: str = "") -> Access:
    return Access(site, epoch, "2026-11-20T02:00:00.000Z", "a b/ü", "by hand", alarm)


def seen(site: str, status: SiteRole, epoch: int = 2) -> Observation:
    if status is SiteRole.UNKNOWN:
        return Observation(site, trouble="silent")
    return Observation(site, identity(site, Role(status.value), epoch))


def wanted(in_use: str | None, status: dict[str, SiteRole]) -> tuple[AccessChange, str | None]:
    """The rule in the words of the requirement, written down a second time."""
    if status[EAST] == status[WEST] == SiteRole.PRIMARY:
        return AccessChange.ALARM, in_use
    if in_use is None:
        held = [site for site in status if status[site] is SiteRole.PRIMARY]
        starts = held and SiteRole.UNKNOWN not in status.values()
        return (AccessChange.START, held[0]) if starts else (AccessChange.KEEP, None)
    other = WEST if in_use == EAST else EAST
    if status[in_use] in {SiteRole.SECONDARY, SiteRole.INVALID} and status[other] is SiteRole.PRIMARY:
        return AccessChange.SWITCH, other
    return AccessChange.KEEP, in_use


@pytest.mark.parametrize(("first", "second", "in_use"), list(product(SiteRole, SiteRole, (EAST, WEST, None))))
def test_access_moves_only_from_secondary_or_invalid_to_primary(
    first: SiteRole, second: SiteRole, in_use: str | None
) -> None:
    held = access(in_use, 1) if in_use else None
    decision = arbitrate(seen(EAST, first), seen(WEST, second), held)
    assert (decision.outcome, decision.site) == wanted(in_use, {EAST: first, WEST: second})
    assert decision.reason
    assert bool(decision.alarm) == (first is second is SiteRole.PRIMARY)
    assert decision.epoch >= (held.epoch if held else 0)
    mirrored = arbitrate(seen(WEST, second), seen(EAST, first), held)
    assert (mirrored.outcome, mirrored.site, mirrored.epoch) == (decision.outcome, decision.site, decision.epoch)


@pytest.mark.parametrize(("roles", "epochs", "in_use"), list(product(
    product(Role, Role), product((1, 2, 3), (1, 2, 3)), (None, EAST, WEST))))
@pytest.mark.parametrize("in_use_epoch", [1, 2, 3])
def test_an_identity_below_the_highest_epoch_is_invalid_wherever_that_epoch_was_seen(
    roles: tuple[Role, Role], epochs: tuple[int, int], in_use: str | None, in_use_epoch: int
) -> None:
    held = access(in_use, in_use_epoch) if in_use else None
    first = Observation(EAST, identity(EAST, roles[0], epochs[0]), held)
    second = Observation(WEST, identity(WEST, roles[1], epochs[1]), held)
    highest = max(*epochs, in_use_epoch if in_use else 0)
    status = {
        site: SiteRole(role.value) if epoch == highest else SiteRole.INVALID
        for site, role, epoch in zip((EAST, WEST), roles, epochs, strict=True)
    }
    decision = arbitrate(first, second, held)
    assert dict(decision.statuses) == status
    assert (decision.outcome, decision.site) == wanted(in_use, status)
    assert decision.epoch >= (in_use_epoch if in_use else 0)


def test_a_silent_site_is_unknown_until_the_ledger_says_what_it_is() -> None:
    silent, promoted = Observation(EAST, trouble="silent"), seen(WEST, SiteRole.PRIMARY, epoch=2)
    held = access(EAST, 1)
    assert arbitrate(silent, promoted, held).outcome is AccessChange.KEEP
    ruled = arbitrate(silent, promoted, held, PairState(epoch=2, primary=WEST, deciding=WEST, n=7))
    assert (ruled.outcome, ruled.site, ruled.epoch) == (AccessChange.SWITCH, WEST, 2)


def test_an_older_ruling_says_nothing_about_a_silent_site() -> None:
    assert normalise(Observation(EAST, trouble="silent"), 3, PairState(epoch=2, primary=WEST)) is SiteRole.UNKNOWN
    assert normalise(Observation(EAST, trouble="silent"), 2, PairState(epoch=2, primary=EAST)) is SiteRole.UNKNOWN


def test_an_old_ruling_starts_no_access_while_the_site_that_has_the_newest_one_is_silent() -> None:
    east = seen(EAST, SiteRole.PRIMARY, 1)
    found = arbitrate(east, seen(WEST, SiteRole.UNKNOWN), None, PairState(1, EAST, WEST, 9))
    assert (found.outcome, found.site) == (AccessChange.KEEP, None)
    assert found.reason == "nobody has access, and with west unknown nobody gets it"
    alone = arbitrate(seen(EAST, SiteRole.UNKNOWN), seen(WEST, SiteRole.PRIMARY, 2), None, PairState(2, WEST, WEST, 9))
    assert (alone.outcome, alone.site) == (AccessChange.START, WEST)


def test_a_ruling_above_every_announcement_switches_nothing() -> None:
    """ZooKeepers restored from an old backup: both identities are below the ledger, so nobody is promoted."""
    first, second = seen(EAST, SiteRole.SECONDARY, 1), seen(WEST, SiteRole.PRIMARY, 1)
    assert arbitrate(first, second, access(EAST, 1), PairState(epoch=5, primary=EAST)).outcome is AccessChange.KEEP


def test_an_identity_that_names_another_site_is_invalid() -> None:
    assert normalise(Observation(EAST, identity(WEST, Role.PRIMARY, 2)), 2) is SiteRole.INVALID


def test_an_access_that_names_no_site_of_the_pair_counts_as_none() -> None:
    decision = arbitrate(seen(EAST, SiteRole.PRIMARY), seen(WEST, SiteRole.SECONDARY), access("north", 1))
    assert (decision.outcome, decision.site) == (AccessChange.START, EAST)


@pytest.mark.parametrize(("roles", "copies", "expected"), [
    ((Role.PRIMARY, Role.SECONDARY), (access(EAST, 1), access(WEST, 2)), WEST),
    ((Role.SECONDARY, Role.PRIMARY), (access(EAST, 2), access(WEST, 2)), WEST),
    ((Role.PRIMARY, Role.PRIMARY), (access(EAST, 2), access(WEST, 2)), None),
    ((Role.SECONDARY, Role.SECONDARY), (access(EAST, 2), access(WEST, 2)), None),
    ((Role.SECONDARY, Role.SECONDARY), (None, access(WEST, 2)), WEST),
    ((Role.SECONDARY, Role.SECONDARY), (None, None), None),
])
def test_of_two_copies_the_higher_epoch_counts_then_the_one_beside_the_primary(
    roles: tuple[Role, Role], copies: tuple[Access | None, Access | None], expected: str | None
) -> None:
    first = Observation(EAST, identity(EAST, roles[0], 2), copies[0])
    second = Observation(WEST, identity(WEST, roles[1], 2), copies[1])
    found = current_access(first, second)
    assert (found.site if found else None) == expected


def test_what_was_seen_before_counts_unless_what_was_read_is_as_new() -> None:
    old, new = access(EAST, 1), access(WEST, 2)
    assert (newer(old, new), newer(new, old), newer(None, old), newer(old, None), newer(None, None)) == (
        new, new, old, old, None,
    )  # fmt: skip
    assert newer(old, access(WEST, 1)) is old


def test_an_alarm_is_written_into_each_copy_and_moves_neither() -> None:
    decision = arbitrate(seen(EAST, SiteRole.PRIMARY), seen(WEST, SiteRole.PRIMARY), access(EAST, 2))
    assert to_publish(decision, access(WEST, 1)) == (WEST, 1, decision.alarm)
    assert to_publish(decision, access(EAST, 2, decision.alarm)) is None
    assert to_publish(decision, None) == (None, 0, decision.alarm)


def test_an_alarm_is_lifted_only_by_a_decision_that_knew_both_sites() -> None:
    known = arbitrate(seen(EAST, SiteRole.PRIMARY), seen(WEST, SiteRole.SECONDARY), access(EAST, 2))
    blind = arbitrate(seen(EAST, SiteRole.PRIMARY), seen(WEST, SiteRole.UNKNOWN), access(EAST, 2))
    assert to_publish(known, access(EAST, 2, "look")) == (EAST, 2, "")
    assert to_publish(blind, access(EAST, 2, "look")) is None


def test_a_copy_is_never_taken_back_to_a_lower_epoch() -> None:
    decision = arbitrate(seen(EAST, SiteRole.PRIMARY, 2), seen(WEST, SiteRole.SECONDARY, 2), access(EAST, 2))
    assert to_publish(decision, access(WEST, 3)) is None


@pytest.mark.parametrize(
    ("first", "second", "in_use", "said"),
    [
        (SiteRole.PRIMARY, SiteRole.PRIMARY, EAST,
         "east and west are both primary at epoch 2, so access stays with east"),
        (SiteRole.PRIMARY, SiteRole.PRIMARY, None,
         "east and west are both primary at epoch 2, so access stays with nobody"),
        (SiteRole.UNKNOWN, SiteRole.UNKNOWN, EAST,
         "east is unknown and west is unknown, so access stays with east (east: silent; west: silent)"),
        (SiteRole.SECONDARY, SiteRole.UNKNOWN, EAST,
         "east is secondary and west is unknown, so access stays with east (west: silent)"),
        (SiteRole.SECONDARY, SiteRole.SECONDARY, WEST,
         "west is secondary and east is secondary, so access stays with west"),
        (SiteRole.UNKNOWN, SiteRole.UNKNOWN, None,
         "nobody has access, and with east and west unknown nobody gets it"),
        (SiteRole.SECONDARY, SiteRole.INVALID, None,
         "nobody has access, and with no site primary nobody gets it"),
    ],
)  # fmt: skip
def test_a_person_reads_which_site_is_what_and_why_it_could_not_be_read(
    first: SiteRole, second: SiteRole, in_use: str | None, said: str
) -> None:
    held = access(in_use, 2) if in_use else None
    assert arbitrate(seen(EAST, first), seen(WEST, second), held).reason == said


def test_an_access_of_a_higher_epoch_is_known_wherever_it_was_read() -> None:
    decision = arbitrate(seen(EAST, SiteRole.SECONDARY), seen(WEST, SiteRole.PRIMARY), access(EAST, 3))
    assert (decision.outcome, decision.site, decision.epoch) == (AccessChange.KEEP, EAST, 3)


def test_while_nobody_ever_had_access_no_epoch_is_made_up() -> None:
    assert arbitrate(seen(EAST, SiteRole.UNKNOWN), seen(WEST, SiteRole.UNKNOWN), None).epoch == 0
