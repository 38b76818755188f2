"""A site that gave no answer when the roles were read is waited for once in a command, and told once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hadoop_dr.bootstrap.contexts import PairContext, deciding_roles, read_service
from hadoop_dr.domain.errors import Unreachable
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.services.ledger.proof import check_chain
from hadoop_dr.services.ledger.roles import RolesRead
from sim.world import PAIR

GONE = Unreachable("west", "no connection to http://127.0.0.1:1 (connection refused)", "Check that a NameNode runs")


class Never:
    """Files that nobody may ask."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"asked for {name} although the site gave no answer a moment ago")


def context(silent: str) -> PairContext:
    sides: Any = {name: SimpleNamespace(name=name, files=Never()) for name in ("east", "west")}
    state = PairState(epoch=1, primary="east", deciding="west")
    return PairContext(PAIR, sides, RolesRead(state, {silent: GONE}, ()))


def test_the_ledgers_of_a_silent_site_are_not_asked_for_and_its_reason_is_not_told_for_each_service() -> None:
    for ask in (deciding_roles, lambda found: read_service(found, "billing")):
        with pytest.raises(Unreachable) as raised:
            ask(context("west"))
        assert str(raised.value).startswith("west: does not answer, and the deciding copy of the ledger is there")
    assert deciding_roles(context("east")).deciding == "west"


def test_a_check_of_the_ledgers_does_not_ask_a_silent_site_again() -> None:
    told = check_chain("/x/ledger", {"west": Never()}, {"west": GONE})  # type: ignore[dict-item]
    assert (told["ok"], told["entries"]) == (False, {})
    assert told["problems"] == [str(GONE)]
