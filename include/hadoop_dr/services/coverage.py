"""What of a service its points would hold and what not, named before anything starts."""

from __future__ import annotations

from hadoop_dr.domain.check_results import Result, warn
from hadoop_dr.domain.paths import WORK_AREA
from hadoop_dr.domain.preflight.coverage import cover_files
from hadoop_dr.domain.roots.root_results import root_results, unless_missing
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.inventory import facts_of, is_directory, walk
from hadoop_dr.services.pool import map_bounded


class Coverage:
    """Looks through the data of a service.

    Args:
        context: The service.
    """

    def __init__(self, context: BackupContext) -> None:
        self._context = context

    def run(self) -> list[Result]:
        """Returns a result for everything a point would hold, or would not."""
        context = self._context
        components = components_of(context)
        decision, changed = components.decisions()
        roots = decision.roots
        results = [*components.coverage(), *context.owners.look(roots, again=False)]
        results += unless_missing(root_results(decision, changed), results)
        for found in map_bounded(self._root, roots):
            results += found
        return results

    def _root(self, root: str) -> list[Result]:
        if not is_directory(self._context.origin.namenode, root):
            return []
        items = ((path, item.facts) for path, item in walk(self._context.origin.namenode, root))
        return [*cover_files(root, items), *self._reserved(root)]

    def _reserved(self, root: str) -> list[Result]:
        """Something of the user's that bears the name of our work areas, which no point holds."""
        path = f"{root}/{WORK_AREA}"
        if facts_of(self._context.origin.namenode, path) is None:
            return []
        site = self._context.origin.name
        return [warn("reserved", f"{site}:{path} is in no point: that name is kept for work areas", "Rename it")]
