"""What a caller asks the lab for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SITES = ("east", "west")


@dataclass(frozen=True, slots=True)
class LabOptions:
    """The daemons wanted and how they differ from the default.

    Attributes:
        sites: Names of the sites; the default pair is enough for everything shipped.
        datanodes: DataNodes of each site.
        metastore: Start a Hive metastore on each site.
        hiveserver2: Start HiveServer2 on each site; implies the metastore.
        airflow: Start the four Airflow components.
        ha: Sites that get two NameNodes, a JournalNode and two failover controllers.
        env: Extra environment of single daemons, keyed `east.namenode`. A wrong clock is
            `{"LD_PRELOAD": <libfaketimeMT.so.1>, "FAKETIME": "+7s"}`; if DONT_FAKE_MONOTONIC is set as well,
            FAKETIME_FORCE_MONOTONIC_FIX must be "0", or the daemon's timed waits spin.
        namenode_properties: Extra hdfs-site properties of all NameNodes of a site.
    """

    sites: tuple[str, ...] = SITES
    datanodes: int = 2
    metastore: bool = True
    hiveserver2: bool = False
    airflow: bool = False
    ha: tuple[str, ...] = ()
    env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    namenode_properties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
