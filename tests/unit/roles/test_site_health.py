"""When a site counts as failed and when as back: the share of its nodes, required roles, dwell time, flaps (S0.2)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.roles.health import HealthRules, Heartbeats, NodeRole, SiteHealth, SiteLook, judge

RULES = HealthRules(dwell_s=30, most_failures=3, window_s=600)
SMALL = (NodeRole.NAMENODE, NodeRole.ZOOKEEPER, NodeRole.METASTORE)


def look(at_s: float, *missing: NodeRole, datanodes: int = 17, of: int = 17) -> SiteLook:
    """Twenty nodes, of which some do not answer."""
    roles = [
        Heartbeats(role, 1, int(role not in missing), role not in missing,
                   troubles=[f"{role} ü does not answer"] if role in missing else [])
        for role in SMALL
    ]  # fmt: skip
    return SiteLook(at_s, (*roles, Heartbeats(NodeRole.DATANODE, of, datanodes, datanodes > 0, required=False)))


def seen(*looks: SiteLook, rules: HealthRules = RULES) -> SiteHealth:
    health = SiteHealth()
    for one in looks:
        health = judge(health, one, rules)
    return health


@pytest.mark.parametrize(("available", "failed"), [(7, True), (10, True), (11, False), (20, False)])
def test_a_site_with_exactly_half_of_its_nodes_has_failed_and_with_one_more_it_has_not(
    available: int, failed: bool
) -> None:
    health = seen(look(5.0, datanodes=available - 3))
    assert (health.failed, health.is_well, health.is_settled) == (failed, not failed, True)
    assert health.why == (f"{available} of 20 nodes answer" if failed else "")
    assert seen(look(5.0, datanodes=available - 3), rules=HealthRules(Fraction(9, 20))).failed is (available < 10)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 12), st.integers(0, 12))
def test_too_few_nodes_is_no_more_than_the_threshold_whatever_the_numbers(
    available: int, more: int, of: int, share: int
) -> None:
    total, share = available + more, min(share, of)
    roles = [Heartbeats(NodeRole.DATANODE, total, available, working=True)]
    assert seen(SiteLook(0, roles), rules=HealthRules(Fraction(share, of))).failed is (available * of <= share * total)


@pytest.mark.parametrize("role", SMALL)
def test_a_required_role_may_be_gone_for_less_than_the_dwell_time(role: NodeRole) -> None:
    health = seen(look(100, role), look(115, role), look(129.9, role))
    assert (health.failed, health.is_well, health.is_settled) == (False, False, False)
    health = judge(health, look(130, role), RULES)
    assert (health.failed, health.why) == (True, f"no working {role} for 30 s")
    assert (health.is_well, health.is_settled, health.failures) == (False, True, (130,))
    assert health.look is not None
    assert health.look.troubles == (f"{role} ü does not answer",)


def test_roles_that_are_gone_in_turn_are_timed_each_for_itself() -> None:
    health = seen(look(0, NodeRole.NAMENODE), look(20, NodeRole.METASTORE), look(40, NodeRole.METASTORE))
    assert not health.failed
    both = seen(*(look(at, NodeRole.NAMENODE, NodeRole.METASTORE) for at in (0, 30)))
    assert both.why == "no working NameNode and no working metastore for 30 s"


def test_a_role_that_nothing_depends_on_counts_as_a_node_and_no_more() -> None:
    extra = Heartbeats(NodeRole.HIVESERVER2, 1, 0, working=False, required=False)
    health = seen(*(SiteLook(at, (*look(at).roles, extra)) for at in (0, 30, 60)))
    assert (health.failed, health.is_well) == (False, True)
    assert health.look is not None
    assert (health.look.available, health.look.total) == (20, 21)


def test_a_gap_in_which_nobody_looked_proves_nothing() -> None:
    gone = NodeRole.NAMENODE
    assert not seen(look(0, gone), look(30.1, gone)).failed
    assert seen(look(0, gone), look(30.1, gone), look(60.1, gone)).failed
    failed = seen(look(0, datanodes=0))
    assert judge(judge(failed, look(10), RULES), look(41, datanodes=17), RULES).failed
    assert not judge(judge(failed, look(10), RULES), look(40), RULES).failed


def test_a_failed_site_is_back_when_nothing_was_wrong_for_the_dwell_time() -> None:
    failed = seen(look(0, datanodes=0))
    back = judge(failed, look(10), RULES)
    assert (back.failed, back.why, back.is_settled) == (True, "3 of 20 nodes answer", False)
    assert judge(back, look(39.9), RULES).failed
    well = judge(back, look(40), RULES)
    assert (well.failed, well.why, well.is_well) == (False, "", True)
    again = judge(judge(back, look(20, NodeRole.ZOOKEEPER), RULES), look(40), RULES)
    assert again.failed  # it is well only since then
    assert not judge(again, look(70), RULES).failed


def test_each_failure_counts_once_and_too_many_within_the_window_are_flapping() -> None:
    health, at = SiteHealth(), 0.0
    for _ in range(3):
        assert not health.flaps(RULES)
        for few in (0, 0, 17, 17, 17):
            health, at = judge(health, look(at, datanodes=few), RULES), at + 20
        assert not health.failed
    assert (health.failures, health.flaps(RULES)) == ((0, 100, 200), True)
    for _ in range(30):
        health, at = judge(health, look(at), RULES), at + 10
    assert (health.failures, health.flaps(RULES)) == ((0, 100, 200), True)
    assert not judge(health, look(600), RULES).flaps(RULES)  # the first is a window ago


def by_definition(looks: list[SiteLook]) -> bool:
    """Whether a site that was looked at like this has failed, told from the definition and not look by look."""

    def all_along(wrong: list[bool], end: int) -> bool:
        first = end
        while first > 0 and wrong[first - 1] and looks[first].at_s - looks[first - 1].at_s <= RULES.dwell_s:
            first -= 1
        return wrong[end] and looks[end].at_s - looks[first].at_s >= RULES.dwell_s

    few = [2 * one.available <= one.total for one in looks]
    gone = {role: [role in one.missing for one in looks] for role in SMALL}
    well = [not few[n] and not looks[n].missing for n in range(len(looks))]
    failed = False
    for n in range(len(looks)):
        if few[n] or any(all_along(told, n) for told in gone.values()):
            failed = True
        elif failed and all_along(well, n):
            failed = False
    return failed


@given(st.lists(st.tuples(st.sampled_from([1, 10, 20, 30, 31]), st.sets(st.sampled_from(SMALL), max_size=2),
                          st.sampled_from([17, 17, 9, 8, 7])), min_size=1, max_size=14))  # fmt: skip
def test_whatever_the_looks_the_verdict_is_that_of_the_definition(
    told: list[tuple[int, set[NodeRole], int]],
) -> None:
    looks, at = list[SiteLook](), 0.0
    for step, missing, datanodes in told:
        at += step
        looks.append(look(at, *missing, datanodes=datanodes))
    assert seen(*looks).failed is by_definition(looks)
