"""Adapters that are made at first use: once, and never behind their own end (fault 71)."""

from __future__ import annotations

from hadoop_dr.bootstrap.late import LateAdapter


class Adapter:
    def __init__(self) -> None:
        self.closed = False

    def ask(self) -> str:
        return "closed" if self.closed else "open"

    def close(self) -> None:
        self.closed = True


def test_an_adapter_is_made_once_and_only_when_it_is_asked() -> None:
    made: list[Adapter] = []
    late = LateAdapter(lambda: made.append(Adapter()) or made[-1])
    assert made == []
    assert [late.ask(), late.ask()] == ["open", "open"]
    late.close()
    assert [one.closed for one in made] == [True]


def test_an_adapter_that_is_asked_for_the_first_time_after_its_end_is_closed_already() -> None:
    late = LateAdapter(Adapter)
    late.close()
    assert late.ask() == "closed"
