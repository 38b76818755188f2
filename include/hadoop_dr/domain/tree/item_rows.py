"""Items as rows of a table and back, nothing lost: the form in which facts are stored on both sites (S3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sys import intern
from typing import Any, cast

from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, AclAndXattrs, FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item

_FACTS = (
    ("kind", "string"), ("length", "int64"), ("owner", "string"), ("group", "string"), ("mode", "int64"),
    ("replication", "int64"), ("block_size", "int64"), ("mtime_ms", "int64"), ("storage_policy", "int64"),
    ("has_acl", "bool"), ("erasure_coding", "string"), ("encrypted", "bool"),
)
_EXTRAS = (("acl", "strings"), ("xattrs", "pairs"))

ITEM_SCHEMA: tuple[tuple[str, str], ...] = (
    ("inode", "int64"), ("old", "string"), ("new", "string"), ("content", "string"), ("keep_bytes", "int64"),
    *((f"{side}_{name}", kind) for side in ("was", "now") for name, kind in (*_FACTS, *_EXTRAS)),
)
"""Columns of a table of items. A side that the item does not have is None in all of its attributes."""

_HEAD = 5
_WIDTH = len(_FACTS)
_NOTHING = (None,) * _WIDTH
_Head = tuple[int, str | None, str | None, str, int]


def item_rows(items: Iterable[Item]) -> list[tuple[object, ...]]:
    """Writes items as rows of ``ITEM_SCHEMA``."""
    return [
        (
            item.inode, item.old, item.new, item.content.value, item.keep_bytes,
            *_of_facts(item.was), *_of_extras(item.was_extras), *_of_facts(item.now), *_of_extras(item.now_extras),
        )
        for item in items
    ]


def items_from_rows(rows: Iterable[Sequence[object]]) -> list[Item]:
    """Reads items back from rows of ``ITEM_SCHEMA``."""
    return [_to_item(*cast("_Head", tuple(row[:_HEAD])), row[_HEAD:]) for row in rows]


def _to_item(
    inode: int, old: str | None, new: str | None, content: str, keep_bytes: int, attributes: Sequence[object]
) -> Item:
    was, now = _to_facts(attributes[:_WIDTH]), _to_facts(attributes[_WIDTH + 2:])
    return Item(
        inode, old, new, was, was if was == now else now,
        _to_extras(attributes[_WIDTH:_WIDTH + 2]), _to_extras(attributes[-2:]), Content(content), keep_bytes,
    )


def _of_facts(facts: FileAttributes | None) -> tuple[object, ...]:
    if facts is None:
        return _NOTHING
    return (facts.kind.value, *(getattr(facts, name) for name, _ in _FACTS[1:]))


def _of_extras(extras: AclAndXattrs) -> tuple[object, ...]:
    return list(extras.acl), list(extras.xattrs)


def _to_facts(values: Sequence[object]) -> FileAttributes | None:
    if values[0] is None:
        return None
    facts: list[Any] = list(values[:_WIDTH])
    kind, length, owner, group, *rest = facts
    return FileAttributes(FileKind(kind), length, intern(owner), intern(group), *rest)


def _to_extras(values: Sequence[object]) -> AclAndXattrs:
    acl, xattrs = cast("tuple[list[str] | None, list[tuple[str, bytes]] | None]", tuple(values))
    if not acl and not xattrs:
        return NO_ACL_OR_XATTRS
    return AclAndXattrs(tuple(acl or ()), tuple((name, value) for name, value in xattrs or ()))
