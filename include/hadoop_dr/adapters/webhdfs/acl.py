"""WebHDFS leaves the entries that the mode already says out of an ACL; here they come back, in one normal form."""

from __future__ import annotations

from collections.abc import Sequence

_DEFAULT = "default:"


def full_acl(entries: Sequence[str], mode: int) -> tuple[str, ...]:
    """Completes the entries of GETACLSTATUS to what ``setfacl`` would need to make the same ACL again.

    Args:
        entries: As answered: without owner, mask and others; the group's only when there is a mask.
        mode: The permission bits; with access entries the group bits are the mask.

    Returns:
        All entries, sorted; empty when there is no ACL beyond the mode.
    """
    if not entries:
        return ()
    owner, group, other = (_letters(mode >> shift) for shift in (6, 3, 0))
    completed = [*entries, f"user::{owner}", f"other::{other}"]
    has_access_entries = any(not entry.startswith(_DEFAULT) for entry in entries)
    completed.append(f"mask::{group}" if has_access_entries else f"group::{group}")
    return tuple(sorted(completed))


def has_default(acl: Sequence[str]) -> bool:
    """Whether an ACL says something about new children."""
    return any(entry.startswith(_DEFAULT) for entry in acl)


def _letters(bits: int) -> str:
    return "".join(letter if bits & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))
