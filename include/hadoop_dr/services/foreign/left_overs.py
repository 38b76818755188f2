"""Clears away what processes that died in the middle of a small write left beside the ledgers.

A document is written under a name of its own and then renamed, and a clock is read from directories that are made and
removed again; both take seconds. What bears such a name and is an hour old by its NameNode's own clock belongs to
nobody who lives. Documents of a point are not looked through: they go with the point.
"""

from __future__ import annotations

from itertools import chain

from hadoop_dr.domain.errors import DrError, NotFound
from hadoop_dr.domain.ledger import entry_path, pair_chain, service_chain
from hadoop_dr.ports.files import ASIDE
from hadoop_dr.ports.namenode import CLOCK_PROBE
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.pool import BoundedPool

_OLD_MS = 3_600_000
_EXACT_MS = 1_000.0


def sweep_left_overs(context: BackupContext, side: SiteConnections) -> list[str]:
    """Removes them on one site.

    Returns:
        What could not be removed, one sentence; the next run tries again.
    """
    try:
        with BoundedPool(4, name="sweep") as pool:
            found = pool.map(lambda directory: _old(context, side, directory), _directories(context))
            for path in chain.from_iterable(found):
                side.namenode.delete(path, recursive=True)
    except DrError as error:
        return [f"left-over files of ours on {side.name} were not removed: {error}"]
    return []


def _directories(context: BackupContext) -> set[str]:
    """Where small writes happen run after run, whatever the number of points: few, and the newest of each kind."""
    pair, service = context.pair.name, context.policy.service
    heads = ((pair_chain(pair), context.roles.n), (service_chain(pair, service), context.ledger.chain.head_n))
    ledgers = {entry_path(path, n).rpartition("/")[0] for path, head in heads for n in (head, max(0, head - 1000))}
    return {pair_chain(pair).rpartition("/")[0], f"{service_chain(pair, service)}/checkpoints", *ledgers}


def _old(context: BackupContext, side: SiteConnections, directory: str) -> list[str]:
    try:
        named = [entry for entry in side.namenode.list(directory) if entry.name.startswith((ASIDE, CLOCK_PROBE))]
    except NotFound:
        return []
    if not named:
        return []
    # The NameNode wrote these times, so its own clock counts, whatever ours says.
    now_ms = context.tools.clock.wall_ms() + side.namenode.clock_offset_ms(directory, _EXACT_MS)
    return [f"{directory}/{entry.name}" for entry in named if now_ms - entry.facts.mtime_ms > _OLD_MS]
