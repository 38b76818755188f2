"""What of the origin's catalog a point of this service would hold, and what not (S2.11)."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.domain.catalog.protect.locations import catalog_layout
from hadoop_dr.domain.catalog.protect.protectable import Parted, ProtectRule, part
from hadoop_dr.domain.catalog.protect.uncovered import Uncovered
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.config.policy import Acid, Policy, Unprotectable
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.points.incomplete import refusal_mend, refusal_text
from hadoop_dr.domain.roots.decision import Barred, RootDecision
from hadoop_dr.domain.roots.layout import Layout, Why
from hadoop_dr.domain.roots.root_results import rootless
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import Decide


class TellApart:
    """Parts a catalog by the policy's rule.

    Args:
        context: The service.
        selection: What its policy protects of the catalog.
        addresses: How the primary's file system is named in locations.
        decide: Decides on the roots.

    Attributes:
        layout: Where what was parted last lies, as the roots were decided on it.
    """

    def __init__(
        self, context: BackupContext, selection: Selection, addresses: Sequence[str], decide: Decide
    ) -> None:
        self._context, self._selection, self._addresses, self._decide = context, selection, tuple(addresses), decide
        one_address = context.origin.authority == context.destination.authority
        self.rule = ProtectRule(_skipped(context.policy), one_address, self._addresses)
        self.layout = Layout()

    def part(self, rows: Sequence[Row], every: Sequence[Row]) -> Parted:
        """Parts the selected objects.

        Args:
            rows: What the policy selects.
            every: All databases of the metastore.
        """

        def decide(kept: Sequence[Row]) -> RootDecision:
            self.layout = catalog_layout(kept, every, self._selection, self._addresses)
            return self._decide(self.layout)

        return part(rows, self.rule, decide, self._tell)

    def _tell(self, one: Barred) -> str:
        clash = next(iter(self._context.owners.clashes([one.path])), None) if one.why is Why.SERVICE else None
        return rootless(one) if clash is None else str(clash)


def refuse_unprotectable(parted: Parted) -> None:
    """Ends a run for what the policy does not let be left out.

    Raises:
        Refused: There is such an object.
    """
    if parted.refused:
        raise Refused("catalog", refusal_text(parted.refused), refusal_mend(parted.refused))


def _skipped(policy: Policy) -> frozenset[Uncovered]:
    left_out = set(Uncovered) if policy.unprotectable is Unprotectable.LEAVE_OUT else {Uncovered.PARENT}
    left_out.discard(Uncovered.ACID)
    return frozenset(left_out | {Uncovered.ACID} if policy.acid is Acid.SKIP else left_out)
