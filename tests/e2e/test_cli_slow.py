"""Daemons that are ten times slower: a run of very many files still seals (fault 35)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.much_data import SMALL_BYTES, MuchData
from support.slow_daemons import hdfs_pids, slowed

pytestmark = [pytest.mark.lab, pytest.mark.e2e, pytest.mark.chaos, pytest.mark.timeout(3600)]
FILES = int(os.environ.get("HADOOP_DR_SLOW_FILES", "20000"))
_PATIENCE_S = 3000.0


@pytest.fixture
def home(lab: dict[str, Any], tmp_path: Path) -> Iterator[MuchData]:
    found = MuchData(tmp_path / "home", "/t/slow")
    yield found
    found.wipe()
    found.close()


def test_very_many_files_are_sealed_though_every_daemon_is_ten_times_slower(
    home: MuchData, lab: dict[str, Any]
) -> None:
    home.small(home.service("slow"), FILES)
    with slowed(hdfs_pids(lab)):
        ran = home.begin("backup", "slow", "--json").ended(_PATIENCE_S)
    assert ran.exit_code == 0, ran.stderr
    document = ran.document("backup")
    assert (document["state"], document["files_copied"]) == ("sealed", FILES)
    assert document["bytes_copied"] == FILES * SMALL_BYTES
