"""Single daemons of a test's own, made and started by the lab's machinery, beside the lab that everybody shares.

Each lies in a folder of its own with ports of its own, so the shared lab neither sees nor owns it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hadoop_lab import LabOptions, LabState
from hadoop_lab.artefacts.shared import Artefacts, cache_folder
from hadoop_lab.artefacts.tools import Tools
from hadoop_lab.plan import build_specs, merge
from hadoop_lab.supervisor import processes
from hadoop_lab.supervisor.ports import claim_block, release_block
from hadoop_lab.supervisor.specs import DaemonSpec, LabFolders
from hadoop_lab.supervisor.starter import Starter

SITE = "west"
_PATIENCE_S = 40.0
_FAKETIME = "libfaketimeMT.so.1"
# Serves without a DataNode; the standby has no JournalNode either, its edits lie in a folder.
_ALONE = {"dfs.namenode.safemode.min.datanodes": "0"}


_LISTENER = "org.apache.hive.hcatalog.listener.DbNotificationListener"
Change = Callable[[LabState, DaemonSpec], DaemonSpec]


def _silent(_: str) -> None:
    return None


def _as_it_is(_: LabState, spec: DaemonSpec) -> DaemonSpec:
    return spec


@contextmanager
def own_daemons(root: Path, options: LabOptions, *names: str, change: Change = _as_it_is) -> Iterator[LabState]:
    """Some daemons of a lab that is never started as a whole.

    Args:
        root: An empty folder.
        options: The lab they would be part of.
        names: The daemons to start; what they would wait for besides is not there.
        change: What is different about them.
    """
    layout, cache, tools = LabFolders(root), cache_folder(), Tools()
    tools.prepare()
    state = merge(None, options, lambda ports: claim_block(cache, root, ports))
    layout.folder.mkdir(mode=0o700)
    known = build_specs(layout, state, options, Artefacts(cache, tools, _silent))
    specs = [change(state, _alone(spec)) for spec in known if spec.name in names]
    try:
        Starter(layout, state.set_record, _silent).start(specs, frozenset())
        yield state
    finally:
        processes.kill(processes.marked(state.lab), _PATIENCE_S)
        shutil.rmtree(layout.folder)
        release_block(cache, root)


def _alone(spec: DaemonSpec) -> DaemonSpec:
    """Without the steps that need daemons which are not there: of a NameNode's only the format is left."""
    return replace(spec, steps=spec.steps[:1])


@contextmanager
def namenode_with_clock(root: Path, fake: str) -> Iterator[dict[str, Any]]:
    """A site of one NameNode, whose clock is off, and one DataNode; gives its addresses in HDFS.

    Args:
        fake: How its clock differs, as libfaketime has it: ``+7s``.
    """
    # Waits of the JVM stay true to the monotonic clock; without the second word they would spin.
    env = {"LD_PRELOAD": libfaketime(), "FAKETIME": fake, "DONT_FAKE_MONOTONIC": "1",
           "FAKETIME_FORCE_MONOTONIC_FIX": "0"}  # fmt: skip
    options = LabOptions(sites=(SITE,), datanodes=1, metastore=False, env={f"{SITE}.namenode": env})
    with own_daemons(root, options, f"{SITE}.namenode", f"{SITE}.datanode1") as state:
        yield _hdfs(state)


@contextmanager
def standby(root: Path) -> Iterator[dict[str, Any]]:
    """The standby NameNode of a pair whose other half is gone: nobody makes it active."""
    edits = {"dfs.namenode.shared.edits.dir": (root / "edits").as_uri(), **_ALONE}
    options = LabOptions(sites=(SITE,), datanodes=1, metastore=False, ha=(SITE,), namenode_properties={SITE: edits})
    with own_daemons(root, options, f"{SITE}.namenode") as state:
        yield _hdfs(state)


@contextmanager
def metastore_without_listener(root: Path, site: dict[str, Any]) -> Iterator[str]:
    """A metastore over a site's file system that keeps no notification log; gives its address."""
    options, name = LabOptions(sites=(SITE,), datanodes=1), f"{SITE}.metastore"

    def deaf(state: LabState, spec: DaemonSpec) -> DaemonSpec:
        mine = state.sites[SITE].hdfs
        return replace(spec, files={path: text.replace(mine, site["hdfs"]).replace(_LISTENER, "")
                                    for path, text in spec.files.items()})  # fmt: skip

    with own_daemons(root, options, name, change=deaf) as state:
        yield str(state.sites[SITE].metastore)


def _hdfs(state: LabState) -> dict[str, Any]:
    found = state.sites[SITE]
    return {"namenodes": found.namenodes[:1], "webhdfs": found.webhdfs[:1]}


def libfaketime() -> str:
    """Where the library lies; installed first where that is possible, or the test is skipped."""
    found = _installed() or (_install() and _installed())
    if not found:
        pytest.skip(f"{_FAKETIME} is missing. Run as root: apt-get install -y libfaketime")
    return str(found)


def _installed() -> Path | None:
    return next(iter(sorted(Path("/usr/lib").glob(f"*/faketime/{_FAKETIME}"))), None)


def _install() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    calls: Sequence[Sequence[str]] = (
        ("apt-get", "update", "-q"),
        ("apt-get", "install", "-y", "-q", "--no-install-recommends", "libfaketime"),
    )
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return all(subprocess.run(call, env=quiet, capture_output=True, check=False).returncode == 0 for call in calls)
