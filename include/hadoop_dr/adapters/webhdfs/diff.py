"""Walks the pages of a snapshot diff listing and does not trust the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hadoop_dr.domain.errors import Protocol
from hadoop_dr.domain.facts import DiffEntry, DiffPage

Page = Callable[[str, int], tuple[DiffPage, str, int]]
_START = ("", -1)


def diff_pages(root: str, page: Page) -> Iterator[DiffPage]:
    """Gives every page until the cursor says the end.

    NameNodes without the mend of HDFS-16121 resume a directory's creations at a wrong place: entries come twice, or
    the same cursor comes for ever. What repeats within one directory is dropped; a cursor that repeats ends the listing
    with an error, because what lies behind it cannot be seen.

    Args:
        root: For messages.
        page: Asks for the page behind a cursor (path, index).

    Raises:
        Protocol: The cursor does not advance.
    """
    cursor = _START
    seen_cursors = {cursor}
    seen: set[tuple[int, DiffEntry]] = set()
    while True:
        entries, path, index = page(*cursor)
        yield _unseen(entries, seen)
        new = set(_numbered(entries))
        seen = (seen | new) if path == cursor[0] else new       # a directory's entries end with the page that leaves it
        cursor = (path, index)
        if cursor == _START:
            return
        if cursor in seen_cursors:
            raise Protocol(root, f"the snapshot difference listing repeats its cursor {cursor}",
                           "Upgrade the NameNode (HDFS-16121) or use a full run")
        seen_cursors.add(cursor)


def _numbered(page: DiffPage) -> Iterator[tuple[int, DiffEntry]]:
    for which, entries in enumerate((page.modified, page.created, page.deleted)):
        for entry in entries:
            yield which, entry


def _unseen(page: DiffPage, seen: set[tuple[int, DiffEntry]]) -> DiffPage:
    if not seen:
        return page
    return DiffPage(*(
        tuple(entry for entry in entries if (which, entry) not in seen)
        for which, entries in enumerate((page.modified, page.created, page.deleted))))
