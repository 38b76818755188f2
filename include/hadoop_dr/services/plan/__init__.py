"""What a run has to change, read from two snapshots of a root (DESIGN.md sections 4.3 and 5)."""

from hadoop_dr.services.plan.gather import Gather
from hadoop_dr.services.plan.join import refuse_links
from hadoop_dr.services.plan.reading import LIVE, Limits

__all__ = ["LIVE", "Gather", "Limits", "refuse_links"]
