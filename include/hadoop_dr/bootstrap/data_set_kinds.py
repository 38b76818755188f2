"""The component of each supported kind of data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hadoop_dr.domain.config.datasets import HDFS, HIVE, SUPPORTED_KINDS, DataSetKind
from hadoop_dr.services.context import Build, SiteConnections
from hadoop_dr.services.datasets.component import Probe
from hadoop_dr.services.datasets.hdfs.component import HdfsDirectories
from hadoop_dr.services.datasets.hive.component import HiveTables

_COMPONENTS: Mapping[DataSetKind, Build] = {HDFS: HdfsDirectories, HIVE: HiveTables}

KINDS: tuple[Build, ...] = tuple(_COMPONENTS[kind] for kind in SUPPORTED_KINDS)
"""What makes the component of each kind that a policy may name, in the order of ``SUPPORTED_KINDS``."""


def probes_of(side: SiteConnections, kinds: Sequence[Build] = KINDS) -> tuple[Probe, ...]:
    """Returns what the kinds need of a site, so that ``status`` can ask whether it answers."""
    return tuple(probe for kind in kinds for probe in kind.probes(side))
