"""Room on the secondary: looked for before anything is written, made by pruning early, else refused with the figures.

Only points go that no retention rule keeps, those that the run would prune at its end anyway: never a pinned one, never
the newest sealed one, never a baseline (I7).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.context import BackupContext

ROOM = frozenset({"space", "snapshots"})
"""Names of the checks that pruning may help with."""
_WAIT_S = 30.0
_POLL_S = 0.5


def make_free_space(
    context: BackupContext, run: str, look: Callable[[], Sequence[Result]]
) -> tuple[Sequence[Result], list[str]]:
    """Looks, and if nothing but room is missing prunes early and looks again.

    Quotas give way at once, DataNodes take a while to remove the bytes: so it is looked again for half a minute.

    Args:
        run: Who prunes, for the ledger.
        look: Says what is wrong; asked again.

    Returns:
        The last look, and what was done, in a line for people.
    """
    results = look()
    if not _only_room(results):
        return results, []
    sites = {context.destination.name} if _failed(results) == {"space"} else set(context.sides)
    removed = {site: gone for site, gone in Prune(context).run(run)["removed"].items() if gone and site in sites}
    if not removed:
        note = f"no point on {context.destination.name} may be pruned to make room"
        return [_with(result, note) for result in results], []
    note = "; ".join(f"pruned early to make room on {site}: {', '.join(points)}" for site, points in removed.items())
    until_s = context.tools.clock.monotonic_s() + _WAIT_S
    results = look()
    while _only_room(results) and context.tools.clock.monotonic_s() < until_s:
        context.tools.clock.sleep_until(context.tools.clock.monotonic_s() + _POLL_S)
        results = look()
    return [_with(result, note) for result in results], [note]


def _only_room(results: Sequence[Result]) -> bool:
    failed = _failed(results)
    return bool(failed) and failed <= ROOM


def _failed(results: Sequence[Result]) -> set[str]:
    return {result.name for result in results if result.mark is Mark.FAIL}


def _with(result: Result, note: str) -> Result:
    return replace(result, detail=f"{result.detail}; {note}") if result.mark is Mark.FAIL else result
