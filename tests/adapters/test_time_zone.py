"""Where the machine stands changes no name and no time that is written."""

from __future__ import annotations

import time

import pytest

from hadoop_dr.domain.ids import iso, moment_of, point_id

POINT = "20261120T020000.000Z"


def test_a_point_has_the_same_name_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        with monkeypatch.context() as there:
            there.setenv("TZ", "Asia/Tokyo")
            time.tzset()
            named = point_id(moment_of(POINT) + 7), iso(moment_of(POINT) + 7), moment_of(POINT)
    finally:
        time.tzset()
    assert named == ("20261120T020000.007Z", "2026-11-20T02:00:00.007Z", 1_795_140_000_000)
