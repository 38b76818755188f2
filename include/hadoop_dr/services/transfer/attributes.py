"""ACLs, extended attributes, storage policies, owners, modes and times, on staged and on live items (I9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.facts import NO_EXTRAS, Extras
from hadoop_dr.domain.items import Item
from hadoop_dr.ports.mover import SetAttributes
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.transfer.bounded_pool import side_by_side


@dataclass(frozen=True, slots=True)
class Dressing:
    """One item that gets its attributes.

    Attributes:
        item: What it shall become.
        path: Where it lies now, absolute.
        before: The ACL and extended attributes it has there now.
    """

    item: Item
    path: str
    before: Extras = NO_EXTRAS


def set_extras(target: NameNode, dressings: Iterable[Dressing], gate: Callable[[], None]) -> None:
    """Replaces ACLs and extended attributes that differ, removing those that are gone; may be repeated.

    Everything below a directory must lie there already: what is made under a default ACL inherits it.

    Args:
        gate: Called before each item that is changed.
    """
    changed = (dressing for dressing in dressings if dressing.before != dressing.item.now_extras)
    for _ in side_by_side(lambda dressing: _set_extras(target, dressing), changed, gate):
        pass


def _set_extras(target: NameNode, dressing: Dressing) -> None:
    before, after = dressing.before, dressing.item.now_extras
    if before.acl != after.acl:
        target.set_acl(dressing.path, after.acl)
    wanted = dict(after.xattrs)
    for name in dict(before.xattrs).keys() - wanted.keys():
        target.remove_xattr(dressing.path, name)
    for name, value in wanted.items():
        if dict(before.xattrs).get(name) != value:
            target.set_xattr(dressing.path, name, value)


def set_policies(target: NameNode, dressings: Iterable[Dressing], gate: Callable[[], None]) -> None:
    """Sets storage policies where the effective one differs; parents must come first, so that inheriting stays so.

    A listing tells only the effective policy. One that is set on an item and equals what the item would inherit anyway
    is therefore carried as inherited, and shows as a difference once the item moves below another policy.
    """
    for dressing in dressings:
        was, now = dressing.item.was, dressing.item.now
        if now is None or (not now.storage_policy and not (was and was.storage_policy)):
            continue
        try:
            if target.status(dressing.path).facts.storage_policy == now.storage_policy:
                continue
        except NotFound:
            continue
        gate()
        target.set_storage_policy(dressing.path, now.storage_policy)


def operations(dressings: Sequence[Dressing], *, times: bool = True) -> list[SetAttributes]:
    """Owner, mode, replication and, last, the time of each item."""
    return [_operation(dressing, times=times) for dressing in dressings if dressing.item.now is not None]


def _operation(dressing: Dressing, *, times: bool) -> SetAttributes:
    now = dressing.item.now
    assert now is not None
    return SetAttributes(
        dressing.item.inode, dressing.path, now.owner, now.group, now.mode,
        None if now.is_dir or now.erasure_coding else now.replication, now.mtime_ms if times else None,
    )
