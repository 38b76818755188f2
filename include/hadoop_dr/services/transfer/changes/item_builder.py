"""Touched entries of two snapshots become items: with ACLs, extended attributes, and what of their bytes is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.plan.unchanged_bytes import content_of, looks_unchanged
from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, AclAndXattrs, Blocks, FileKind
from hadoop_dr.domain.tree.inventory import Entry
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.domain.tree.xattrs import Xattrs
from hadoop_dr.services.pool import BoundedPool
from hadoop_dr.services.transfer.changes.changed_entries import ChangedEntries
from hadoop_dr.services.transfer.changes.snapshot_tree import Tree, names, without_work_area

_NO_BLOCKS: tuple[Blocks | None, Blocks | None] = (None, None)


class ItemBuilder:
    """Makes the items of one root. Requests for single items are slow: they run side by side, and only where needed.

    Args:
        after: The snapshot to come to.
        pool: Carries the requests.
        xattrs: Whether the NameNode keeps extended attributes at all.
    """

    def __init__(self, after: Tree, pool: BoundedPool, *, xattrs: bool) -> None:
        self._after, self._pool, self._xattrs = after, pool, xattrs

    def everything(self) -> list[Item]:
        """Makes the items of a first run: all is new, except the root itself."""
        top = self._after.entry("")
        entries = [top, *without_work_area(self._after.below([top], self._pool, lambda _: True))]
        self._refuse_links(entries)
        items = self._pool.map(lambda entry: _new(entry, self._after.extras(entry, xattrs=self._xattrs)), entries)
        return sorted(items, key=lambda item: item.inode)

    def items(
        self, before: Tree, touched: ChangedEntries, *, suspicious: bool, names_all: bool = False,
        older_xattrs: Xattrs | None = None,
    ) -> list[Item]:
        """Makes the items of what was touched, in the order of their inode ids.

        Args:
            before: The snapshot to come from.
            touched: What was touched.
            suspicious: Look at the blocks of every file that is named as modified, also when another attribute
                explains why it is.
            names_all: A snapshot diff names whatever changed but times, so what it does not name has what it had.
            older_xattrs: Extended attributes of the items of that snapshot that have some; None to ask for them.
        """
        self._refuse_links(touched.now.values())

        def look(inode: int) -> Item:
            was, now = touched.was.get(inode), touched.now.get(inode)
            if now is None:
                assert was is not None
                return Item(inode, was.path, None, was.facts, None)
            named = inode in touched.named or inode in touched.fled
            complete = names_all and older_xattrs is not None
            if was is not None and complete and not named and _only_time_differs(was, now):
                now_extras = self._extras_then(before, was, older_xattrs)  # any other change of it would be named
                return _living(was, now, now_extras, now_extras, _NO_BLOCKS)
            now_extras = self._after.extras(now, xattrs=self._xattrs)
            if was is None:
                return _new(now, now_extras)
            was_extras = now_extras
            if named or was.facts != now.facts:
                was_extras = self._extras_then(before, was, older_xattrs)
            unexplained = was.facts == now.facts and was_extras == now_extras
            blocks = _NO_BLOCKS
            if not looks_unchanged(was.facts, now.facts) or (inode in touched.named and (suspicious or unexplained)):
                blocks = self._blocks(before, was, now)
            return _living(was, now, was_extras, now_extras, blocks)

        found = self._pool.map(look, sorted(touched.was.keys() | touched.now.keys()))
        return list(_worth_keeping(found, touched))

    def _extras_then(self, before: Tree, was: Entry, older_xattrs: Xattrs | None) -> AclAndXattrs:
        if older_xattrs is None:
            return before.extras(was, xattrs=self._xattrs)
        acl, xattrs = before.extras(was, xattrs=False).acl, older_xattrs.get(was.path, ())
        return AclAndXattrs(acl, xattrs) if acl or xattrs else NO_ACL_OR_XATTRS

    def _blocks(self, before: Tree, was: Entry, now: Entry) -> tuple[Blocks | None, Blocks | None]:
        return _NO_BLOCKS if now.facts.is_dir else (before.blocks(was), self._after.blocks(now))

    def _refuse_links(self, entries: Iterable[Entry]) -> None:
        refuse_links(self._after.absolute(entry.path) for entry in entries if entry.facts.kind is FileKind.SYMLINK)


def refuse_links(paths: Iterable[str]) -> None:
    """Stops at symbolic links, given by their absolute paths.

    Raises:
        Refused: There are any.
    """
    links = sorted(paths)
    if links:
        raise Refused(names(links), "symbolic links cannot be carried over",
                      "Replace each by the file it points to, or remove its directory from the policy")


def _new(entry: Entry, extras: AclAndXattrs) -> Item:
    if not entry.path:
        return Item(entry.inode, "", "", None, entry.facts, NO_ACL_OR_XATTRS, extras)
    return Item(entry.inode, None, entry.path, None, entry.facts, NO_ACL_OR_XATTRS, extras, Content.WHOLE)


def _living(
    was: Entry,
    now: Entry,
    was_extras: AclAndXattrs,
    now_extras: AclAndXattrs,
    blocks: tuple[Blocks | None, Blocks | None],
) -> Item:
    content, keep_bytes = content_of(was.facts, now.facts, *blocks)
    facts = was.facts if was.facts == now.facts else now.facts
    extras = was_extras if was_extras == now_extras else now_extras
    return Item(now.inode, was.path, now.path, was.facts, facts, was_extras, extras, content, keep_bytes)


def _only_time_differs(was: Entry, now: Entry) -> bool:
    return now.facts.is_dir and replace(was.facts, mtime_ms=now.facts.mtime_ms) == now.facts


def _worth_keeping(items: Iterable[Item], touched: ChangedEntries) -> Iterator[Item]:
    """Leaves out files that turned out to be where and what they were."""
    for item in items:
        same = item.was == item.now and item.was_extras == item.now_extras and item.content is Content.SAME
        if item.is_dir or not same or not touched.stays(touched.was[item.inode], touched.now[item.inode]):
            yield item
