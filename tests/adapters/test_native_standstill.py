"""A process that a library has brought to a standstill dies instead of holding its claim for ever (fault 2, I6)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hadoop_dr.adapters.native import loop

STANDS_STILL = """
import ctypes, io, sys
from hadoop_dr.adapters.native.loop import LoopThread

sys.stderr = io.StringIO()             # a task's own output may go through a stream that is no file

async def hold_the_interpreter():
    ctypes.PyDLL(None).sleep(60)       # a PyDLL call keeps the interpreter's lock: nothing else runs meanwhile

LoopThread("still", standstill_s=1).run(hold_the_interpreter())
"""
WORKS = """
import asyncio, time
from hadoop_dr.adapters.native.loop import LoopThread

first, second = LoopThread("first", standstill_s=1), LoopThread("second", standstill_s=1)
first.run(asyncio.sleep(0.2))
first.close()
second.run(asyncio.sleep(2))
second.close()
alone = LoopThread("alone", standstill_s=1)
alone.run(asyncio.sleep(2))
alone.close()
time.sleep(1.5)                        # nobody winds the clock up any more, and nobody has to
print("done")
"""


def run(text: str) -> subprocess.CompletedProcess[str]:
    """In a process that has the very code that is tested here, whichever copy that is."""
    env = {**os.environ, "PYTHONPATH": str(Path(loop.__file__).parents[3])}
    command = [sys.executable, "-c", text]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, env=env)


def test_a_process_whose_interpreter_is_held_for_too_long_dies_and_says_where_it_stood() -> None:
    ended = run(STANDS_STILL)
    assert ended.returncode == 1
    assert "hold_the_interpreter" in ended.stderr


def test_a_process_that_moves_lives_however_long_it_works() -> None:
    ended = run(WORKS)
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr
