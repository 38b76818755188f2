"""The lab as a condition of tests: when it is used, when its absence is a failure, and the closing lines that say so.

``--lab`` (or ``HADOOP_DR_LAB``): ``off`` skips the tests marked ``lab``, ``auto`` (default) runs them when the lab of
this checkout answers, ``required`` fails the session when it does not.

Tests run in another order each time (pytest-randomly); the last line says the seed, ``--randomly-seed=N`` repeats it.
Only a scene whose tests build on each other keeps the order in which it is written, by the marker ``in_order``.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

# The same examples in every run, so that a change is red because of the change; `make chaos` looks for new ones. No
# deadline: a loaded machine is not a defect.
settings.register_profile("fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("broken", settings.get_profile("fixed"), phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

STATE = Path(__file__).resolve().parents[1] / ".lab" / "state.json"
_VARIANT = re.compile(r"tests/contract/.*[\[-](twin|real)[\]-]")
_COUNTS: pytest.StashKey[Counter[str]] = pytest.StashKey()
_WRITTEN_AT: pytest.StashKey[int] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lab", choices=["off", "auto", "required"], default=os.environ.get("HADOOP_DR_LAB", "auto"),
                     help="whether tests that need the two real clusters run")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_COUNTS] = Counter()


def lab_sites(config: pytest.Config) -> dict[str, Any] | None:
    """The sites of the running lab, or None when it is off or does not answer."""
    if config.getoption("--lab") == "off" or not STATE.exists():
        return None
    sites: dict[str, Any] = json.loads(STATE.read_text())["sites"]
    for site in sites.values():
        try:
            with urllib.request.urlopen(f"{site['webhdfs'][0]}/webhdfs/v1/?op=GETFILESTATUS", timeout=3):
                pass
        except OSError:
            return None
    return sites


def pytest_itemcollected(item: pytest.Item) -> None:
    counts = item.config.stash[_COUNTS]
    counts["found"] += 1
    item.stash[_WRITTEN_AT] = counts["found"]


def in_written_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """The shuffled tests, those of each module's scene among them in the order in which they are written."""
    scenes: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("in_order"):
            scenes.setdefault(item.path, []).append(item)
    ordered = {path: iter(sorted(scene, key=lambda item: item.stash[_WRITTEN_AT])) for path, scene in scenes.items()}
    return [next(ordered[item.path]) if item.get_closest_marker("in_order") else item for item in items]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = in_written_order(items)
    needing = [item for item in items if item.get_closest_marker("lab")]
    if needing and lab_sites(config) is None:
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=f"the lab is {config.getoption('--lab')} or does not answer"))


def pytest_collection_finish(session: pytest.Session) -> None:
    counts = session.config.stash[_COUNTS]
    counts["collected"] = sum(item.get_closest_marker("lab") is not None for item in session.items)
    counts["contract"] = sum(bool(_VARIANT.search(item.nodeid)) for item in session.items)


@pytest.fixture(scope="session")
def lab(pytestconfig: pytest.Config) -> dict[str, Any]:
    """The sites of the lab by name, as its state file has them."""
    sites = lab_sites(pytestconfig)
    if sites is None:
        pytest.skip("the lab does not answer")
    return sites


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call" and not report.skipped:
        counts = item.config.stash[_COUNTS]
        counts["lab"] += item.get_closest_marker("lab") is not None
        variant = _VARIANT.search(item.nodeid)
        if variant:
            counts[variant[1]] += 1
    return report


def _is_missing(config: pytest.Config) -> bool:
    counts = config.stash[_COUNTS]
    wanted = config.getoption("--lab") == "required" and not config.getoption("collectonly")
    return wanted and bool((counts["collected"] and not counts["lab"]) or (counts["contract"] and not counts["real"]))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _is_missing(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    counts = config.stash[_COUNTS]
    # With -q the header is not shown in which pytest-randomly says it; -p no:randomly leaves the order as written.
    seed = config.getoption("randomly_seed", None)
    terminalreporter.write_line(f"order of the tests: --randomly-seed={seed}" if seed is not None else "not shuffled")
    if not counts["collected"] and not counts["contract"]:
        return
    left_out = counts["collected"] - counts["lab"]
    mode = config.getoption("--lab")
    if counts["contract"]:
        terminalreporter.write_line(f"contract suites: twin {counts['twin']}, real {counts['real']}")
    terminalreporter.write_line(f"lab tests ({mode}): ran {counts['lab']}, NOT RUN {left_out}" if left_out
                                else f"lab tests ({mode}): ran {counts['lab']}", red=bool(left_out))
    if _is_missing(config):
        terminalreporter.write_line("the lab was required and nothing ran on it: hadoop-dr lab up", red=True)
