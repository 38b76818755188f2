"""Whether a catalog is the one it should be: match, mismatch, or cannot tell and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.changes.difference import Catalog
from hadoop_dr.domain.catalog.changes.object_difference import FieldDifference, HowDifferent, ObjectDifference
from hadoop_dr.domain.catalog.fields import STRUCTURES
from hadoop_dr.domain.catalog.rows import STRUCTURE, CatalogKey, Kind, Row, normal_form
from hadoop_dr.domain.catalog.thrift_struct import LIST, MAP, SET, STRUCT, Tree

_PARAMETERS = {Kind.TABLE: f.TABLE_PARAMETERS, Kind.PARTITION: f.PARTITION_PARAMETERS}
_ACCURATE = b"COLUMN_STATS_ACCURATE"


@dataclass(frozen=True, slots=True)
class CatalogVerdict:
    """What the comparison of two catalogs found.

    Attributes:
        match: Objects that are equal.
        mismatch: Objects that differ, with the fields, or that are missing or too many; sorted by their names.
        cannot_tell: Objects that differ only in fields this version does not know and the other metastore did not keep.
    """

    match: int
    mismatch: tuple[ObjectDifference, ...]
    cannot_tell: tuple[ObjectDifference, ...]


def compare(wanted: Catalog, found: Catalog, owns: Callable[[CatalogKey], bool]) -> CatalogVerdict:
    """Compares the owned objects of two catalogs; addresses of ``wanted`` are already rewritten."""
    match = 0
    mismatch: list[ObjectDifference] = []
    cannot_tell: list[ObjectDifference] = []
    for key, row in wanted.items():
        there = found.get(key)
        if there is None:
            mismatch.append(ObjectDifference(key, HowDifferent.MISSING))
        elif there.hash == row.hash or not owns(key):
            match += 1
        else:
            one = _difference(row, there)
            (cannot_tell if one.how is HowDifferent.NOT_KEPT else mismatch).append(one)
    mismatch += [ObjectDifference(key, HowDifferent.TOO_MANY) for key in found if key not in wanted and owns(key)]
    return CatalogVerdict(match, tuple(sorted(mismatch, key=str)), tuple(sorted(cannot_tell, key=str)))


def alike(one: Row | None, other: Row | None) -> bool:
    """Whether two objects are the same one as far as any metastore can tell, or both are absent.

    Which statistics are accurate is left out: metastores change that by themselves when statistics come or go.
    """
    if one is None or other is None:
        return one is other
    return one.hash == other.hash or _comparable(one) == _comparable(other)


def unlike(one: Catalog, other: Catalog) -> list[CatalogKey]:
    """Names the objects that are not ``alike`` in two catalogs, sorted by their names."""
    return sorted((key for key in one.keys() | other.keys() if not alike(one.get(key), other.get(key))), key=str)


def differing(wanted: Row, found: Row) -> tuple[FieldDifference, ...]:
    """Returns the fields in which two objects of one key differ that are not ``alike``, by name."""
    return _fields(_comparable(wanted), _comparable(found), STRUCTURE[wanted.key.kind])


def _comparable(row: Row) -> Tree:
    tree = _known(normal_form(row.key.kind, row.tree), STRUCTURE[row.key.kind])
    parameters = _PARAMETERS.get(row.key.kind)
    if parameters not in tree:
        return tree
    kind, pairs = tree[parameters]
    kept = [pair for pair in pairs.pairs if pair[0] != _ACCURATE]
    rest = {field: value for field, value in tree.items() if field != parameters}
    return {**rest, parameters: (kind, pairs._replace(pairs=kept))} if kept else rest


def _difference(wanted: Row, found: Row) -> ObjectDifference:
    structure = STRUCTURE[wanted.key.kind]
    ours, theirs = (normal_form(row.key.kind, row.tree) for row in (wanted, found))
    how = HowDifferent.NOT_KEPT if _known(ours, structure) == _known(theirs, structure) else HowDifferent.DIFFERS
    return ObjectDifference(wanted.key, how, _fields(ours, theirs, structure))


def _fields(ours: Tree, theirs: Tree, structure: str) -> tuple[FieldDifference, ...]:
    """The fields in which two structures differ, each once, by name."""
    found = {one.field: one for one in _differing(ours, theirs, structure)}
    return tuple(found[name] for name in sorted(found))


def _known(tree: Tree, structure: str) -> Tree:
    """A structure without the fields that the table of fields does not list."""
    listed = STRUCTURES.get(structure)
    if not listed:
        return tree
    return {number: (kind, _known_value(kind, value, listed[number][1]))
            for number, (kind, value) in tree.items() if number in listed}


def _known_value(kind: int, value: Any, nested: str) -> Any:
    if kind == STRUCT:
        return _known(value, nested)
    if kind in (LIST, SET) and value.type == STRUCT:
        return value._replace(values=[_known(item, nested) for item in value.values])
    return value


def _differing(ours: Tree, theirs: Tree, structure: str) -> Iterator[FieldDifference]:
    listed = STRUCTURES.get(structure, {})
    for number in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(number), theirs.get(number)
        if mine == other:
            continue
        name, nested = listed.get(number, (str(number), ""))
        if mine and other and mine[0] == other[0] == STRUCT:
            for one in _differing(mine[1], other[1], nested):
                yield FieldDifference(f"{name}.{one.field}", one.expected, one.found)
        elif mine and other and mine[0] == other[0] == MAP:
            wanted, there = _pairs(mine[1]), _pairs(other[1])
            for key in wanted.keys() | there.keys():
                if wanted.get(key) != there.get(key):
                    yield FieldDifference(f"{name}[{key}]", wanted.get(key), there.get(key))
        else:
            yield FieldDifference(name, mine and mine[1], other and other[1])


def _pairs(value: Any) -> dict[str, Any]:
    return {key.decode(errors="replace") if isinstance(key, bytes) else repr(key): item for key, item in value.pairs}
