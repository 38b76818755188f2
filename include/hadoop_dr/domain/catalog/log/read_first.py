"""What of a catalog has to be read before it is changed, where the rest is known (DESIGN.md section 16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hadoop_dr.domain.catalog.changes.difference import CatalogChange, Verb
from hadoop_dr.domain.catalog.log.events import ABSENT, Touch
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind

_OF_TABLE = (Kind.TABLE, Kind.TABLE_STATS, Kind.CONSTRAINT)
_OF_PARTITION = (Kind.PARTITION, Kind.PARTITION_STATS)


def read_first(changes: Iterable[CatalogChange]) -> list[Touch]:
    """Lists the objects that changes are about, with what goes along: a dropped table takes its partitions with it.

    Functions are left out: all of them are one request.
    """
    found = (Touch(0, *key, ABSENT, ABSENT) for change in changes for key in _concerned(change.verb, change.row.key))
    return list(dict.fromkeys(found))


def _concerned(verb: Verb, key: CatalogKey) -> Iterator[tuple[Kind, str, str | None, str | None]]:
    if key.kind is Kind.DATABASE and verb is Verb.DROP:
        yield from ((kind, key.database, None, None) for kind in Kind)
    elif key.kind is Kind.DATABASE:
        yield key
    elif key.kind in _OF_PARTITION:
        yield from ((kind, key.database, key.table, key.name) for kind in _OF_PARTITION)
    elif key.kind in _OF_TABLE:
        kinds = (*_OF_TABLE, *_OF_PARTITION) if (verb, key.kind) == (Verb.DROP, Kind.TABLE) else _OF_TABLE
        yield from ((kind, key.database, key.table, None) for kind in kinds)
