"""What a second `up` may change, and what it must not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hadoop_lab.errors import LabError
from hadoop_lab.options import LabOptions
from hadoop_lab.plan import merge
from hadoop_lab.supervisor.state import LabState


def _claim(names: Sequence[str]) -> dict[str, int]:
    return {name: 20000 + index for index, name in enumerate(names)}


def _never(names: Sequence[str]) -> dict[str, int]:
    raise AssertionError("ports are chosen once")


def _first(**options: object) -> LabState:
    return merge(None, LabOptions(**options), _claim)  # type: ignore[arg-type]


def test_a_part_that_was_not_asked_for_has_no_address() -> None:
    state = _first(metastore=False)
    assert (state.sites["east"].metastore, state.sites["east"].hiveserver2, state.airflow) == (None, None, None)


def test_adding_a_part_later_moves_no_port_and_forgets_nothing() -> None:
    before = _first()
    after = merge(before, LabOptions(metastore=False, hiveserver2=True, airflow=True), _never)
    assert after.ports == before.ports
    assert after.sites["west"].metastore == before.sites["west"].metastore
    assert after.sites["west"].hiveserver2 == f"127.0.0.1:{before.ports['west.hiveserver2.thrift']}"
    assert after.airflow is not None
    assert before.airflow is None
    assert len(after.airflow.password) >= 12


def test_the_password_stays_the_same() -> None:
    before = _first(airflow=True)
    after = merge(before, LabOptions(airflow=True), _never)
    assert before.airflow == after.airflow


def test_hiveserver2_brings_its_metastore_along() -> None:
    assert _first(metastore=False, hiveserver2=True).sites["east"].metastore is not None


def test_a_formatted_site_is_not_turned_into_an_ha_site() -> None:
    with pytest.raises(LabError, match=r"east was formatted without HA.*down --wipe"):
        merge(_first(), LabOptions(ha=("east",)), _never)


def test_an_ha_site_stays_one_without_saying_so_again() -> None:
    before = _first(ha=("west",))
    after = merge(before, LabOptions(), _never)
    assert (after.sites["west"].hdfs, after.sites["east"].nameservice) == ("hdfs://west", None)


def test_an_unknown_ha_site_is_refused_by_name() -> None:
    with pytest.raises(LabError, match=r"'north'.*east, west"):
        _first(ha=("north",))


def test_settings_of_single_daemons_are_kept_for_their_next_start() -> None:
    before = _first(env={"east.namenode": {"FAKETIME": "+5s"}}, namenode_properties={"west": {"a": "1"}})
    after = merge(before, LabOptions(env={"west.namenode": {"B": "2"}}), _never)
    assert after.env == {"east.namenode": {"FAKETIME": "+5s"}, "west.namenode": {"B": "2"}}
    assert after.namenode_properties == {"west": {"a": "1"}}
