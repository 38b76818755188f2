"""Named checks: what is refused for, and a check that could not be carried out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoop_dr.domain.check_results import Mark, Result, fail, guarded, ok, refuse_on_failure, warn
from hadoop_dr.domain.errors import Refused, Unreachable


def test_an_error_that_ends_a_check_is_its_result_behind_those_it_gave() -> None:
    def look() -> Iterator[Result]:
        yield ok("clock", "east agrees")
        raise Unreachable("west", "no answer", "Start it.")

    first, last = guarded("clock", look)
    assert (first.name, first.mark) == ("clock", Mark.OK)
    assert (last.name, last.mark, last.detail) == ("clock", Mark.FAIL, "west: no answer")


def test_a_result_says_which_check_found_what_and_what_helps() -> None:
    assert ok("a", "ü") == Result("a", Mark.OK, "ü", "")
    assert warn("a", "ü", "b") == Result("a", Mark.WARN, "ü", "b")
    assert fail("a", "ü", "b") == Result("a", Mark.FAIL, "ü", "b")
    assert str(Unreachable("west", "no answer")) == "west: no answer"


def test_a_check_that_an_error_ended_names_a_remedy_even_when_the_error_has_none() -> None:
    def look() -> Iterator[Result]:
        raise Unreachable("west", "no answer")
        yield

    (only,) = guarded("clock", look)
    with pytest.raises(Refused, match="Look at west, then check again"):
        refuse_on_failure("billing", [only])


def test_the_first_failed_check_is_what_a_run_is_refused_for() -> None:
    refuse_on_failure("billing", [ok("clock", "fine")])
    with pytest.raises(Refused, match=r"^billing: space: too small\. Make room\.$"):
        refuse_on_failure("billing", [fail("space", "too small", "Make room."), fail("x", "y", "z")])
