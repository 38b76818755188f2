"""Every measurement stands alone: one that cannot be made is a line that says why, and the others go on."""

from __future__ import annotations

from typing import Any

import pytest

from bench.scene import LINES, say

_SHOWN = 300


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
