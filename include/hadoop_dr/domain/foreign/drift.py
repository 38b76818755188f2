"""What a difference says somebody else did to the secondary's tree, and what a person can do about it (I10).

The next plan binds to inodes. A file that was overwritten or deleted and then written again, byte for byte, is another
file: the plan would build on one that is gone. So only an undo, which records a base of its own, brings it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hadoop_dr.domain.foreign.tree_changes import Act, Foreign
from hadoop_dr.domain.tree.snapshot_diff import Changes

_TOLD = 5
_GONE = (Act.REPLACED, Act.DELETED)
_NO_COPY = "A copy of it does not restore what was replaced or deleted"


def replaced_in(changes: Changes) -> dict[str, str]:
    """Returns what was put in the place of something that is gone: its path now, and the path in the older tree."""
    forward, made = changes.forward(), {change.new for change in changes.created}
    return {
        there: change.old
        for change in changes.deleted
        if change.old is not None and (there := forward.below(change.old)) is not None and there in made
    }


def moved_or_new(changes: Changes) -> Iterator[Foreign]:
    """Names what came, went or moved, each path once."""
    replaced = replaced_in(changes)
    for change in changes.created:
        path = change.new or ""
        yield Foreign(path, Act.REPLACED if path in replaced else Act.MADE)
    gone = set(replaced.values())
    yield from (Foreign(change.old or "", Act.DELETED) for change in changes.deleted if change.old not in gone)
    for change in changes.renamed:
        # A worker that replays its steps takes an item out and puts it back; that is no change.
        if change.old != change.new:
            yield Foreign(change.old or "", Act.MOVED, change.new or "")


def drift_text(site: str, found: Sequence[str], count: int = 0, when: str = "") -> str:
    """Says in one clause what somebody else changed on a site, the first five of it by name.

    Args:
        count: How much was found, if that is more than is given.
    """
    left = max(count, len(found)) - _TOLD
    more = f" and {left} more" if left > 0 else ""
    return f"{site} was changed by somebody else{when}: {'; '.join(found[:_TOLD])}{more}"


def needs_undo(found: Iterable[Foreign]) -> bool:
    """Whether something was replaced or deleted, so that no copy of it puts it back."""
    return any(one.act in _GONE for one in found)


def way_out(*, replaced: bool) -> str:
    """Says what a person can do about foreign changes that are left to a person; without a full stop.

    Args:
        replaced: Something was replaced or deleted, see ``needs_undo``.
    """
    restore = "set drift: restore in the policy to have it undone and kept aside"
    return f"{_NO_COPY}: {restore}" if replaced else f"Revert it, or {restore}"


def way_out_while_roots_change(*, replaced: bool) -> str:
    """Says it while roots change, when nothing is undone; without a full stop."""
    why = "nothing is undone while roots change"
    if not replaced:
        return f"Revert it: {why}"
    return f"{_NO_COPY}, and {why}: declare the former directories, back up with drift: restore, then change the roots"
