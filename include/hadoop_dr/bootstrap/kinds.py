"""The kinds of data sets that are built: what a policy may name, and the order in which stages ask them."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.services.context import Build, SiteConnections
from hadoop_dr.services.datasets.component import Probe
from hadoop_dr.services.datasets.hdfs.component import HdfsDirectories
from hadoop_dr.services.datasets.hive.component import HiveTables

KINDS: tuple[Build, ...] = (HdfsDirectories, HiveTables)
"""Directories first: tables find out what lies in a declared one."""


def probes_of(side: SiteConnections, kinds: Sequence[Build] = KINDS) -> tuple[Probe, ...]:
    """What the kinds need of a site, for a look at how it is."""
    return tuple(probe for kind in kinds for probe in kind.probes(side))
