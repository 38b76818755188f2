"""What of a catalog a point can hold, decided object by object: nobody's CREATE TABLE stops a service.

In this order: what an object is, at which address its data lies, whether its directory may be a root, and what lies
outside the roots. A table goes with all that hangs on it; of a table of which only partitions lie outside, those go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.catalog.protect.locations import CatalogPlace, locations
from hadoop_dr.domain.catalog.protect.uncovered import NotCovered, Uncovered, fallen_keys, judge_kinds, without
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row
from hadoop_dr.domain.config.datasets import unfit_location
from hadoop_dr.domain.roots.decision import Barred, RootDecision
from hadoop_dr.domain.roots.layout import nearest


@dataclass(frozen=True, slots=True)
class ProtectRule:
    """What a policy says of what cannot be protected, and what is own_addresses of the site.

    Attributes:
        skip: Classes the policy allows to leave out.
        one_address: Both sites are reached by the same logical address, so that absolute addresses inside files hold.
        addresses: Every way the site's file system is named in locations.
    """

    skip: frozenset[Uncovered]
    one_address: bool
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parted:
    """A catalog parted into what a point holds and what not.

    Attributes:
        rows: What it holds.
        findings: What not, sorted by name.
        decision: The roots of what it holds.
    """

    rows: list[Row]
    findings: list[NotCovered]
    decision: RootDecision

    @property
    def refused(self) -> list[NotCovered]:
        """Returns what a run is refused for: what the policy does not leave out; all, if nothing would be left."""
        if not self.decision.roots:
            return self.findings
        return [finding for finding in self.findings if not finding.skipped]


def part(
    rows: Iterable[Row], rule: ProtectRule, decide: Callable[[Sequence[Row]], RootDecision],
    tell: Callable[[Barred], str],
) -> Parted:  # fmt: skip
    """Parts the rows of an export.

    Args:
        decide: Decides on the roots of rows that lie at the site's own address.
        tell: Says why a directory cannot be a root.
    """
    kept = list(rows)
    found = judge_kinds(kept, rule.skip, one_address=rule.one_address)
    kept = without(kept, found)
    elsewhere = elsewhere_found(kept, rule)
    found, kept = [*found, *elsewhere], without(kept, elsewhere)
    while True:
        decision = decide(kept)
        # A table that goes may take its own root along, so the roots are decided anew.
        gone = list(_rootless(kept, decision, rule, tell))
        if not gone:
            break
        found, kept = [*found, *gone], without(kept, gone)
    partitions = list(_outside(kept, decision, rule))
    kept = without(kept, partitions)
    orphans = fallen_keys(kept)
    found = sorted([*found, *partitions, *orphans], key=lambda finding: finding.key[1:])
    return Parted(without(kept, orphans), found, decision)


def leave_out_gone(parted: Parted, gone: Iterable[CatalogPlace], rule: ProtectRule) -> Parted:
    """Leaves out, too, what is registered at a directory of a root that does not exist.

    The metastore makes the directory of whatever it creates: on the other site there would be one that nobody has here.
    """
    found = list(_findings(gone, lambda place: (Uncovered.GONE, f"its directory {place.path} does not exist"), rule))
    kept = without(parted.rows, found)
    orphans = fallen_keys(kept)
    findings = sorted([*parted.findings, *found, *orphans], key=lambda finding: finding.key[1:])
    return Parted(without(kept, orphans), findings, parted.decision)


def elsewhere_found(rows: Iterable[Row], rule: ProtectRule) -> list[NotCovered]:
    """Finds what lies at an address that is not the site's, or at a path that names no place of its own."""
    own_addresses = {address.lower() for address in rule.addresses} | {""}

    def judge(place: CatalogPlace) -> tuple[Uncovered, str] | None:
        if problem := unfit_location(place.path):
            return Uncovered.OUTSIDE, f"its location {place.path!r} {problem}"
        if place.address.lower() in own_addresses:
            return None
        of_site = ", ".join(rule.addresses)
        return Uncovered.ADDRESS, f"its data lies at {place.address!r}, path {place.path}; this site is {of_site}"

    return list(_findings(locations(rows), judge, rule))


def _rootless(
    rows: Iterable[Row], decision: RootDecision, rule: ProtectRule, tell: Callable[[Barred], str]
) -> Iterator[NotCovered]:
    barred = {one.owner: one for one in reversed(decision.left_out)}
    for row in rows:
        if row.key.kind is Kind.TABLE and (one := barred.get(f"{row.key.database}.{row.key.table}")) is not None:
            yield NotCovered(row.key, Uncovered.ROOT, Uncovered.ROOT in rule.skip, tell(one))


def _outside(rows: Iterable[Row], decision: RootDecision, rule: ProtectRule) -> Iterator[NotCovered]:
    roots = frozenset(decision.roots)

    def judge(place: CatalogPlace) -> tuple[Uncovered, str] | None:
        if place.key.kind is not Kind.PARTITION or nearest(place.path, roots) is not None:
            return None
        return Uncovered.OUTSIDE, f"its data lies at {place.path}, outside the protected directories"

    return _findings(locations(rows), judge, rule)


def _findings(
    places: Iterable[CatalogPlace], judge: Callable[[CatalogPlace], tuple[Uncovered, str] | None], rule: ProtectRule
) -> Iterator[NotCovered]:
    """Findings of places, one for each object: the first that stands against it."""
    named: set[CatalogKey] = set()
    for place in places:
        if place.key not in named and (against := judge(place)) is not None:
            named.add(place.key)
            yield NotCovered(place.key, against[0], against[0] in rule.skip, against[1])
