"""A plan of a million changes takes seconds and about 1 GiB, and twice the changes about twice as much."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("planner.py")


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_a_million_changes_take_seconds_and_about_one_gibibyte() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True, timeout=500)
    print(done.stdout)
    planned = [float(seconds) for seconds in re.findall(r"planned in +([\d.]+) s", done.stdout)]
    peaks = [int(mebibytes) for mebibytes in re.findall(r"peak (\d+) MiB", done.stdout)]
    assert max(peaks) < 1200
    assert planned[1] < 60
    assert planned[1] < 20 * max(planned[0], 0.2)
