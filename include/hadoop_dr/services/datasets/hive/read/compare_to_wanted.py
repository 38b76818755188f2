"""Whether the destination's catalog is the recovery point's, read anew and compared by hash (I2, I9)."""

from __future__ import annotations

from collections.abc import Iterable

from hadoop_dr.domain.catalog.changes.catalog_comparison import CatalogVerdict, compare
from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all


class CatalogVerify:
    """Compares what a metastore has with what it should have."""

    def __init__(self, metastore: Metastore) -> None:
        """Takes the metastore to look at."""
        self._metastore = metastore

    def run(self, wanted: Iterable[Row], selection: Selection) -> CatalogVerdict:
        """Reads every selected object and compares; addresses of ``wanted`` are already the destination's."""
        return compare(catalog_of(wanted), read_all(self._metastore, selection), selection.owns)
