"""One pair of sites for every suite of this folder: the memory twin, and the lab through the real adapters."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from hadoop_dr.ports.namenode import NameNode
from support.backup import Pair, Site
from support.live import LivePair
from support.trees import Writer
from support.twin import TwinPair


@pytest.fixture(scope="session", params=["twin", pytest.param("real", marks=pytest.mark.lab)])
def sites(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Both sites. The real ones are wired in ``support.live``."""
    if request.param == "twin":
        yield TwinPair()
        return
    pair = LivePair(request.getfixturevalue("lab"), f"/t/contract/{uuid4().hex}")
    yield pair
    pair.wipe()
    pair.close()


@pytest.fixture
def folder(sites: Pair) -> str:
    """A fresh directory of this test, on both sites, with a hostile name."""
    top = getattr(sites, "folder", "/t/contract")
    path = f"{top}/e%20 f+ g=1 h# ü {uuid4().hex[:8]}"
    for site in (sites.source, sites.target):
        site.namenode.make_directory(path, 0o755)
    return path


@pytest.fixture
def site(sites: Pair) -> Site:
    """The target site."""
    return sites.target


@pytest.fixture
def name(site: Site) -> NameNode:
    """Its name space."""
    return site.namenode


@pytest.fixture
def pen(site: Site) -> Writer:
    """Writes content into its files."""
    return site.writer
