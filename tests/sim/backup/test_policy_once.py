"""The ledger has a policy's text once while it stays the same; a run that dies is still finished without its file."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.ledger import encode
from hadoop_dr.domain.ledger.bodies.runs import ServiceClaimed
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.report import all_entries
from sim.many_roots import ROOTS
from sim.world import POLICY, ROOT, World, fill

OTHER = POLICY.replace("max_clock_offset: 1d", "max_clock_offset: 2d  # ü")
LONG = POLICY + "".join(f"# {root} is the directory of a team\n" for root in ROOTS * 40)


def claims(world: World) -> list[tuple[str, int]]:
    """The text that each claim has, and how long its entry is."""
    chain = world.context().ledger.chain
    entries = [entry for entry in all_entries(chain.deciding, chain.path) if isinstance(entry.body, ServiceClaimed)]
    return [(entry.body.frozen.text, len(encode(entry))) for entry in entries if isinstance(entry.body, ServiceClaimed)]


def test_a_claim_has_the_text_of_the_policy_only_where_the_one_before_has_another() -> None:
    world = World(LONG)
    fill(world)
    for number, policy in enumerate((LONG, LONG, OTHER, OTHER, LONG, LONG)):
        world.policy = policy
        world.backup(f"run {number}")
    told = claims(world)
    assert [text for text, _ in told] == [LONG, "", OTHER, "", LONG, ""]
    assert all(length < 700 for text, length in told if not text)
    assert world.context().ledger.read().policy.text == LONG


def lived_in(checkpoint_every: int) -> World:
    world = World(checkpoint_every=checkpoint_every)
    fill(world)
    world.backup("first")
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/h#"), b"more")
    return world


LIVED_IN, COUNTED = {every: lived_in(every) for every in (3, 100)}, Faults()
LIVED_IN[100].clone().backup("counted", COUNTED)


@pytest.mark.parametrize("every", LIVED_IN)
@pytest.mark.parametrize("at", range(1, COUNTED.count + 1, 4))
def test_a_run_whose_claim_left_the_text_out_is_finished_when_the_file_says_something_else(at: int, every: int) -> None:
    world = LIVED_IN[every].clone()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True))
    world.host.dead.add("dies")
    world.policy = OTHER
    found = world.context().ledger.read()
    assert {point.frozen.text for point in found.unfinished()} <= {POLICY}
    assert found.claim is None or found.claim.frozen.text == POLICY
    world.backup("next")
    state = world.context().ledger.read()
    assert state.policy.text == OTHER
    assert {point.state for point in state.points.values()} <= {PointState.SEALED, PointState.VOID}
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
