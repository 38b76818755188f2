"""Whether a sealed point of the world with tables holds exactly what the policy selects, and no more."""

from __future__ import annotations

from typing import Any

from hadoop_dr.domain.catalog.address_rewrite import Rewrite, rewrite_rows
from hadoop_dr.domain.catalog.changes.catalog_comparison import compare
from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.protect.locations import locations
from hadoop_dr.domain.catalog.rows import Kind
from hadoop_dr.domain.catalog.selection import Selection, selection_of
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.services.datasets.hive.foreign.left_by_points import CATALOG
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from sim.world import TableWorld


def holds_what_is_selected(world: TableWorld, document: dict[str, Any]) -> None:
    """Compares the point's export, the other metastore and the data with the primary as it is now.

    Args:
        document: The sealed point, as a backup gives it; the primary has not changed since.
    """
    context = world.context()
    chosen = selection_of(context.policy.hive_patterns)
    east = read_all(world.metastores["east"], chosen)
    point = context.ledger.read().points[document["point"]]
    kept = context.documents(point).read(CATALOG, forms.CATALOG) if point.taken.datasets else []
    assert sorted(row[:4] for row in kept) == sorted((s.kind.value, *s[1:]) for s in east)
    wanted = rewrite_rows(east.values(), Rewrite(("hdfs://east",), "hdfs://west"))
    found = compare(catalog_of(wanted), read_all(world.metastores["west"], chosen), chosen.owns)
    assert (found.mismatch, found.cannot_tell) == ((), ())
    for place in locations(east.values()):
        if place.key.kind is Kind.TABLE:
            assert world.tree("west", place.path) == world.tree("east", place.path), place
    assert point.sealed.verified.word == "match"


def tables_on(world: TableWorld, site: str, chosen: Selection | None = None) -> set[str]:
    """Every table of a site, or of a selection, as ``database.table``."""
    every = read_all(world.metastores[site], chosen or selection_of(["*"]))
    return {f"{key.database}.{key.table}" for key in every if key.kind is Kind.TABLE}
