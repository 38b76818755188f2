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


def site(clock: StepClock, *nodes: Node) -> tuple[Route, Callable[[Node], str]]:
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

    return Route("west", nodes, clock, budget_s=30), ask  # type: ignore[arg-type]


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
