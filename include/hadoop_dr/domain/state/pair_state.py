"""What the pair's ledger says: roles, epoch, which copy decides, who owns which root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import singledispatch
from typing import Any

from hadoop_dr.domain.codec import codec_of
from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.bodies.pair import (
    AlarmSaid,
    ChangeBegun,
    ChangeGivenUp,
    ClustersBound,
    FenceLifted,
    RolesChanged,
    RolesSet,
    RootsOwned,
    RootsReleased,
    SiteFenced,
    SynchronisingHeld,
    SynchronisingResumed,
)


@dataclass(frozen=True, slots=True)
class PairState:
    """Roles as the ledger records them; ZooKeeper only announces them.

    Attributes:
        epoch: Epoch of the newest role entry; 0 when there is none yet.
        primary: Site that is primary, or empty.
        deciding: Site whose copy of every ledger decides, or empty.
        n: Number of the newest entry of any kind.
        owners: Service that owns a root, by root.
        fences: The fence that stands on a site, with the quotas it replaced, by site.
        done_epoch: Newest epoch whose change of roles came to its end; the first roles need nothing more.
        closed: Services that stayed closed in the newest change of roles, sorted.
        clusters: Id of the HDFS cluster that a site is, by site; empty until it was recorded.
        change: What the newest role entry is a step of.
        old_role: What the primary of before is by that entry.
        holds: What stops new moments, by slot; `held` says which of them still do.
        alarms: What stands, and what is over and not everybody was told yet, by name.
        fence: How well writes on the primary of before were known to be stopped then.
        holder: Run that has a planned change in hand, or empty.
    """

    epoch: int = 0
    primary: str = ""
    deciding: str = ""
    n: int = 0
    owners: Mapping[str, str] = field(default_factory=dict)
    fences: Mapping[str, SiteFenced] = field(default_factory=dict)
    done_epoch: int = 1
    closed: tuple[str, ...] = ()
    clusters: Mapping[str, str] = field(default_factory=dict)
    change: str = "failover"
    old_role: str = "invalid"
    holds: Mapping[str, SynchronisingHeld] = field(default_factory=dict)
    alarms: Mapping[str, AlarmSaid] = field(default_factory=dict)
    fence: str = "forced"
    holder: str = ""

    @property
    def changing(self) -> bool:
        """Whether the newest change of roles has not come to its end."""
        return self.epoch > self.done_epoch

    @property
    def is_unfinished(self) -> bool:
        """Whether something is left to do of the newest change of roles."""
        return self.changing or bool(self.closed)

    def other(self, site: str, sites: Iterable[str]) -> str:
        """The site of the pair that is not ``site``."""
        return next(name for name in sites if name != site)

    def held(self, now_ms: int) -> list[SynchronisingHeld]:
        """What stops new moments at a time of the wall clock; a hold whose time has come stops none."""
        return [hold for _, hold in sorted(self.holds.items()) if hold.until_ms is None or now_ms < hold.until_ms]

    def owned_by(self, service: str) -> list[str]:
        """Roots that a service owns, sorted."""
        return sorted(root for root, owner in self.owners.items() if owner == service)


def reduce_pair(entries: Iterable[LedgerEntry], state: PairState | None = None) -> PairState:
    """Folds the pair's entries, in order, into a state.

    A role entry below the epoch known so far is ignored (I5), and so is what an entry says of another service's root.
    """
    state = state or PairState()
    owners = dict(state.owners)
    for entry in entries:
        state = replace(_fold(entry.body, entry, state, owners), n=entry.n)
    return replace(state, owners=owners)


@singledispatch
def _fold(body: object, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    """What is kept for people and for another controller changes nothing here."""
    return state


@_fold.register
def _roles(body: RolesSet, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    if entry.epoch <= state.epoch:
        return state
    return replace(
        state, epoch=entry.epoch, primary=body.primary, deciding=body.deciding, closed=(), change=body.change,
        old_role=body.old_role, fence=body.fence,
    )  # fmt: skip


@_fold.register
def _changed(body: RolesChanged, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    if entry.epoch < state.epoch:
        return replace(state, done_epoch=max(state.done_epoch, entry.epoch))
    return replace(state, done_epoch=entry.epoch, closed=tuple(sorted(body.closed)), holder="")


@_fold.register
def _begun(body: ChangeBegun, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    return replace(state, holder=entry.run)


@_fold.register
def _given_up(body: ChangeGivenUp, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    return replace(state, holder="")


@_fold.register
def _bound(body: ClustersBound, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    return replace(state, clusters={**state.clusters, **body.clusters})


@_fold.register
def _owned(body: RootsOwned, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    for root in body.roots:
        owners.setdefault(root, body.service)
    return state


@_fold.register
def _released(body: RootsReleased, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    for root in body.roots:
        if owners.get(root) == body.service:
            del owners[root]
    return state


@_fold.register
def _fenced(body: SiteFenced, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    """A fence that is set again still knows the quotas of before the first one: those of now are its own."""
    earlier = state.fences.get(body.site)
    quotas = {**body.quotas, **(earlier.quotas if earlier else {})}
    return replace(state, fences={**state.fences, body.site: replace(body, quotas=quotas)})


@_fold.register
def _unfenced(body: FenceLifted, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    return replace(state, fences={site: fence for site, fence in state.fences.items() if site != body.site})


@_fold.register
def _held(body: SynchronisingHeld, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    return replace(state, holds={**state.holds, body.slot: body})


@_fold.register
def _resumed(body: SynchronisingResumed, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    return replace(state, holds={slot: hold for slot, hold in state.holds.items() if slot not in body.slots})


@_fold.register
def _alarm(body: AlarmSaid, entry: LedgerEntry, state: PairState, owners: dict[str, str]) -> PairState:
    others = {key: alarm for key, alarm in state.alarms.items() if key != body.key}
    return replace(state, alarms=others if body.told and not body.stands else {**others, body.key: body})


@dataclass(frozen=True, slots=True)
class _Kept:
    """The state as a checkpoint has it: roots by service, so that a name is written once."""

    epoch: int
    primary: str
    deciding: str
    n: int
    owners: Mapping[str, tuple[str, ...]]
    fences: Mapping[str, SiteFenced]
    done_epoch: int = 1
    closed: tuple[str, ...] = ()
    clusters: Mapping[str, str] = field(default_factory=dict)
    change: str = "failover"
    old_role: str = "invalid"
    holds: Mapping[str, SynchronisingHeld] = field(default_factory=dict)
    alarms: Mapping[str, AlarmSaid] = field(default_factory=dict)
    fence: str = "forced"
    holder: str = ""


_KEPT = codec_of(_Kept)
_AS_THEY_ARE = [one.name for one in fields(_Kept) if one.name != "owners"]


def dump_pair_state(state: PairState) -> dict[str, Any]:
    """Returns the state as plain JSON, for a checkpoint."""
    services = sorted(set(state.owners.values()))
    owners = {service: tuple(state.owned_by(service)) for service in services}
    kept: dict[str, Any] = _KEPT.dump(_Kept(owners=owners, **{name: getattr(state, name) for name in _AS_THEY_ARE}))
    return kept


def load_pair_state(kept: Mapping[str, Any]) -> PairState:
    """Returns what ``dump_pair_state`` wrote.

    Raises:
        WrongShape: It is no such state.
    """
    read = _KEPT.load(kept)
    owners = {root: service for service, roots in read.owners.items() for root in roots}
    return PairState(owners=owners, **{name: getattr(read, name) for name in _AS_THEY_ARE})
