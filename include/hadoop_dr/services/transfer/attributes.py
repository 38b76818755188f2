"""ACLs, extended attributes, storage policies, owners, modes and times, on staged and on live items (I9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.plan.attributes_to_set import NOTHING, attributes_to_set
from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, AclAndXattrs
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.ports.mover import SetAttributes
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import map_bounded


@dataclass(frozen=True, slots=True)
class AttributeTarget:
    """One item that gets its attributes.

    Attributes:
        item: What it shall become.
        path: Where it lies now, absolute.
        before: The ACL and extended attributes it has there now.
    """

    item: Item
    path: str
    before: AclAndXattrs = NO_ACL_OR_XATTRS


def set_extras(
    destination: NameNode, attribute_targets: Iterable[AttributeTarget], before_each: Callable[[], None]
) -> None:
    """Replaces ACLs and extended attributes that differ, removing those that are gone; may be repeated.

    Everything below a directory must lie there already: what is made under a default ACL inherits it.

    Args:
        before_each: Called before each item that is changed.
    """
    changed = (
        attribute_target
        for attribute_target in attribute_targets
        if attribute_target.before != attribute_target.item.now_extras
    )
    for _ in map_bounded(lambda attribute_target: _set_extras(destination, attribute_target), changed, before_each):
        pass


def _set_extras(destination: NameNode, attribute_target: AttributeTarget) -> None:
    before, after = attribute_target.before, attribute_target.item.now_extras
    if before.acl != after.acl:
        destination.set_acl(attribute_target.path, after.acl)
    wanted = dict(after.xattrs)
    for name in dict(before.xattrs).keys() - wanted.keys():
        destination.remove_xattr(attribute_target.path, name)
    for name, value in wanted.items():
        if dict(before.xattrs).get(name) != value:
            destination.set_xattr(attribute_target.path, name, value)


def set_policies(
    destination: NameNode, attribute_targets: Iterable[AttributeTarget], before_each: Callable[[], None]
) -> None:
    """Sets storage policies where the effective one differs; parents must come first, so that inheriting stays so.

    A listing tells only the effective policy. One that is set on an item and equals what the item would inherit anyway
    is therefore carried as inherited, and shows as a difference once the item moves below another policy.
    """
    for attribute_target in attribute_targets:
        was, now = attribute_target.item.was, attribute_target.item.now
        if now is None or (not now.storage_policy and not (was and was.storage_policy)):
            continue
        try:
            if destination.status(attribute_target.path).facts.storage_policy == now.storage_policy:
                continue
        except NotFound:
            continue
        before_each()
        destination.set_storage_policy(attribute_target.path, now.storage_policy)


def operations(
    attribute_targets: Iterable[AttributeTarget], *, times: bool = True, made: bool = False
) -> list[SetAttributes]:
    """Owner, mode, replication and, last, the time of each item, as far as they differ.

    Args:
        made: The run made what lies there.
    """
    return [
        SetAttributes(attribute_target.item.inode, attribute_target.path, *astuple(wanted))
        for attribute_target in attribute_targets
        if attribute_target.item.now is not None
        and (wanted := attributes_to_set(attribute_target.item, made=made, times=times)) != NOTHING
    ]
