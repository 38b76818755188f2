"""Which site clients use: one pure decision on what both ZooKeepers say (S2.19 to S2.22).

The decision has two steps. *Normalising* turns what was read into statuses: an identity below the highest known epoch
is invalid; a ZooKeeper that could not be read, or holds no identity, is unknown, which is not invalid, unless the
newest role entry of the ledger says what the site is. *The rule* then moves access only if the site in use is secondary
or invalid and the other one is primary. An access without a site that names an epoch is closed: nobody gets it until a
site is primary in a higher one. Whatever is not covered by the rule leaves access where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hadoop_dr.domain.roles.identity import Access, Identity
from hadoop_dr.domain.state.pair_state import PairState

NO_RULING = PairState()
"""No role entry could be read."""


class SiteRole(StrEnum):
    """A site's role once epochs and unanswered questions are taken into account."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class AccessChange(StrEnum):
    """What happens to access."""

    START = "start"
    SWITCH = "switch"
    KEEP = "keep"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was read from the ZooKeeper of one site.

    Attributes:
        site: The site.
        identity: What it announces; None when there is none or it could not be read.
        access: Its copy of the published access; None as above.
        trouble: Why it could not be read, in words; empty when it was.
    """

    site: str
    identity: Identity | None = None
    access: Access | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """Where access is to be, and why.

    Attributes:
        outcome: What happens.
        site: The site clients use from now on; None while no site may be used.
        epoch: The epoch to publish with it.
        statuses: The normalised status of each site, in the order given.
        reason: Why, in words.
    """

    outcome: AccessChange
    site: str | None
    epoch: int
    statuses: tuple[tuple[str, SiteRole], tuple[str, SiteRole]]
    reason: str

    @property
    def alarm(self) -> str:
        """Returns what a person must look at; empty when all is well."""
        return self.reason if self.outcome is AccessChange.ALARM else ""


def highest_epoch(first: Observation, second: Observation, ruling: PairState = NO_RULING) -> int:
    """Returns the highest epoch that anything read speaks of; 0 when nothing was read."""
    documents = (first.identity, first.access, second.identity, second.access)
    return max(ruling.epoch, *(document.epoch if document else 0 for document in documents))


def normalise(observed: Observation, highest: int, ruling: PairState = NO_RULING) -> SiteRole:
    """Turns what one ZooKeeper said into a status.

    Args:
        observed: What was read.
        highest: The highest known epoch.
        ruling: The newest role entry; it speaks for a site that does not, if no epoch is higher.
    """
    if observed.identity is not None:
        below = observed.identity.epoch < highest or observed.identity.site != observed.site
        return SiteRole.INVALID if below else SiteRole(observed.identity.role.value)
    if ruling.epoch == highest and ruling.primary and ruling.primary != observed.site:
        return SiteRole.INVALID
    return SiteRole.UNKNOWN


def current_access(first: Observation, second: Observation, ruling: PairState = NO_RULING) -> Access | None:
    """Returns the access in force: the copy with the highest epoch, else the copy beside the only primary.

    Returns:
        None when no copy was read, or two copies of one epoch name different sites and no single primary decides it.
    """
    copies = [(observed, observed.access) for observed in (first, second) if observed.access is not None]
    newest = [(observed, access) for observed, access in copies if access.epoch == max(a.epoch for _, a in copies)]
    if not newest:
        return None
    if len({access.site for _, access in newest}) == 1:
        return newest[0][1]
    highest = highest_epoch(first, second, ruling)
    beside = [access for observed, access in newest if normalise(observed, highest, ruling) is SiteRole.PRIMARY]
    return beside[0] if len(beside) == 1 else None


def newer(access: Access | None, known: Access | None) -> Access | None:
    """Gives the access that counts for somebody who has seen one before: what was read, unless it is older.

    Args:
        access: What was read, see `current_access`.
        known: What was seen before.
    """
    if access is None or (known is not None and known.epoch > access.epoch):
        return known
    return access


def arbitrate(
    first: Observation, second: Observation, access: Access | None, ruling: PairState = NO_RULING
) -> AccessDecision:
    """Decides where access is to be.

    Args:
        first: What the ZooKeeper of one site says.
        second: What the ZooKeeper of the other site says.
        access: The access in force, see `current_access`.
        ruling: The newest role entry of the ledger, where it could be read.
    """
    highest = max(highest_epoch(first, second, ruling), access.epoch if access else 0)
    status = {observed.site: normalise(observed, highest, ruling) for observed in (first, second)}
    statuses = ((first.site, status[first.site]), (second.site, status[second.site]))
    in_use = access.site if access else None
    kept_epoch = access.epoch if access else 0
    if all(held is SiteRole.PRIMARY for held in status.values()):
        reason = f"{first.site} and {second.site} are both primary at epoch {highest}, so access stays"
        return AccessDecision(AccessChange.ALARM, in_use, kept_epoch, statuses, f"{reason} with {in_use or 'nobody'}")
    if in_use is None or in_use not in status:
        silent = [one.site for one in (first, second) if one.identity is None]
        unknown = [site for site in silent if status[site] is SiteRole.UNKNOWN or site == ruling.deciding]
        if access is not None and in_use is None and kept_epoch and kept_epoch >= highest:
            reason = f"access was closed in epoch {kept_epoch}, until a site is primary in a higher one"
            return AccessDecision(AccessChange.KEEP, None, kept_epoch, statuses, reason)
        return _without_access(statuses, unknown, kept_epoch, highest)
    other = second.site if in_use == first.site else first.site
    if status[in_use] in (SiteRole.SECONDARY, SiteRole.INVALID) and status[other] is SiteRole.PRIMARY:
        reason = f"{in_use} is {status[in_use]} and {other} is primary at epoch {highest}"
        return AccessDecision(AccessChange.SWITCH, other, highest, statuses, reason)
    if status[in_use] is SiteRole.PRIMARY:
        return AccessDecision(AccessChange.KEEP, in_use, highest, statuses, f"{in_use} is primary at epoch {highest}")
    trouble = "; ".join(f"{observed.site}: {observed.trouble}" for observed in (first, second) if observed.trouble)
    reason = f"{in_use} is {status[in_use]} and {other} is {status[other]}, so access stays with {in_use}"
    reason = f"{reason} ({trouble})" if trouble else reason
    return AccessDecision(AccessChange.KEEP, in_use, kept_epoch, statuses, reason)


def _without_access(
    statuses: tuple[tuple[str, SiteRole], tuple[str, SiteRole]], unknown: list[str], kept_epoch: int, highest: int
) -> AccessDecision:
    """Nobody has access: the primary of the highest epoch gets it, once no unanswered site could know a higher one.

    Args:
        unknown: Sites that could: where the ledger's copy decides, a newer role entry may lie that nobody else has.
    """
    primaries = [site for site, held in statuses if held is SiteRole.PRIMARY]
    if primaries and not unknown:
        reason = f"nobody had access, and {primaries[0]} is primary at epoch {highest}"
        return AccessDecision(AccessChange.START, primaries[0], highest, statuses, reason)
    lacking = f"{' and '.join(unknown)} unknown" if unknown else "no site primary"
    reason = f"nobody has access, and with {lacking} nobody gets it"
    return AccessDecision(AccessChange.KEEP, None, kept_epoch, statuses, reason)


def to_publish(decision: AccessDecision, copy: Access | None) -> tuple[str | None, int, str] | None:
    """Returns what one site's copy of the access has to say.

    Args:
        decision: What was decided.
        copy: What that copy says now; None when there is none.

    Returns:
        Site, epoch and alarm to write; None when the copy says that already, or must not be touched.
    """
    held = (copy.site, copy.epoch, copy.alarm) if copy else (None, 0, "")
    if decision.outcome is AccessChange.ALARM:
        wanted: tuple[str | None, int, str] = (*held[:2], decision.alarm)
    elif decision.site is None or held[1] > decision.epoch:
        return None
    else:
        # An alarm is lifted only by a decision that knew both sites.
        all_known = all(status is not SiteRole.UNKNOWN for _, status in decision.statuses)
        wanted = (decision.site, decision.epoch, "" if all_known else held[2])
    return None if wanted == held else wanted
