"""A lab of the tests' own with an HA site, for those that kill its NameNodes.

Named by its folder: ``HADOOP_DR_HA_LAB=<folder> pytest -m chaos ...`` after
``python -m hadoop_lab --root <folder> up --no-metastore --ha west``.
"""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hadoop_lab import Lab
from support.home import sites_of

ROOT = Path(os.environ.get("HADOOP_DR_HA_LAB") or "/nowhere")
NEEDS_HA_LAB = [
    pytest.mark.chaos,
    pytest.mark.skipif(not ROOT.is_dir(), reason="HADOOP_DR_HA_LAB names no lab with an HA site"),
]
NAMENODES = ("west.namenode", "west.namenode2")


def sites() -> dict[str, Any]:
    """The sites of that lab; ``west`` is the one with two NameNodes."""
    return sites_of(ROOT)


def kill(daemon: str) -> None:
    """Ends a daemon at once (kill -9)."""
    Lab(ROOT).kill(daemon)


def hang(daemon: str) -> None:
    """Freezes a daemon: it keeps its connections and answers nothing."""
    Lab(ROOT).pause(daemon)


def start(daemon: str) -> None:
    """Brings a daemon back and waits until it serves, as active or as standby."""
    Lab(ROOT).start(daemon)


def wait_for_takeover(daemon: str) -> None:
    """Waits until the other NameNode is active."""
    other = sites()["west"]["webhdfs"][1 - NAMENODES.index(daemon)]
    wait_for(lambda: state_of(other) == "active")


def active() -> str:
    """The NameNode that is active, once the other one stands by."""
    urls = sites()["west"]["webhdfs"]
    wait_for(lambda: sorted(state_of(url) for url in urls) == ["active", "standby"])
    return NAMENODES[[state_of(url) for url in urls].index("active")]


def state_of(url: str) -> str:
    """What a NameNode says of itself."""
    try:
        with urllib.request.urlopen(f"{url}/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus", timeout=5) as answer:
            return str(json.load(answer)["beans"][0]["State"])
    except (OSError, IndexError, KeyError):
        return "down"


def wait_for(condition: Callable[[], bool]) -> None:
    """Waits as long as the slowest failover and start on a machine that others use too."""
    until_s = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < until_s, "the condition did not come about"
        time.sleep(0.2)
