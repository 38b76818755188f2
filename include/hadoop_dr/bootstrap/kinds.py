"""The kinds of data sets that are built: what a policy may name, and the order in which stages ask them."""

from __future__ import annotations

from hadoop_dr.services.datasets.component import Build
from hadoop_dr.services.datasets.hdfs.component import HdfsDirectories
from hadoop_dr.services.datasets.hive.component import HiveTables

KINDS: tuple[Build, ...] = (HdfsDirectories, HiveTables)
"""Directories first: tables find out what lies in a declared one."""
