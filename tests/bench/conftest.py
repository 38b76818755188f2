"""Every measurement stands alone: one that cannot be made is a line that says why, and the others go on.

All of them have ``HADOOP_DR_BENCH_MINUTES`` (40; 0 for as long as it takes) together, so that a busy machine ends them
too. What costs little comes first, and each may take half of what is left; what does not fit is named.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import pytest

from bench.scene import LINES, say

MINUTES = float(os.environ.get("HADOOP_DR_BENCH_MINUTES", "40"))
_ORDER = ("skew", "planner", "far", "beside_distcp", "many_roots", "closes", "requests_in_flight", "catalog_rates",
          "catalog_change", "million", "airflow_roots")
_SHOWN = 300
_BEGAN: pytest.StashKey[float] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_BEGAN] = time.monotonic()


def in_order(modules: Sequence[str]) -> list[int]:
    """Positions of measurements, by the names of their modules, in the order in which they are made."""
    def rank(module: str) -> int:
        name = module.rpartition("test_")[2]
        return _ORDER.index(name) if name in _ORDER else -1

    return sorted(range(len(modules)), key=lambda at: rank(modules[at]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mine = [item for item in items if item.get_closest_marker("bench")]
    if len(mine) == len(items):
        items[:] = [items[at] for at in in_order([item.module.__name__ for item in items])]  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Whoever begins may take half of what is left: one that starves must not starve all others."""
    own = item.get_closest_marker("timeout")
    if item.get_closest_marker("bench") and own and MINUTES:
        item.add_marker(pytest.mark.timeout(max(1.0, min(own.args[0], left_s(item.config) / 2))), append=False)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("bench") and MINUTES and left_s(item.config) <= 0:
        pytest.fail(f"the {MINUTES:g} minutes of this run are over (HADOOP_DR_BENCH_MINUTES)", pytrace=False)


def left_s(config: pytest.Config) -> float:
    """Seconds that this run still has."""
    return config.stash[_BEGAN] + MINUTES * 60 - time.monotonic()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    report = yield
    if report.failed:
        why = str(call.excinfo.value) if call.excinfo else "nobody knows"
        say(f"not measured: {item.name}", why=" ".join(why.split())[:_SHOWN], phase=report.when)
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """All figures together: what a test prints is shown only where it failed."""
    if LINES:
        terminalreporter.section("measured")
    for line in LINES:
        terminalreporter.write_line(line)
