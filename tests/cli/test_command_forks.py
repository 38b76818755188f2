"""A command that is loaded already ends as one does that a shell starts; live tests start most of theirs so."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from support.command import Forks, Start, started

FORKS = Forks()


def ended(start: Start, folder: Path, arguments: Sequence[str], **environ: str) -> tuple[int, bytes, bytes]:
    """Code, stdout and stderr."""
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        call = start(arguments, {**os.environ, **environ}, out, err)
    code = call.wait(60)
    assert call.poll() == code
    return code, (folder / "out").read_bytes(), (folder / "err").read_bytes()


def test_a_fork_of_the_loaded_command_ends_as_the_program_does(tmp_path: Path) -> None:
    home = {"HADOOP_DR_HOME": str(tmp_path), "HADOOP_DR_SITE": "esat ü"}
    for folder in ("pairs", "policies"):
        (tmp_path / "include" / folder).mkdir(parents=True)
    for arguments in (["--version"], ["status", "--json"], ["points", "no ü%20"]):
        assert ended(FORKS.start, tmp_path, arguments, **home) == ended(started, tmp_path, arguments, **home)


@pytest.fixture
def full() -> Iterator[IO[bytes]]:
    """A pipe that takes nothing more, so that who writes to it never ends."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writes, bytes(4096))
    os.set_blocking(writes, True)
    with os.fdopen(reads, "rb"), os.fdopen(writes, "wb", buffering=0) as pipe:
        yield pipe


def test_each_fork_is_a_process_of_its_own_that_can_be_killed(tmp_path: Path, full: IO[bytes]) -> None:
    with (tmp_path / "err").open("wb") as err:
        first, second = (FORKS.start(["--help"], os.environ, full, err) for _ in range(2))
        assert len({first.pid, second.pid, os.getpid()}) == 3
        with pytest.raises(subprocess.TimeoutExpired):
            first.wait(0.01)
        for call in (first, second):
            assert call.poll() is None
            call.kill()
            assert call.wait(60) == -signal.SIGKILL
            call.kill()
