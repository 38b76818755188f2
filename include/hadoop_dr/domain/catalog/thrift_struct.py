"""Thrift structures without a schema: every field of every version survives, byte for byte.

A structure is a dictionary ``{field id: (type, value)}`` in the order the fields came in. Texts stay bytes because the
wire does not tell text from binary, and floating-point numbers stay their eight bytes because nobody computes here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST = 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15
"""Type ids of Thrift's binary protocol."""

Tree = dict[int, tuple[int, Any]]
"""A structure; treat it as immutable, the functions here return new ones."""

_MAX_DEPTH = 64
_MAX_BYTES = 1 << 30
_NUMBERS = {BYTE: struct.Struct(">b"), I16: struct.Struct(">h"), I32: struct.Struct(">i"), I64: struct.Struct(">q")}
_I32 = _NUMBERS[I32]
_FIELD = struct.Struct(">bh")
_TYPES = frozenset((BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST))


class Items(NamedTuple):
    """A list or a set: the type of its elements and the elements in order."""

    type: int
    values: list[Any]


class Pairs(NamedTuple):
    """A map: types of keys and values, and its pairs in the order they came in."""

    key_type: int
    value_type: int
    pairs: list[tuple[Any, Any]]


class Garbled(ValueError):
    """Bytes that are no Thrift structure in the strict binary form."""


def decode(raw: bytes) -> Tree:
    """Reads one structure that fills the bytes exactly.

    Raises:
        Garbled: The bytes are cut short, have something behind the structure, or hold an unknown type.
    """
    at = 0

    def take(size: int) -> bytes:
        nonlocal at
        at += size
        if at > len(raw):
            raise Garbled("the structure is cut short")
        return raw[at - size:at]

    tree = read_struct(take)
    if at != len(raw):
        raise Garbled(f"{len(raw) - at} bytes behind the structure")
    return tree


def read_struct(take: Callable[[int], bytes], depth: int = 0) -> Tree:
    """Reads one structure from a source that gives exactly the bytes asked for."""
    if depth > _MAX_DEPTH:
        raise Garbled("structures are nested too deeply")
    tree: Tree = {}
    while kind := take(1)[0]:
        (field,) = _NUMBERS[I16].unpack(take(2))
        if field in tree:
            raise Garbled(f"field {field} occurs twice")
        tree[field] = (kind, _read(kind, take, depth))
    return tree


def _read(kind: int, take: Callable[[int], bytes], depth: int) -> Any:
    if kind == STRING:
        return take(_size(take))
    if kind in _NUMBERS:
        number = _NUMBERS[kind]
        return number.unpack(take(number.size))[0]
    if kind == STRUCT:
        return read_struct(take, depth + 1)
    if kind == BOOL:
        return _bool(take(1)[0])
    if kind == DOUBLE:
        return take(8)
    return _read_container(kind, take, depth + 1)


def _read_container(kind: int, take: Callable[[int], bytes], depth: int) -> Items | Pairs:
    if depth > _MAX_DEPTH:
        raise Garbled("containers are nested too deeply")
    if kind == MAP:
        key_type, value_type = take(2)
        count = _size(take)
        return Pairs(key_type, value_type,
                     [(_read(key_type, take, depth), _read(value_type, take, depth)) for _ in range(count)])
    if kind in (LIST, SET):
        element = take(1)[0]
        return Items(element, [_read(element, take, depth) for _ in range(_size(take))])
    raise Garbled(f"unknown type {kind}")


def _size(take: Callable[[int], bytes]) -> int:
    size: int = _I32.unpack(take(4))[0]
    if not 0 <= size <= _MAX_BYTES:
        raise Garbled(f"impossible length {size}")
    return size


def _bool(value: int) -> bool:
    if value > 1:
        raise Garbled(f"{value} is no truth value")
    return value == 1


def encode(tree: Tree) -> bytes:
    """Writes a structure; ``encode(decode(raw)) == raw``."""
    out: list[bytes] = []
    _write_struct(tree, out.append)
    return b"".join(out)


