"""What the verification of a point could not tell, in words: such a point is sealed all the same (I11)."""

from __future__ import annotations

from collections.abc import Collection

from hadoop_dr.domain.ledger.bodies.sealed import Verified

_SHOWN = 5
"""So many reasons are told one by one."""


def doubt_warnings(verified: Verified, hindered: Collection[str]) -> list[str]:
    """Tells a person what could not be compared, and why.

    Args:
        hindered: What kept an audit from comparing everything; that has a warning of its own.
    """
    doubts = [text for text in verified.cannot_tell if text not in hindered]
    more = len(doubts) - _SHOWN
    rest = [f"not verified: {more} more; the point's document verdict-*.json names them"] if more > 0 else []
    return [*(f"not verified: {text}" for text in doubts[:_SHOWN]), *rest]
