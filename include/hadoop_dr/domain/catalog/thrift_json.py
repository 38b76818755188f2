"""The JSON form of Thrift structures in the notification log's messages: ``{"1":{"str":"x"},"6":{"i32":0}}``."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from typing import Any

from hadoop_dr.domain.catalog.thrift_struct import (
    BOOL,
    BYTE,
    DOUBLE,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    STRING,
    STRUCT,
    Garbled,
    Items,
    Pairs,
    Tree,
)

_TYPES = {"tf": BOOL, "i8": BYTE, "i16": I16, "i32": I32, "i64": I64, "dbl": DOUBLE, "str": STRING, "rec": STRUCT,
          "map": MAP, "lst": LIST, "set": SET}
_NAMES = {kind: name for name, kind in _TYPES.items()}


def unpack_message(message: bytes, form: str) -> dict[str, Any]:
    """Opens an event's message.

    Raises:
        Garbled: The message is not what its format says.
    """
    try:
        plain = gzip.decompress(base64.b64decode(message)) if form.startswith("gzip") else message
        opened = json.loads(plain)
    except (ValueError, OSError, EOFError) as error:
        raise Garbled(f"unreadable message of format {form!r}: {error}") from error
    if not isinstance(opened, dict):
        raise Garbled("a message that is no JSON object")
    return opened


def pack_message(content: dict[str, Any]) -> bytes:
    """Closes a message in the form ``gzip(json-2.0)``."""
    return base64.b64encode(gzip.compress(json.dumps(content).encode(), mtime=0))


def tree_of_json(text: str) -> Tree:
    """Reads one structure.

    Raises:
        Garbled: The text is no structure in this form; a map with lists as keys, for one, cannot be written in it.
    """
    try:
        return _struct(json.loads(text))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise Garbled(f"no structure: {error}") from error


def json_of_tree(tree: Tree) -> str:
    """Writes one structure; the inverse of ``tree_of_json`` for maps with plain keys."""
    return json.dumps(_plain_struct(tree), ensure_ascii=False)


def _struct(fields: dict[str, dict[str, Any]]) -> Tree:
    tree: Tree = {}
    for number, typed in fields.items():
        ((name, value),) = typed.items()
        tree[int(number)] = (_TYPES[name], _value(_TYPES[name], value))
    return tree


def _value(kind: int, value: Any) -> Any:
    if kind == STRING:
        return value.encode(errors="surrogatepass")
    if kind == STRUCT:
        return _struct(value)
    if kind == BOOL:
        return bool(value)
    if kind == DOUBLE:
        return struct.pack(">d", float(value))
    if kind == MAP:
        key_type, value_type = _TYPES[value[0]], _TYPES[value[1]]
        return Pairs(key_type, value_type, [(_value(key_type, _key(key_type, key)), _value(value_type, item))
                                            for key, item in value[3].items()])
    if kind in (LIST, SET):
        element = _TYPES[value[0]]
        return Items(element, [_value(element, item) for item in value[2:]])
    return int(value)


def _key(kind: int, key: str) -> Any:
    return key if kind in (STRING, DOUBLE) else int(key)


def _plain_struct(tree: Tree) -> dict[str, dict[str, Any]]:
    return {str(number): {_NAMES[kind]: _plain(kind, value)} for number, (kind, value) in tree.items()}


def _plain(kind: int, value: Any) -> Any:
    if kind == STRING:
        return value.decode(errors="surrogatepass")
    if kind == STRUCT:
        return _plain_struct(value)
    if kind == BOOL:
        return int(value)
    if kind == DOUBLE:
        number = struct.unpack(">d", value)[0]
        return number if number == number and abs(number) != float("inf") else str(number)
    if kind == MAP:
        return [_NAMES[value.key_type], _NAMES[value.value_type], len(value.pairs),
                {_plain(value.key_type, key): _plain(value.value_type, item) for key, item in value.pairs}]
    if kind in (LIST, SET):
        return [_NAMES[value.type], len(value.values), *(_plain(value.type, item) for item in value.values)]
    return value
