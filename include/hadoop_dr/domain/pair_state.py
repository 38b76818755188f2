"""What the pair's ledger says: roles, epoch, which copy decides, who owns which root (DESIGN.md sections 6 to 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hadoop_dr.domain.ledger import Entry


@dataclass(frozen=True, slots=True)
class PairState:
    """Roles as the ledger records them; ZooKeeper only announces them.

    Attributes:
        epoch: Epoch of the newest role entry; 0 when there is none yet.
        primary: Site that is primary, or empty.
        deciding: Site whose copy of every ledger decides, or empty.
        n: Number of the newest entry of any kind.
        owners: Service that owns a root, by root.
    """

    epoch: int = 0
    primary: str = ""
    deciding: str = ""
    n: int = 0
    owners: Mapping[str, str] = field(default_factory=dict)

    def other(self, site: str, sites: Iterable[str]) -> str:
        """The site of the pair that is not ``site``."""
        return next(name for name in sites if name != site)

    def owned_by(self, service: str) -> list[str]:
        """Roots that a service owns, sorted."""
        return sorted(root for root, owner in self.owners.items() if owner == service)


def reduce_pair(entries: Iterable[Entry], state: PairState | None = None) -> PairState:
    """Folds the pair's entries, in order, into a state.

    A role entry below the epoch known so far is ignored (I5), and so is what an entry says of another service's root.
    """
    state = state or PairState()
    owners = dict(state.owners)
    for entry in entries:
        if entry.kind == "roles" and entry.epoch > state.epoch:
            state = PairState(entry.epoch, entry.body["primary"], entry.body["deciding"])
        elif entry.kind == "roots_owned":
            for root in entry.body["roots"]:
                owners.setdefault(root, entry.body["service"])
        elif entry.kind == "roots_released":
            for root in entry.body["roots"]:
                if owners.get(root) == entry.body["service"]:
                    del owners[root]
        state = replace(state, n=entry.n)
    return replace(state, owners=owners)


def dump_pair_state(state: PairState) -> dict[str, Any]:
    """Gives the state as plain JSON, for a checkpoint: roots by service, so that a name is written once."""
    services = sorted(set(state.owners.values()))
    return {**asdict(state), "owners": {service: state.owned_by(service) for service in services}}


def load_pair_state(kept: Mapping[str, Any]) -> PairState:
    """Gives back what ``dump_pair_state`` wrote."""
    owners = {root: service for service, roots in kept["owners"].items() for root in roots}
    return PairState(**{**kept, "owners": owners})
