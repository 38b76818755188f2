"""Addresses inside catalog objects: the origin's become the destination's, and none may stay behind (fault 47)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hadoop_dr.domain.catalog.fields import STRUCTURES
from hadoop_dr.domain.catalog.rows import STRUCTURE, CatalogKey, Row, row_of
from hadoop_dr.domain.catalog.thrift_struct import LIST, MAP, SET, STRING, STRUCT, Items, Pairs, Tree
from hadoop_dr.domain.errors import Mismatch

DEFAULT_PORT = 8020
"""Port of a NameNode's RPC where an address names none."""
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Reference:
    """A text in a catalog object that names an address: object, field and the text."""

    key: CatalogKey
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}, field {self.field}: {self.text}"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Replaces scheme and authority of one site's file systems by the other's, in whatever text they occur.

    Scheme and authority are compared as wholes, without case: ``hdfs://east`` touches neither ``hdfs://east2`` nor
    ``hdfs://east:9000`` nor ``webhdfs://east``.

    Attributes:
        origins: Addresses of the origin, e.g. ``hdfs://east``, ``hdfs://nn1.east:8020``.
        destination: The address that takes their place, e.g. ``hdfs://west``.
    """

    origins: tuple[str, ...]
    destination: str
    _pattern: re.Pattern[bytes] = field(init=False, repr=False, compare=False)
    _hint: re.Pattern[bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", _pattern(self.origins))
        object.__setattr__(self, "_hint", _hint(self.origins))

    def row(self, row: Row) -> Row:
        """The row as it has to be on the destination; the same object when no address occurs in it."""
        if not self._hint.search(row.raw):
            return row
        destination = self.destination.encode()
        new = row_of(row.key, _struct(row.tree, lambda text: self._pattern.sub(lambda _: destination, text)))
        return Row(row.key, row.identity, new.hash, new.raw)

    def text(self, text: str) -> str:
        """A text as it has to be on the destination."""
        return self._pattern.sub(lambda _: self.destination.encode(), text.encode()).decode()


def rewrite_rows(rows: Iterable[Row], rewrite: Rewrite) -> list[Row]:
    """Rewrites every row."""
    return [rewrite.row(row) for row in rows]


def aliases(address: str) -> tuple[str, ...]:
    """An address and how else it may be written: with or without the port that HDFS assumes."""
    scheme, _, authority = address.partition("://")
    host, colon, port = authority.partition(":")
    if not colon:
        return (address, f"{address}:{DEFAULT_PORT}")
    return (address, f"{scheme}://{host}") if port == str(DEFAULT_PORT) else (address,)


def references(rows: Iterable[Row], addresses: Iterable[str]) -> list[Reference]:
    """Finds every text that names one of the addresses."""
    addresses = tuple(addresses)
    pattern, hint, found = _pattern(addresses), _hint(addresses), []
    for row in rows:
        if hint.search(row.raw):
            found += [Reference(row.key, path, text.decode(errors="replace"))
                      for path, text in _leaves(row.tree, STRUCTURE[row.key.kind]) if pattern.search(text)]
    return found


def refuse_references(rows: Iterable[Row], addresses: Iterable[str], site: str) -> None:
    """Checks that no object names the other site.

    Raises:
        Mismatch: Some do; the error lists objects and fields.
    """
    found = references(rows, addresses)
    if found:
        shown = "; ".join(map(str, found[:_SHOWN]))
        shown += f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise Mismatch("catalog", f"{len(found)} texts still name site {site}: {shown}",
                       "Add the address to the pair's file so that it is rewritten")


def _pattern(addresses: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![a-z0-9+])(?<![a-z0-9][.-])(?:" + _either(addresses)
                      + rb")(?![a-z0-9_]|[.:-][a-z0-9_])", re.IGNORECASE)


def _hint(addresses: tuple[str, ...]) -> re.Pattern[bytes]:
    """Finds an address in encoded bytes, where the byte before a text is its length and may look like a letter."""
    return re.compile(_either(addresses), re.IGNORECASE)


def _either(addresses: tuple[str, ...]) -> bytes:
    return b"|".join(re.escape(address.encode()) for address in addresses) or rb"(?!)"


def _struct(tree: Tree, change: Callable[[bytes], bytes]) -> Tree:
    return {number: (kind, _change(kind, value, change)) for number, (kind, value) in tree.items()}


def _change(kind: int, value: Any, change: Callable[[bytes], bytes]) -> Any:
    if kind == STRING:
        return change(value)
    if kind == STRUCT:
        return _struct(value, change)
    if kind in (LIST, SET):
        return Items(value.type, [_change(value.type, item, change) for item in value.values])
    if kind == MAP:
        return Pairs(value.key_type, value.value_type,
                     [(_change(value.key_type, key, change), _change(value.value_type, item, change))
                      for key, item in value.pairs])
    return value


def _leaves(tree: Tree, structure: str) -> Iterator[tuple[str, bytes]]:
    """Every text below a structure with the name of its field, e.g. ``sd.serdeInfo.parameters[avro.schema.url]``."""
    fields = STRUCTURES.get(structure, {})
    for number, (kind, value) in tree.items():
        name, nested = fields.get(number, (str(number), ""))
        for path, text in _below(kind, value, nested):
            yield name + path, text


def _below(kind: int, value: Any, nested: str) -> Iterator[tuple[str, bytes]]:
    if kind == STRING:
        yield "", value
    elif kind == STRUCT:
        for path, text in _leaves(value, nested):
            yield "." + path, text
    elif kind in (LIST, SET):
        for place, item in enumerate(value.values):
            yield from ((f"[{place}]{path}", text) for path, text in _below(value.type, item, nested))
    elif kind == MAP:
        for key, item in value.pairs:
            name = key.decode(errors="replace") if value.key_type == STRING else "..."
            inner = (*_below(value.key_type, key, nested), *_below(value.value_type, item, nested))
            yield from ((f"[{name}]{path}", text) for path, text in inner)
