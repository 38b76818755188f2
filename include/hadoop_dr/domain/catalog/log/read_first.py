"""What of a catalog has to be read before it is changed, where the rest is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hadoop_dr.domain.catalog.changes.difference import Catalog, CatalogChange, Verb
from hadoop_dr.domain.catalog.log.events import ABSENT, Touch
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind

_OF_TABLE = (Kind.TABLE, Kind.TABLE_STATS, Kind.CONSTRAINT, Kind.PARTITION, Kind.PARTITION_STATS)


def read_first(changes: Iterable[CatalogChange]) -> list[Touch]:
    """Lists the objects that changes are about, with what goes along and what they stand in.

    A table is read whole, whatever of it changes, with its database: a change of columns reaches each partition, a new
    partition sets parameters of its table. Functions are left out: all of them are one request.
    """
    found = (Touch(0, *key, ABSENT, ABSENT) for change in changes for key in _concerned(change.verb, change.row.key))
    return list(dict.fromkeys(found))


def reaches_further(changes: Iterable[CatalogChange], there: Catalog) -> bool:
    """Whether changes reach tables that no name of theirs tells of: a key takes the foreign keys on it along."""
    keys = {(key.database, key.table) for key in there if key.kind is Kind.CONSTRAINT}
    return any(
        key.kind is Kind.CONSTRAINT or (key.kind is Kind.TABLE and (key.database, key.table) in keys)
        for key in (change.row.key for change in changes if change.verb is not Verb.CREATE)
    )


def unexplained(before: Catalog, after: Catalog, wanted: Catalog, changes: Iterable[CatalogChange]) -> set[CatalogKey]:
    """Names what changed between two looks that neither was asked for nor is as it should be.

    Args:
        before, after: The catalog around a round of changes.
        wanted: What it should become.
        changes: That round's. What a metastore does to their tables by itself is not told from what others do.
    """
    own = {(change.row.key.database, change.row.key.table) for change in changes}
    gone = {database for database, table in own if not table}
    return {
        key
        for key in before.keys() | after.keys()
        if key.kind not in (Kind.CONSTRAINT, Kind.DATABASE)
        and (key.database, key.table) not in own
        and key.database not in gone
        and _hash(after, key) not in (_hash(before, key), _hash(wanted, key))
    }


def _hash(catalog: Catalog, key: CatalogKey) -> str:
    row = catalog.get(key)
    return "" if row is None else row.hash


def _concerned(verb: Verb, key: CatalogKey) -> Iterator[tuple[Kind, str, str | None, str | None]]:
    if key.kind is Kind.DATABASE and verb is Verb.DROP:
        yield from ((kind, key.database, None, None) for kind in Kind)
        return
    yield Kind.DATABASE, key.database, "", ""
    if key.kind in _OF_TABLE:
        yield from ((kind, key.database, key.table, None) for kind in _OF_TABLE)
