"""Extended attributes as a point keeps them, so that the next increment need not ask for what was there before.

No listing shows one, and asking costs a request for each item and snapshot. What a root had at its baseline is known,
because the point that was made of it keeps that: all of it was read once, and every increment read what it touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from hadoop_dr.domain.paths import Moves
from hadoop_dr.domain.tree.items import Item

XATTR_SCHEMA = (("root", "string"), ("path", "string"), ("xattrs", "pairs"))
"""Columns of a point's extended attributes: the items that have some."""
MOST = 20_000
"""So many items with extended attributes are kept with a point; of more the next increment asks again."""

Pairs = tuple[tuple[str, bytes], ...]
Xattrs = Mapping[str, Pairs]
"""Extended attributes of the items of one root that have some, by path relative to it."""


def followed(before: Xattrs, items: Sequence[Item]) -> dict[str, Pairs]:
    """Returns what a root has once its touched items are what they shall be.

    Args:
        before: What it had at the baseline; nothing when ``items`` are all there is.
    """
    moves = Moves({item.old: item.new for item in items if item.old is not None})
    found = {there: xattrs for path, xattrs in before.items() if (there := moves.of(path)) is not None}
    for item in items:
        if item.new is not None:
            found.pop(item.new, None)
            if item.now_extras.xattrs:
                found[item.new] = item.now_extras.xattrs
    return found


def xattr_rows(roots: Mapping[str, Xattrs]) -> list[tuple[object, ...]]:
    """Writes extended attributes as rows of ``XATTR_SCHEMA``, in the order of roots and paths."""
    return [(root, path, list(found[path])) for root, found in sorted(roots.items()) for path in sorted(found)]


def xattrs_from_rows(rows: Iterable[Sequence[object]]) -> dict[str, dict[str, Pairs]]:
    """Reads extended attributes back, by root; a root without any is absent."""
    found: dict[str, dict[str, Pairs]] = {}
    for root, path, pairs in cast("Iterable[tuple[str, str, Sequence[tuple[str, bytes]]]]", rows):
        found.setdefault(root, {})[path] = tuple((name, value) for name, value in pairs)
    return found
