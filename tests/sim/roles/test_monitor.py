"""The monitor on memory sites: it holds first, says each thing once, and waits for nobody (S0.1 to S0.4, I4, I12)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from hadoop_dr.domain.errors import Refused, Unreachable
from hadoop_dr.domain.ledger.bodies.pair import MONITOR, AlarmSaid
from hadoop_dr.domain.roles.health import HealthRules, Heartbeats, NodeRole, SiteLook
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.namenode import DataNode
from hadoop_dr.services.heartbeats import AskedNode, AskNodes, NodeAnswer, SiteNodes, by_site
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.roles.hold import HoldSynchronising
from hadoop_dr.services.roles.monitor import Monitor
from schemas import validate
from sim.world import World, fill

RULES = HealthRules(dwell_s=30, most_failures=3, window_s=3600)
EVERY_S = 10.0


@dataclass
class Told:
    """Somebody who is told of alarms, perhaps only later, or never."""

    name: str = "mail ü"
    heard: list[tuple[str, bool]] = field(default_factory=list)
    broken: bool = False
    may_go_on: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    def tell(self, pair: str, alarm: AlarmSaid) -> None:
        self.may_go_on.wait(60)
        if self.broken:
            raise Unreachable(self.name, "the mail server did not take it")
        self.heard.append((alarm.key, alarm.stands))


@dataclass
class Watched:
    """A world that is watched; its nodes answer as a test says."""

    world: World = field(default_factory=World)
    down: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    late: dict[str, str | None] = field(default_factory=dict)
    looks: int = 0

    def look(self) -> Mapping[str, SiteLook]:
        self.looks += 1
        at_s = self.world.clock.monotonic_s()
        return {site: self._site(site, at_s) for site in ("east", "west")}

    def _site(self, site: str, at_s: float) -> SiteLook:
        up, working = site not in self.down, site not in self.down | self.missing
        return SiteLook(at_s, [
            Heartbeats(NodeRole.NAMENODE, 1, int(up), working, troubles=[] if working else [f"{site}: NameNode ü"]),
            Heartbeats(NodeRole.DATANODE, 4, 4 * up, up),
        ])  # fmt: skip

    def monitor(self, *notifiers: Told, failed: dict[str, str] | None = None) -> Monitor:
        roles = Roles("east-west", self.world.files(), self.world.clock)
        return Monitor("east-west", roles, self.look, lambda: dict(self.late), notifiers, self.world.clock, RULES,
                       EVERY_S, "monitor", "monitor-1", failed)  # fmt: skip

    def once(self, *notifiers: Told, failed: dict[str, str] | None = None) -> dict[str, Any]:
        made = self.monitor(*notifiers, failed=failed)
        try:
            return dict(validate("monitor", made.watch(once=True, tell=lambda _: None)))
        finally:
            made.close()

    def state(self) -> PairState:
        return Roles("east-west", self.world.files(), self.world.clock).read().state

    def pass_s(self, seconds: float) -> None:
        self.world.clock.sleep_until(self.world.clock.monotonic_s() + seconds)


@pytest.fixture
def pair() -> Watched:
    found = Watched()
    fill(found.world)
    return found


def alarms(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(one["what"], one["subject"]) for one in document["alarms"]]


EAST, WEST = ("site failed", "east"), ("site failed", "west")


def test_a_pair_that_is_well_has_a_verdict_at_once_and_nothing_is_written(pair: Watched) -> None:
    before = pair.state().n
    document = pair.once()
    assert (document["ok"], document["alarms"], document["held"], pair.looks) == (True, [], [], 1)
    assert document["sites"]["east"] == {
        "role": "primary", "health": {"available": 5, "total": 5}, "failed": False, "why": "", "troubles": []
    }
    assert pair.state().n == before


def test_a_primary_that_failed_holds_new_points_back_and_they_go_on_when_it_was_back_for_the_dwell_time(
    pair: Watched,
) -> None:
    told = Told()
    pair.down.add("east")
    document = pair.once(told)
    assert (document["ok"], alarms(document), document["held"][0]["slot"]) == (False, [EAST], MONITOR)
    assert document["alarms"][0]["told"]
    with pytest.raises(Refused, match="held by monitor, because east has failed: 0 of 5 nodes answer"):
        pair.world.backup("held")
    pair.down.clear()
    document = pair.once(told)
    assert (document["ok"], document["held"]) == (True, [])
    assert told.heard == [("site failed: east", True), ("site failed: east", False)]
    assert pair.world.backup("then")["state"] == "sealed"


def test_a_secondary_that_failed_too_is_the_second_alarm(pair: Watched) -> None:
    pair.down.update(("east", "west"))
    document = pair.once()
    assert alarms(document) == [EAST, WEST]
    assert [one["text"].partition(":")[0] for one in document["alarms"]] == ["first alarm", "second alarm"]


def test_a_secondary_alone_is_an_alarm_and_no_hold(pair: Watched) -> None:
    pair.down.add("west")
    document = pair.once()
    assert (alarms(document), document["held"]) == ([WEST], [])


def test_a_role_that_is_gone_is_timed_before_there_is_a_verdict(pair: Watched) -> None:
    pair.missing.add("east")
    document = pair.once()
    assert (document["sites"]["east"]["why"], pair.looks) == ("no working NameNode for 30 s", 4)
    assert document["sites"]["east"]["troubles"] == ["east: NameNode ü"]


def test_what_a_process_before_saw_fail_is_acted_on_at_once_unless_it_is_back(pair: Watched) -> None:
    pair.missing.add("east")
    assert alarms(pair.once(failed={"east": "no working NameNode for 30 s"})) == [EAST]
    assert pair.looks == 1
    pair.missing.clear()
    assert pair.once()["ok"]
    assert pair.once(failed={"east": "no working NameNode for 30 s"})["ok"]


def test_two_monitors_say_nothing_twice_and_neither_does_one_that_begins_anew(pair: Watched) -> None:
    first, second = Told("a"), Told("b")
    pair.down.add("east")
    pair.once(first)
    before = pair.state().n
    pair.once(first)
    pair.once(second)
    assert (first.heard, second.heard, pair.state().n) == ([("site failed: east", True)], [], before)


def test_a_person_who_lifts_the_hold_is_not_overruled_by_the_same_failure(pair: Watched) -> None:
    pair.down.add("east")
    pair.once()
    HoldSynchronising("east-west", Roles("east-west", pair.world.files(), pair.world.clock), pair.world.clock).resume(
        "resume-1", "ann", "only the monitor's own line is down"
    )
    document = pair.once()
    assert (document["held"], alarms(document)) == ([], [EAST])


def test_a_site_that_flaps_is_held_for_until_a_person_says_so(pair: Watched) -> None:
    monitor = pair.monitor()
    for failures in (1, 2, 3):
        pair.down.add("east")
        monitor.step()
        assert MONITOR in pair.state().holds, failures
        pair.down.clear()
        for _ in range(5):
            pair.pass_s(EVERY_S)
            document = monitor.step()
        assert alarms(document) == []
        assert (MONITOR in pair.state().holds) is (failures == 3)
    monitor.close()


def test_no_decision_waits_for_somebody_who_is_told_and_who_could_not_be_is_told_again(pair: Watched) -> None:
    told = Told(broken=True)
    told.may_go_on.clear()
    pair.down.add("east")
    monitor = pair.monitor(told)
    monitor.step()
    assert (MONITOR in pair.state().holds, [one.told for one in pair.state().alarms.values()]) == (True, [False])
    told.may_go_on.set()
    document = monitor.watch(once=True, tell=lambda _: None)
    assert any("could not be told" in text for text in document["warnings"])
    assert not document["alarms"][0]["told"]
    told.broken = False
    pair.pass_s(60)
    assert monitor.watch(once=True, tell=lambda _: None)["alarms"][0]["told"]
    assert (told.heard, [one.told for one in pair.state().alarms.values()]) == ([("site failed: east", True)], [True])
    monitor.close()


def test_an_alarm_that_the_ledger_cannot_take_is_told_once_and_written_when_it_can(pair: Watched) -> None:
    told = Told()
    monitor = pair.monitor(told)
    monitor.step()
    pair.world.lose("west")
    gone = Watched(pair.world, down={"west"})
    deaf = gone.monitor(told)
    document = deaf.watch(once=True, tell=lambda _: None)
    assert alarms(document) == [WEST]
    assert any("not in the ledger yet" in text for text in document["warnings"])
    for _ in range(3):
        deaf.step()
    assert told.heard == [("site failed: west", True)]
    pair.world.find("west")
    back = Roles("east-west", pair.world.files(), pair.world.clock)
    deaf._roles = back
    deaf.step()
    assert list(pair.state().alarms) == ["site failed: west"]
    monitor.close()
    deaf.close()


def test_a_service_that_is_older_than_its_rpo_is_an_alarm_until_it_is_not(pair: Watched) -> None:
    pair.late = {"billing": "service billing is late", "crm": ""}
    assert alarms(pair.once()) == [("late", "billing")]
    pair.late = {"billing": None, "crm": ""}
    assert alarms(pair.once()) == [("late", "billing")]
    pair.late = {"billing": "", "crm": ""}
    assert pair.once()["ok"]


def test_a_look_alone_says_what_is_due_and_changes_nothing(pair: Watched) -> None:
    monitor, before = pair.monitor(), pair.state().n
    assert not monitor.due()["due"]
    pair.down.add("east")
    found = monitor.due()
    assert (found["due"], found["failures"]) == (True, {"east": "0 of 5 nodes answer"})
    assert pair.state().n == before
    pair.once()
    assert not monitor.due()["due"]
    monitor.close()


# -- the heartbeats themselves


def heartbeats(*nodes: AskedNode, deadline_s: float = 30.0) -> tuple[SiteLook, AskNodes]:
    asked = AskNodes([SiteNodes("east ü", nodes)], World().clock, deadline_s)
    return asked.look()["east ü"], asked


def node(role: NodeRole, name: str, answer: NodeAnswer | None, **more: bool) -> AskedNode:
    def ask() -> NodeAnswer:
        if answer is None:
            raise Unreachable(name, "no connection")
        return answer

    return AskedNode(role, name, ask, **more)


def test_every_node_counts_and_a_role_works_while_one_of_its_members_does() -> None:
    standby = NodeAnswer(False, "", [DataNode("d:1", 40.0), DataNode("d:2", 1.0)])
    look, asked = heartbeats(
        node(NodeRole.NAMENODE, "a", standby),
        node(NodeRole.NAMENODE, "b", NodeAnswer(True, "", [DataNode("d:1", 2.0), DataNode("d:3", float("inf"))])),
        node(NodeRole.ZOOKEEPER, "z", NodeAnswer(works=False)),
        node(NodeRole.ZOOKEEPER, "quorum", None, counts=False),
        node(NodeRole.HIVESERVER2, "h", None, required=False),
    )
    asked.close()
    assert (look.available, look.total, look.missing) == (5, 7, {NodeRole.ZOOKEEPER})
    assert look.troubles == ("quorum: no connection", "h: no connection", "east ü: DataNode d:3 does not report")
    assert by_site({"east": look}) == {"east": {"available": 5, "total": 7}}


def test_where_no_namenode_tells_of_them_datanodes_count_for_nothing() -> None:
    look, asked = heartbeats(node(NodeRole.NAMENODE, "a", None), node(NodeRole.ZOOKEEPER, "z", NodeAnswer()))
    asked.close()
    assert (look.available, look.total, look.missing) == (1, 2, {NodeRole.NAMENODE})
    look, asked = heartbeats(node(NodeRole.NAMENODE, "a", NodeAnswer(datanodes=[DataNode("d", 31.0)])))
    asked.close()
    assert look.missing == {NodeRole.DATANODE}


def test_a_node_that_hangs_costs_the_deadline_and_is_not_asked_again_meanwhile() -> None:
    hangs, asked_times = threading.Event(), list[int]()

    def ask() -> NodeAnswer:
        asked_times.append(1)
        hangs.wait(60)
        return NodeAnswer()

    look, asked = heartbeats(
        AskedNode(NodeRole.NAMENODE, "a", ask), node(NodeRole.ZOOKEEPER, "z", NodeAnswer()), deadline_s=0.2
    )
    assert look.troubles == ("a: no answer within 0.2 s",)
    assert asked.look()["east ü"].available == 1
    assert len(asked_times) == 1
    hangs.set()
    asked._flying["east ü", "a"].result()
    assert asked.look()["east ü"].available == 2
    asked.close()
