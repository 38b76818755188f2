"""Every interleaving of arbiters, clients and people, on the product's own code (I2, I3, I5, I12, I13).

In each state: under one epoch one site is used, the one that the ledger gave it, and only once its data is live; no
epoch goes back, in the ledger or in a ZooKeeper; access moves only after a decision of a person; no decision is older
than what was there when its round began; and an arbiter that nothing disturbs any more gives the primary access.
"""

from __future__ import annotations

import os
from types import ModuleType

import pytest

from hadoop_dr.domain.roles import arbitration, identity
from hadoop_dr.services import arbitrate
from hadoop_dr.services import identity as announcing
from support.explorer import Explored, Violated
from support.mutated import mutated, on_top_of
from support.pair_moves import Faults, World
from support.pair_world import Programs

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
SMALL = {
    "a failover and an arbiter": World(arbiters=1, decisions=1, fresh=True),
    "the same, where the copy of the ledger at either site can be cut off": World(
        arbiters=1, decisions=1, fresh=True, cut=True
    ),
}
WHOLE = {
    "two people at once": World(arbiters=0, people=2, decisions=2),
    "a failover and two arbiters": World(arbiters=2, decisions=1),
    "a failover, an arbiter and a client": World(arbiters=1, clients=1, decisions=1),
}
BOUNDED = {
    "a write that arrives late": World(arbiters=1, decisions=1, late=1, fresh=True),
    "two people who reach one site each": World(arbiters=0, people=2, decisions=2, cut=True),
    "two people": World(arbiters=0, people=2, decisions=3, late=1),
    "a client": World(arbiters=1, clients=1, decisions=2, late=1, fresh=True),
    "roles written by hand": World(arbiters=1, decisions=2, by_hand=True),
    "all at once": World(arbiters=2, clients=2, people=2, decisions=3, late=1),
}


def shown(what: str, found: Explored) -> None:
    left = "all of them" if found.whole else "nearest first"
    print(f"{what}: {found.states:,} states ({left}), {found.moves:,} moves")


@pytest.mark.parametrize("what", SMALL)
def test_whatever_happens_at_once_one_site_is_used_in_an_epoch_and_no_epoch_goes_back(what: str) -> None:
    found = SMALL[what].explore(1_000_000)
    shown(what, found)
    assert found.whole
    assert found.states > 20_000


@pytest.mark.parametrize("what", BOUNDED)
def test_of_what_is_too_large_to_see_it_all_the_nearest_states_keep_every_promise(what: str) -> None:
    most = 1_000_000 if THOROUGH else 20_000
    found = BOUNDED[what].explore(most)
    shown(what, found)
    assert found.states >= most


@pytest.mark.skipif(not THOROUGH, reason="takes more than a minute: part of make chaos")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("what", WHOLE)
def test_two_arbiters_or_a_client_beside_a_failover_to_the_last_state(what: str) -> None:
    found = WHOLE[what].explore(3_000_000)
    shown(what, found)
    assert found.whole


@pytest.mark.parametrize(
    ("faults", "broken"),
    [
        (Faults(unchecked=True), "I5: the access of .* goes back"),
        (Faults(stale=True), "I13: "),
        (Faults(trusted=True), "I13: "),
    ],
)
def test_a_version_not_compared_or_a_reading_that_is_not_fresh_is_found(faults: Faults, broken: str) -> None:
    with pytest.raises(Violated, match=broken):
        World(arbiters=1, decisions=1, late=1, fresh=True, faults=faults).explore(300_000)


DECIDING = [
    ("identity.epoch < highest", "identity.epoch <= highest", "stays without an alarm"),
    ("held[1] > decision.epoch", "held[1] >= decision.epoch", "does not give it access"),
    ("in (SiteRole.SECONDARY, SiteRole.INVALID) and", "is not SiteRole.PRIMARY and", "I12: access moves"),
    ("if primaries and not unknown:", "if primaries:", "I3: west is used"),
    ("if all(held is SiteRole.PRIMARY for held in status.values()):", "if False:", "without an alarm"),
]


@pytest.mark.parametrize(("sound", "broken", "said"), DECIDING)
def test_a_rule_of_arbitration_that_is_broken_is_found(sound: str, broken: str, said: str) -> None:
    rules = mutated(arbitration, sound, broken)
    programs = Programs(arbitrate=on_top_of(arbitrate, arbitration, rules)["Arbitrate"])
    with pytest.raises(Violated, match=said):
        World(arbiters=1, decisions=2, by_hand=True, programs=programs).explore(30_000)


ANNOUNCING = [
    (announcing, "held.epoch >= epoch and not let_in", "False", "I5: the identity"),
    (identity, "if state.changing:", "if False:", "I2: west is used under epoch 2 before its data is live"),
]


@pytest.mark.parametrize(("module", "sound", "broken", "said"), ANNOUNCING)
def test_a_rule_of_announcing_that_is_broken_is_found(module: ModuleType, sound: str, broken: str, said: str) -> None:
    names = mutated(module, sound, broken)
    if module is identity:
        programs = Programs(recorded_roles=names["recorded_roles"])
    else:
        programs = Programs(announce_identity=names["AnnounceIdentity"])
    with pytest.raises(Violated, match=said):
        World(arbiters=0, people=2, decisions=3, programs=programs).explore(300_000)
