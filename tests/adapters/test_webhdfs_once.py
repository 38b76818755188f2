"""A change of a name space is made at most once, and a lost answer is read back before anything else (I11, fault 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hadoop_dr.adapters.webhdfs.errors import Late, Lost, NotSent, ReadBack
from hadoop_dr.adapters.webhdfs.route import Route
from hadoop_dr.domain.errors import AccessDenied, AlreadyExists, DrError, NotReady, Protocol, Unknown, Unreachable
from support.clock import StepClock

PATH = "/a b/e%20/ü+"
DONE, NOT_DONE, CANNOT_TELL = ReadBack.DONE, ReadBack.NOT_DONE, ReadBack.CANNOT_TELL
STANDBY = NotReady(PATH, "StandbyException: not here", "Make one active")
SAFE = NotReady(PATH, "SafeModeException: it has just started", "Wait")
DEAD, LOST, LATE = NotSent("refused"), Lost("connection reset"), Late("no answer within 20 s")
REFUSED = AlreadyExists(PATH, "the snapshot exists")
ANSWER = "answered"


@dataclass
class Site:
    """A site of NameNodes on which one change is made.

    Attributes:
        meets: What each sending of the change meets, in turn; the last for ever.
        finds: What each reading back finds, in turn.
        sent_to: The NameNodes that it was sent to.
        read_on: The NameNode that each reading back asked first.
    """

    meets: list[str | Exception]
    finds: list[ReadBack | DrError] = field(default_factory=list)
    namenodes: tuple[str, ...] = ("nn1", "nn2")
    clock: StepClock = field(default_factory=StepClock)
    sent_to: list[str] = field(default_factory=list)
    read_on: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.route = Route("west", self.namenodes, self.clock, budget_s=30)  # type: ignore[arg-type]

    def change(self) -> str | None:
        return self.route.once(self._send, self._read_back, PATH)  # type: ignore[arg-type]

    def _send(self, node: str) -> str:
        self.sent_to.append(node)
        met = self.meets.pop(0) if len(self.meets) > 1 else self.meets[0]
        if isinstance(met, Exception):
            raise met
        return met

    def _read_back(self) -> ReadBack:
        found = self.finds.pop(0)
        if isinstance(found, DrError):
            raise found

        def first(node: str) -> str:
            self.read_on.append(node)
            return node

        self.route.repeat(first)  # type: ignore[arg-type]
        return found


def test_a_change_that_is_answered_is_sent_once_and_not_read_back() -> None:
    site = Site([ANSWER])
    assert site.change() == ANSWER
    assert (site.sent_to, site.read_on) == (["nn1"], [])


@pytest.mark.parametrize("first", [DEAD, STANDBY, SAFE])
def test_a_change_goes_on_to_the_next_namenode_while_nothing_can_have_happened(first: Exception) -> None:
    site = Site([first, ANSWER])
    assert site.change() == ANSWER
    assert (site.sent_to, site.read_on) == (["nn1", "nn2"], [])


@pytest.mark.parametrize("refusal", [REFUSED, AccessDenied(PATH, "no right"), Protocol(PATH, "404 without a reason")])
def test_a_refusal_of_the_only_request_stands(refusal: DrError) -> None:
    site = Site([refusal])
    with pytest.raises(type(refusal)) as told:
        site.change()
    assert told.value is refusal
    assert (site.sent_to, site.read_on) == (["nn1"], [])


@pytest.mark.parametrize("lost", [LOST, LATE])
def test_what_reading_back_finds_done_is_not_sent_again_and_the_other_namenode_is_asked_first(lost: Exception) -> None:
    site = Site([lost, ANSWER], [DONE])
    assert site.change() is None
    assert (site.sent_to, site.read_on) == (["nn1"], ["nn2"])


@pytest.mark.parametrize("lost", [LOST, LATE])
def test_what_reading_back_finds_not_done_is_sent_once_more(lost: Exception) -> None:
    site = Site([lost, ANSWER], [NOT_DONE])
    assert site.change() == ANSWER
    assert (site.sent_to, site.read_on) == (["nn1", "nn2"], ["nn2"])


@pytest.mark.parametrize("unreadable", [
    CANNOT_TELL, Unreachable("west", "nobody answers"), NotReady("west", "all stand by"),
    AccessDenied(PATH, "no right"),
])
def test_what_cannot_be_read_back_is_unknown_and_not_sent_again(unreadable: ReadBack | DrError) -> None:
    site = Site([LOST, ANSWER], [unreadable])
    with pytest.raises(Unknown) as told:
        site.change()
    assert site.sent_to == ["nn1"]
    assert told.value.subject == PATH
    assert told.value.problem == "the change may or may not have been made: connection reset"
    assert "run the command again" in told.value.remedy


def test_a_second_loss_is_read_back_like_the_first() -> None:
    site = Site([LOST, LATE, ANSWER], [NOT_DONE, DONE])
    assert site.change() is None
    assert (site.sent_to, site.read_on) == (["nn1", "nn2"], ["nn2", "nn1"])


@pytest.mark.parametrize("found", [NOT_DONE, CANNOT_TELL])
def test_after_a_second_loss_nothing_is_sent_a_third_time(found: ReadBack) -> None:
    """Not even when it is not done: the first of them may still be on its way."""
    site = Site([LOST, LATE, ANSWER], [NOT_DONE, found])
    with pytest.raises(Unknown, match="no answer within 20 s") as told:
        site.change()
    assert told.value.subject == PATH
    assert site.sent_to == ["nn1", "nn2"]


def test_a_refusal_of_the_second_request_that_met_the_first_ones_effect_is_success() -> None:
    site = Site([LOST, REFUSED], [NOT_DONE, DONE])
    assert site.change() is None


def test_a_refusal_of_the_second_request_for_another_reason_stands() -> None:
    site = Site([LOST, REFUSED], [NOT_DONE, NOT_DONE])
    with pytest.raises(AlreadyExists, match="the snapshot exists"):
        site.change()


def test_a_refusal_of_the_second_request_that_reading_back_cannot_explain_is_unknown() -> None:
    site = Site([LOST, REFUSED], [NOT_DONE, CANNOT_TELL])
    with pytest.raises(Unknown, match="connection reset") as told:
        site.change()
    assert told.value.subject == PATH


@pytest.mark.parametrize("gone", [DEAD, STANDBY])
def test_where_nobody_takes_the_second_request_the_first_stays_unknown(gone: Exception) -> None:
    """No NameNode serves any more, so nobody can say what became of it."""
    site = Site([LOST, gone], [NOT_DONE])
    with pytest.raises(Unknown, match="connection reset") as told:
        site.change()
    assert told.value.subject == PATH


@pytest.mark.parametrize(("gone", "error", "says"), [
    (DEAD, Unreachable, "west: refused"), (STANDBY, NotReady, "west: StandbyException: not here"),
])
def test_a_change_that_nobody_ever_took_is_not_done(gone: Exception, error: type[DrError], says: str) -> None:
    site = Site([gone])
    with pytest.raises(error, match=says):
        site.change()
    assert not site.read_on


@pytest.mark.parametrize("late", [True, False])
def test_a_namenode_whose_answer_to_a_change_came_too_late_is_left_alone(late: bool) -> None:
    """One that only dropped the connection is not: it is asked again once the other has no answer."""
    site = Site([LATE if late else LOST, ANSWER], [DONE])
    site.change()
    asked = list[str]()

    def standby(node: str) -> str:
        asked.append(node)
        if len(asked) < 3:
            raise STANDBY
        return node

    site.route.repeat(standby)  # type: ignore[arg-type]
    assert asked == (["nn2"] * 3 if late else ["nn2", "nn1", "nn2"])


def behind(route: Route, node: str) -> Callable[[str], str]:
    """A request during which another thread finds a NameNode dead."""
    def ask(asked: str) -> str:
        if asked == node:
            route._pass_over(route._namenodes.index(node))  # type: ignore[arg-type]
            raise DEAD
        return asked
    return ask


def test_of_two_who_find_the_same_namenode_dead_one_moves_on_for_both() -> None:
    """Moved on by each of them, both would be back at the dead one."""
    site = Site([ANSWER])
    assert site.route.repeat(behind(site.route, "nn1")) == "nn2"  # type: ignore[arg-type]
    assert site.clock.now_s == 0
