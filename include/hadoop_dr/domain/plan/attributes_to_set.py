"""Which attributes of an item have to be set where it lies: those that differ, and no others."""

from __future__ import annotations

from dataclasses import dataclass

from hadoop_dr.domain.tree.items import Content, Item


@dataclass(frozen=True, slots=True)
class AttributesToSet:
    """What is to be set; None leaves it as it is."""

    owner: str | None = None
    group: str | None = None
    mode: int | None = None
    replication: int | None = None
    mtime_ms: int | None = None


NOTHING = AttributesToSet()
"""All attributes are as they should be."""


def attributes_to_set(item: Item, *, made: bool = False, times: bool = True) -> AttributesToSet:
    """Compares what an item was with what it shall be.

    A directory's time is set in any case: children came and went, and its time in the older snapshot may have followed
    them. An ACL that is set rewrites the bits of the mode, so those follow it.

    Args:
        made: The run made what lies there, so it has none of the attributes yet.
        times: The time belongs to them, too.
    """
    now, was = item.now, item.was
    assert now is not None
    if made or was is None or item.content is not Content.SAME:
        owner = mode = copies = time = True
    else:
        owner = (was.owner, was.group) != (now.owner, now.group)
        mode = was.mode != now.mode or item.was_extras.acl != item.now_extras.acl
        copies, time = was.replication != now.replication, now.is_dir or was.mtime_ms != now.mtime_ms
    copies = copies and not now.is_dir and not now.erasure_coding
    return AttributesToSet(
        now.owner if owner else None,
        now.group if owner else None,
        now.mode if mode else None,
        now.replication if copies else None,
        now.mtime_ms if time and times else None,
    )
