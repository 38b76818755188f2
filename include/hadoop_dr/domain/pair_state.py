"""What the pair's ledger says: roles, epoch, which copy decides (DESIGN.md sections 7 and 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hadoop_dr.domain.ledger import Entry


@dataclass(frozen=True, slots=True)
class PairState:
    """Roles as the ledger records them; ZooKeeper only announces them.

    Attributes:
        epoch: Epoch of the newest role entry; 0 when there is none yet.
        primary: Site that is primary, or empty.
        deciding: Site whose copy of every ledger decides, or empty.
        n: Number of the newest entry of any kind.
    """

    epoch: int = 0
    primary: str = ""
    deciding: str = ""
    n: int = 0

    def other(self, site: str, sites: Iterable[str]) -> str:
        """The site of the pair that is not ``site``."""
        return next(name for name in sites if name != site)


def reduce_pair(entries: Iterable[Entry]) -> PairState:
    """Folds the pair's entries, in order. A role entry below the epoch known so far is ignored (I5)."""
    state = PairState()
    for entry in entries:
        if entry.kind == "roles" and entry.epoch > state.epoch:
            state = PairState(entry.epoch, entry.body["primary"], entry.body["deciding"], entry.n)
        else:
            state = PairState(state.epoch, state.primary, state.deciding, entry.n)
    return state
