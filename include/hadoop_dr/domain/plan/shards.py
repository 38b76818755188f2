"""Shards of a plan: what one process stages.

Each root's units are cut into shares, and a shard holds shares of as many roots as make it worth a process.
A root without a change has no share, and a point without a share has no shard.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from hadoop_dr.domain.plan.staging_units import Unit
from hadoop_dr.domain.plan.work_order import Share

FILE_COST_BYTES = 256 << 10
"""What a file costs however small it is: closing one waits for its DataNode, so small files are bound by latency."""
DIRECTORY_COST_BYTES = 32 << 10
"""What making a directory and setting its attributes costs."""


def cost_bytes(unit: Unit) -> int:
    """Weighs a unit: its bytes, and what its names cost in requests."""
    return unit.bytes + unit.files * FILE_COST_BYTES + (len(unit.members) - unit.files) * DIRECTORY_COST_BYTES


def balance(units: Sequence[Unit], *, wanted: int, directory_limit: int) -> tuple[Share, ...]:
    """Shares units out so that the shares cost about the same; equal input gives equal shares.

    The dearest units are dealt first, each to the share that has the least. Within a share the plan's order stays.

    Args:
        units: Units of one root.
        wanted: How many shares are wanted; fewer come when there are fewer units, more when the limit asks for it.
        directory_limit: Units that may lie side by side in one staging directory.

    Returns:
        No share for no units.
    """
    if not units:
        return ()
    least = -(-len(units) // directory_limit)
    count = max(least, min(wanted, len(units)))
    dealt: list[list[int]] = [[] for _ in range(count)]
    open_shares = [(0, number) for number in range(count)]
    for at in sorted(range(len(units)), key=lambda at: (-cost_bytes(units[at]), at)):
        cost, number = heapq.heappop(open_shares)
        dealt[number].append(at)
        if len(dealt[number]) < directory_limit:
            heapq.heappush(open_shares, (cost + cost_bytes(units[at]), number))
    return tuple(Share(number, tuple(units[at].inode for at in sorted(mine))) for number, mine in enumerate(dealt))


def shares_of_roots(costs: Sequence[int], *, most: int, useful: int) -> tuple[int, ...]:
    """Says into how many shares each root is cut.

    Args:
        costs: What staging each root costs.
        most: Shards there may be.
        useful: What a shard has to cost to be worth a process of its own.
    """
    size = max(useful, -(-sum(costs) // most))
    return tuple(-(-cost // size) for cost in costs)


def packed(costs: Sequence[int], *, most: int, useful: int) -> tuple[tuple[int, ...], ...]:
    """Packs shares of any roots into shards that cost about the same; equal input gives equal shards.

    Args:
        costs: What each share costs.
        most, useful: As above.

    Returns:
        Positions of each shard's shares; no shard for no shares.
    """
    count = min(most, len(costs), max(1, -(-sum(costs) // useful)))
    shards: list[list[int]] = [[] for _ in range(count)]
    open_shards = [(0, number) for number in range(count)]
    for at in sorted(range(len(costs)), key=lambda at: (-costs[at], at)):
        cost, number = heapq.heappop(open_shards)
        shards[number].append(at)
        heapq.heappush(open_shards, (cost + costs[at], number))
    return tuple(tuple(sorted(shard)) for shard in shards)
