"""What a run would delete of the secondary, and whether it may without a person's word (I8).

One decision for a first run, a full run, an increment and for whoever only looks. Each kind of object has its own
figure, measured against what is live of that kind on the secondary, never against what only snapshots hold.

Objects of a catalog that are dropped and made again under their name are no deletions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hadoop_dr.domain.config.quantities import DeletionLimit
from hadoop_dr.domain.errors import Refused


class DeletionKind(StrEnum):
    """Kinds of objects whose deletions are counted, each by itself. Statistics and constraints are not among them."""

    FILES = "files"
    DATABASES = "databases"
    TABLES = "tables"
    VIEWS = "views"
    PARTITIONS = "partitions"
    FUNCTIONS = "functions"


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one kind: how many would go, of how many that are live on the secondary before the run.

    Attributes:
        kind: One of ``DeletionKind``, or a plural that another kind of data sets counts by.
    """

    kind: str
    deleted: int = 0
    live: int = 0

    def allowed(self, limit: DeletionLimit) -> int:
        """How many may go without asking; only files have a floor."""
        return limit.files(self.live) if self.kind == DeletionKind.FILES else limit.objects(self.live)


@dataclass(frozen=True, slots=True)
class Deletions:
    """All that one run would delete.

    Attributes:
        figures: One for each kind, in the order of the kinds.
        emptied: Roots and databases that lose everything, one clause each; they ask at any limit.
    """

    figures: tuple[Figure, ...] = ()
    emptied: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        """Files that would go."""
        return sum(figure.deleted for figure in self.figures if figure.kind == DeletionKind.FILES)

    def over(self, limit: DeletionLimit) -> tuple[str, ...]:
        """Why a person has to be asked, one clause for each reason; empty when nobody has to be."""
        above = (figure for figure in self.figures if figure.deleted > figure.allowed(limit))
        return (*(_clause(figure, limit) for figure in above), *self.emptied)

    def document(self, limit: DeletionLimit) -> dict[str, dict[str, int]]:
        """Writes the figures as the command line shows them, by kind."""
        return {
            str(figure.kind): {"deleted": figure.deleted, "live": figure.live, "allowed": figure.allowed(limit)}
            for figure in self.figures
        }


def together(parts: Iterable[Deletions]) -> Deletions:
    """Puts the figures of all kinds of data sets together; every kind of ``DeletionKind`` has one, if of zero.

    What two of them count under one name is added up, so that neither hides the other.
    """
    figures, emptied = {str(kind): Figure(str(kind)) for kind in DeletionKind}, list[str]()
    for part in parts:
        for one in part.figures:
            old = figures.get(one.kind, Figure(one.kind))
            figures[one.kind] = Figure(one.kind, old.deleted + one.deleted, old.live + one.live)
        emptied += part.emptied
    return Deletions(tuple(figures.values()), tuple(emptied))


def refuse_unapproved(
    service: str, deletions: Deletions, limit: DeletionLimit, *, approved: bool
) -> tuple[str, ...]:
    """Stops a run that would delete more than it may.

    Returns:
        What was above the limit and is approved.

    Raises:
        Refused: Something is above the limit, and nobody approved it.
    """
    reasons = deletions.over(limit)
    if reasons and not approved:
        raise Refused(
            service,
            f"too many deletions: {'; '.join(reasons)}",
            f"Look at the primary first. If they are intended: hadoop-dr backup {service} --approve-deletions, "
            "or tick 'Approve deletions' in the form of the run in Airflow",
        )
    return reasons


def _clause(figure: Figure, limit: DeletionLimit) -> str:
    what, allowed = f"{figure.deleted} of {figure.live} {figure.kind}", figure.allowed(limit)
    if figure.kind == DeletionKind.FILES:
        floor = f", or the smaller of {limit.at_least} and half of them" if limit.at_least else ""
        return f"{what} would be deleted, the limit is {allowed} ({limit}{floor})"
    return f"{what} would be dropped, the limit is {allowed} ({limit})"


# -- files
