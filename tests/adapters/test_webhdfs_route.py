"""Which NameNode is asked next: pure decisions of the route, with NameNodes that die, stand by or hang."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hadoop_dr.adapters.webhdfs.errors import Late, Lost, NotSent
from hadoop_dr.adapters.webhdfs.route import Route
from hadoop_dr.domain.errors import NotReady, Unreachable
from support.clock import StepClock


@dataclass
class Node:
    """A NameNode that behaves in one way until some time, and then in another."""

    behaves: Callable[[float], str]
    asked_s: list[float] = field(default_factory=list)


def site(clock: StepClock, *nodes: Node, budget_s: float = 30) -> tuple[Route, Callable[[Node], str]]:
    def ask(node: Node) -> str:
        node.asked_s.append(clock.now_s)
        match node.behaves(clock.now_s):
            case "hangs":
                clock.now_s += 20
                raise Late("no answer in time")
            case "drops":
                raise Lost("connection reset")
            case "dead":
                raise NotSent("refused")
            case "standby":
                raise NotReady("/a b", "StandbyException: not here", "Make one active")
        return "served"

    return Route("west", nodes, clock, budget_s), ask  # type: ignore[arg-type]


def always(word: str) -> Node:
    return Node(lambda now_s: word)


def after(at_s: float, before: str, then: str = "active") -> Node:
    return Node(lambda now_s: then if now_s >= at_s else before)


@pytest.mark.parametrize("takes_over_at_s", [25, 31, 50, 100])
@pytest.mark.parametrize("hung_first", [True, False])
def test_a_failover_from_a_namenode_that_hangs_is_waited_for(takes_over_at_s: float, hung_first: bool) -> None:
    clock, hung, other = StepClock(), always("hangs"), after(takes_over_at_s, "standby")
    route, ask = site(clock, *((hung, other) if hung_first else (other, hung)))
    assert route.repeat(ask) == "served"  # type: ignore[arg-type]
    assert clock.now_s < takes_over_at_s + 25
    assert len(hung.asked_s) <= 1 + takes_over_at_s / 30


def test_who_asks_later_does_not_wait_for_the_one_that_hangs_again() -> None:
    clock, hung = StepClock(), always("hangs")
    route, ask = site(clock, hung, always("active"))
    assert [route.repeat(ask) for _ in range(5)] == ["served"] * 5  # type: ignore[arg-type]
    assert clock.now_s == 20


def test_one_that_hung_for_a_while_and_was_not_replaced_is_asked_again() -> None:
    clock = StepClock()
    route, ask = site(clock, after(21, "hangs"), always("standby"))
    assert route.repeat(ask) == "served"  # type: ignore[arg-type]


def test_one_that_only_dropped_a_connection_is_asked_again_at_once() -> None:
    clock = StepClock()
    route, ask = site(clock, after(0.05, "drops"), always("standby"))
    assert route.repeat(ask) == "served"  # type: ignore[arg-type]
    assert clock.now_s < 1


def test_a_site_whose_only_namenode_hangs_is_given_up_within_its_budget() -> None:
    clock = StepClock()
    route, ask = site(clock, always("hangs"))
    with pytest.raises(Unreachable, match="west"):
        route.repeat(ask)  # type: ignore[arg-type]
    assert clock.now_s <= 50


@pytest.mark.parametrize("words", [("dead", "dead"), ("standby", "dead"), ("dead", "standby"), ("standby",)])
def test_a_site_that_cannot_serve_is_given_up_and_named(words: tuple[str, ...]) -> None:
    clock = StepClock()
    route, ask = site(clock, *map(always, words))
    with pytest.raises((Unreachable, NotReady)) as given_up:
        route.repeat(ask)  # type: ignore[arg-type]
    assert given_up.value.subject == "west"
    assert given_up.value.remedy
    assert clock.now_s <= 30


def test_pauses_grow_to_two_seconds_and_no_request_begins_after_the_budget() -> None:
    clock, first, second = StepClock(), always("dead"), always("standby")
    clock.now_s = 1000.0
    route, ask = site(clock, first, second)
    with pytest.raises(NotReady):
        route.repeat(ask)  # type: ignore[arg-type]
    began = [0, 0.1, 0.3, 0.7, 1.5, 3.1, *(5.1 + 2 * n for n in range(13))]
    assert [at_s - 1000 for at_s in first.asked_s] == pytest.approx(began)
    assert first.asked_s == second.asked_s, "one that does not serve costs the other no time"


def test_a_request_that_would_begin_at_the_end_of_the_budget_is_not_made() -> None:
    clock, node = StepClock(), always("dead")
    route, ask = site(clock, node, budget_s=0.1)
    with pytest.raises(Unreachable, match=r"west: refused\. Check that a NameNode of this site runs"):
        route.repeat(ask)  # type: ignore[arg-type]
    assert node.asked_s == [0]


def test_while_one_hangs_the_others_are_waited_for_four_budgets_and_it_is_asked_every_half_minute() -> None:
    """By default a failover controller gives such a NameNode up after 45 s."""
    clock, hung, other = StepClock(), always("hangs"), always("standby")
    route, ask = site(clock, hung, other)
    with pytest.raises(NotReady, match=r"west: StandbyException: not here \(/a b\). Make one active"):
        route.repeat(ask)  # type: ignore[arg-type]
    assert 118 < clock.now_s <= 120 + 2, "the last of them was under way when it ended"
    its_own_and_left_alone_s = 20 + 30
    assert hung.asked_s == pytest.approx([0, 1.1 + its_own_and_left_alone_s, 1.1 + 2 * its_own_and_left_alone_s])


def test_a_namenode_is_left_alone_for_just_so_long() -> None:
    clock, hung, other = StepClock(), always("hangs"), always("active")
    route, ask = site(clock, hung, other)
    route.repeat(ask)  # type: ignore[arg-type]
    clock.now_s, other.behaves = 49.9, lambda now_s: "dead" if now_s < 50 else "standby"
    hung.behaves = lambda now_s: "active"
    assert route.repeat(ask) == "served"  # type: ignore[arg-type]
    assert hung.asked_s[1:] == [50.0], "its answer came too late at 20"


@pytest.mark.parametrize(("count", "again_s"), [(2, 40.1), (3, 60.1)])
def test_where_all_hang_each_is_asked_in_its_turn(count: int, again_s: float) -> None:
    clock, nodes = StepClock(), [always("hangs") for _ in range(count)]
    route, ask = site(clock, *nodes)
    with pytest.raises(Unreachable):
        route.repeat(ask)  # type: ignore[arg-type]
    for number, node in enumerate(nodes):
        assert node.asked_s[:2] == pytest.approx([20 * number, 20 * number + again_s])
    assert 120 <= clock.now_s < 140


def test_of_three_the_first_that_does_not_hang_is_asked() -> None:
    clock, third = StepClock(), always("active")
    route, ask = site(clock, always("standby"), always("hangs"), third)
    assert route.repeat(ask) == "served"  # type: ignore[arg-type]
    assert route.serving is third
    third.behaves = lambda now_s: "hangs"
    with pytest.raises(NotReady):
        route.repeat(ask)  # type: ignore[arg-type]
    assert clock.now_s < 160


def test_an_error_that_names_its_site_already_stays_as_it_is() -> None:
    told = NotReady("west", "nn is standby", "Make one active")

    def ask(node: Node) -> str:
        raise told

    route, _ = site(StepClock(), always("standby"))
    with pytest.raises(NotReady) as given_up:
        route.repeat(ask)  # type: ignore[arg-type]
    assert given_up.value is told


def test_namenodes_are_asked_in_the_order_of_the_pair_file_beginning_with_the_one_that_served_last() -> None:
    clock, nodes = StepClock(), [always("dead"), always("active"), always("dead"), always("dead")]
    order = list[int]()

    def asked(node: Node) -> str:
        order.append(nodes.index(node))
        return ask(node)

    route, ask = site(clock, *nodes)
    route.repeat(asked)  # type: ignore[arg-type]
    nodes[1].behaves = nodes[0].behaves
    nodes[0].behaves = lambda now_s: "active" if len(order) > 6 else "dead"
    route.repeat(asked)  # type: ignore[arg-type]
    assert order == [0, 1, 1, 2, 3, 0, 1, 2, 3, 0]
