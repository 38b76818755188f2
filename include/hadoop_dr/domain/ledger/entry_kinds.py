"""The closed table of kinds of entries: the word that stands in the file, and the body that belongs to it.

A kind that an older version of this product can do without is marked optional when it is added: its entries say so
themselves, and whoever does not know the kind skips them. An entry of any other unknown kind is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.ledger.bodies.ends import (
    PointDamaged,
    PointPinned,
    PointsPruned,
    PointUnpinned,
    RootsChanged,
    ServiceUnprotected,
)
from hadoop_dr.domain.ledger.bodies.foreign import (
    ChangesKept,
    DivergenceApproved,
    KeptRemoved,
    UndoBegun,
    UndoDone,
)
from hadoop_dr.domain.ledger.bodies.pair import (
    AlarmSaid,
    ChangeBegun,
    ChangeGivenUp,
    ClustersBound,
    FenceLifted,
    NodesMapped,
    OwnersMapped,
    PairStored,
    PersonAnswered,
    PolicyStored,
    RolesChanged,
    RolesSet,
    RootsOwned,
    RootsReleased,
    SiteFenced,
    SynchronisingHeld,
    SynchronisingResumed,
)
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased, MomentRearmed, PointVoided, ServiceClaimed
from hadoop_dr.domain.ledger.bodies.sealed import PointSealed
from hadoop_dr.domain.ledger.bodies.staged import PointStaged
from hadoop_dr.domain.ledger.bodies.taken import PointTaken


@dataclass(frozen=True, slots=True)
class Skipped:
    """The body of an entry of an optional kind that this version does not know; kept as it was read."""

    kind: str
    content: Mapping[str, Any]


UnderClaim = (
    MomentRearmed | PointTaken | PointStaged | PointSealed | PointVoided | ClaimReleased | ServiceUnprotected
    | UndoBegun | UndoDone | ChangesKept | RootsChanged
)  # fmt: skip
"""Bodies that only the owner of a claim may append."""
ServiceBody = (
    UnderClaim | ServiceClaimed | PointsPruned | PointDamaged | KeptRemoved | PointPinned | PointUnpinned
    | DivergenceApproved
)  # fmt: skip
PairBody = (
    RolesSet | RolesChanged | SiteFenced | FenceLifted | PersonAnswered | PairStored | PolicyStored | NodesMapped
    | OwnersMapped | RootsOwned | RootsReleased | ClustersBound | SynchronisingHeld | SynchronisingResumed
    | AlarmSaid | ChangeBegun | ChangeGivenUp
)  # fmt: skip
Body = ServiceBody | PairBody | Skipped

SERVICE_KINDS: Mapping[str, type[Any]] = {
    "claim": ServiceClaimed,
    "rearmed": MomentRearmed,
    "taken": PointTaken,
    "staged": PointStaged,
    "sealed": PointSealed,
    "void": PointVoided,
    "released": ClaimReleased,
    "pruned": PointsPruned,
    "unprotected": ServiceUnprotected,
    "damaged": PointDamaged,
    "undoing": UndoBegun,
    "undone": UndoDone,
    "kept": ChangesKept,
    "unkept": KeptRemoved,
    "root_change": RootsChanged,
    "pin": PointPinned,
    "unpin": PointUnpinned,
    "divergence": DivergenceApproved,
}
"""Kind -> body of each entry of a service's ledger."""
PAIR_KINDS: Mapping[str, type[Any]] = {
    "roles": RolesSet,
    "roles_changed": RolesChanged,
    "fence": SiteFenced,
    "unfence": FenceLifted,
    "approval": PersonAnswered,
    "settings": PairStored,
    "policy": PolicyStored,
    "node_map": NodesMapped,
    "owner_map": OwnersMapped,
    "roots_owned": RootsOwned,
    "roots_released": RootsReleased,
    "clusters": ClustersBound,
    "hold": SynchronisingHeld,
    "resume": SynchronisingResumed,
    "alarm": AlarmSaid,
    "change_begun": ChangeBegun,
    "change_given_up": ChangeGivenUp,
}
"""Kind -> body of each entry of a pair's ledger."""
KINDS: Mapping[str, type[Any]] = {**SERVICE_KINDS, **PAIR_KINDS}
"""Kind -> body of each entry of either ledger."""
OPTIONAL: frozenset[str] = frozenset({
    "roles_changed", "clusters", "divergence", "hold", "resume", "alarm", "change_begun", "change_given_up",
})  # fmt: skip
"""Kinds that an older version skips."""

_NAMES: Mapping[type[Any], str] = {body: kind for kind, body in KINDS.items()}


def kind_of(body: Body) -> str:
    """Returns the word for what a body says."""
    return body.kind if isinstance(body, Skipped) else _NAMES[type(body)]
