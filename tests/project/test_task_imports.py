"""What a task process loads: every task of Airflow is a process of its own, and pays for each module."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("pyarrow", "hdfs_native", "thrift", "thrift_sasl", "kazoo", "pyhive", "asyncio", "click", "rich")
"""Loaded by the first question to what needs them, and not before."""


def loaded_by(code: str) -> set[str]:
    """Modules that a fresh process has after some code, by their top package."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in told.stdout.split()}


def test_a_task_loads_no_library_before_it_asks_what_needs_it() -> None:
    assert loaded_by("from hadoop_dr.bootstrap import backup_stages").isdisjoint(HEAVY)


def test_what_a_look_needs_is_not_loaded_by_a_run() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from hadoop_dr.bootstrap import backup_stages\nimport sys\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "hadoop_dr.services.backup.stages" in told.stdout.split()
    for module in ("services.backup.preview", "services.status", "services.report", "services.arbitrate"):
        assert f"hadoop_dr.{module}" not in told.stdout.split()


def test_a_table_and_a_mover_are_there_when_they_are_asked_for() -> None:
    code = """
from hadoop_dr.adapters.parquet import ParquetTables
tables = ParquetTables()
packed = tables.pack((("a", "int64"),), [(1,), (None,)])
assert tables.unpack(packed) == [(1,), (None,)]
"""
    assert "pyarrow" in loaded_by(code)
