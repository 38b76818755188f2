"""What the data plane reads of the machine it runs on: nothing; the pair file alone says where the sites are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ASKS = """
from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.ports.mover import MoverLimits, Read

at = HdfsAddress("east", ("127.0.0.1:1",), ("http://127.0.0.1:1",), None, "hdfs")
mover = NativeMover(at, at, MoverLimits(deadline_s=0.5))
[told] = mover.digest([Read(7, "/data/a b", 0, 1)])
print(told.did.value, told.detail)
mover.close()
"""


@pytest.mark.parametrize("names", [("HADOOP_CONF_DIR",), ("HADOOP_HOME",), ("HADOOP_CONF_DIR", "HADOOP_HOME")])
def test_no_configuration_of_the_machine_is_read_by_a_process_that_inherits_it(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """One that is no XML ends every client that reads it; a process of its own, as tasks and commands are."""
    for folder in ("c #ü", "h #ü/etc/hadoop"):
        (tmp_path / folder).mkdir(parents=True)
        for file in ("core-site.xml", "hdfs-site.xml"):
            (tmp_path / folder / file).write_text("<configuration><property>")
    places = {"HADOOP_CONF_DIR": str(tmp_path / "c #ü"), "HADOOP_HOME": str(tmp_path / "h #ü")}
    others = {name: value for name, value in os.environ.items() if not name.startswith("HADOOP_")}
    environ = {**others, **{name: places[name] for name in names}}
    done = subprocess.run([sys.executable, "-c", ASKS], env=environ, capture_output=True, text=True, timeout=60)
    assert "Xml" not in done.stdout + done.stderr
    assert "Connection refused" in done.stdout, done.stderr