def _write_struct(tree: Tree, put: Callable[[bytes], None]) -> None:
    for field, (kind, value) in tree.items():
        put(_FIELD.pack(kind, field))
        _write(kind, value, put)
    put(b"\0")


def _write(kind: int, value: Any, put: Callable[[bytes], None]) -> None:
    if kind == STRING:
        put(_I32.pack(len(value)))
        put(value)
    elif kind in _NUMBERS:
        put(_NUMBERS[kind].pack(value))
    elif kind == STRUCT:
        _write_struct(value, put)
    elif kind == BOOL:
        put(b"\1" if value else b"\0")
    elif kind == DOUBLE:
        put(value)
    else:
        _write_container(kind, value, put)


def _write_container(kind: int, value: Any, put: Callable[[bytes], None]) -> None:
    if kind == MAP:
        put(bytes((value.key_type, value.value_type)) + _I32.pack(len(value.pairs)))
        for key, item in value.pairs:
            _write(value.key_type, key, put)
            _write(value.value_type, item, put)
    elif kind in (LIST, SET):
        put(bytes((value.type,)) + _I32.pack(len(value.values)))
        for item in value.values:
            _write(value.type, item, put)
    else:
        raise Garbled(f"unknown type {kind}")


# -- building and asking, so that callers name fields and not wire types


def text(value: str) -> tuple[int, bytes]:
    """A text field."""
    return STRING, value.encode(errors="surrogateescape")


def i32(value: int) -> tuple[int, int]:
    """A number of 32 bits."""
    return I32, value


def i64(value: int) -> tuple[int, int]:
    """A number of 64 bits."""
    return I64, value


def flag(value: bool) -> tuple[int, bool]:
    """A truth value."""
    return BOOL, value


def record(tree: Tree) -> tuple[int, Tree]:
    """A structure inside a structure."""
    return STRUCT, tree


def records(trees: list[Tree]) -> tuple[int, Items]:
    """A list of structures."""
    return LIST, Items(STRUCT, trees)


def texts(values: list[str]) -> tuple[int, Items]:
    """A list of texts."""
    return LIST, Items(STRING, [text(value)[1] for value in values])


def text_map(values: dict[str, str]) -> tuple[int, Pairs]:
    """A map of text to text."""
    return MAP, Pairs(STRING, STRING, [(text(key)[1], text(value)[1]) for key, value in values.items()])


def get_text(tree: Tree, field: int, default: str = "") -> str:
    """The text of a field, or the default when the field is absent."""
    found = tree.get(field)
    return default if found is None else str(found[1].decode(errors="surrogateescape"))


def get_number(tree: Tree, field: int, default: int = 0) -> int:
    """The number or truth value of a field, or the default when the field is absent."""
    found = tree.get(field)
    return default if found is None else int(found[1])


def get_record(tree: Tree, field: int) -> Tree:
    """The structure of a field; an empty one when the field is absent."""
    found = tree.get(field)
    return {} if found is None else found[1]


def get_list(tree: Tree, field: int) -> list[Any]:
    """The elements of a list field; none when the field is absent."""
    found = tree.get(field)
    return [] if found is None else found[1].values


def get_texts(tree: Tree, field: int) -> list[str]:
    """The elements of a list of texts."""
    return [value.decode(errors="surrogateescape") for value in get_list(tree, field)]


def get_map(tree: Tree, field: int) -> dict[str, str]:
    """A map of text to text; empty when the field is absent."""
    found = tree.get(field)
    return {} if found is None else {key.decode(errors="surrogateescape"): value.decode(errors="surrogateescape")
                                     for key, value in found[1].pairs}


def without(tree: Tree, *fields: int) -> Tree:
    """A structure without some of its fields."""
    return {field: value for field, value in tree.items() if field not in fields}


def with_field(tree: Tree, field: int, value: tuple[int, Any]) -> Tree:
    """A structure with one field set; an existing field keeps its place."""
    return {**tree, field: value}
