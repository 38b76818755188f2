"""Which recovery points may go: pure, and cautious wherever two rules meet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.config.quantities import duration_ms, duration_text

_GAPS = 20


@dataclass(frozen=True, slots=True)
class Grid:
    """For points not older than ``span_ms``: the newest of every slot of ``step_ms`` stays."""

    span_ms: int
    step_ms: int

    def slot(self, moment_ms: int) -> int:
        """Number of the slot that a moment falls into; slots are aligned to the epoch, so they never move."""
        return moment_ms // self.step_ms

    def __str__(self) -> str:
        return f"{duration_text(self.span_ms)}:{duration_text(self.step_ms)}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A retention rule: the newest points and the points of grids stay, a point that no part keeps may go.

    Attributes:
        newest: How many of the newest points stay.
        grids: Grids, as written.
    """

    newest: int = 1
    grids: tuple[Grid, ...] = ()

    def __str__(self) -> str:
        parts = [str(grid) for grid in self.grids]
        return ", ".join(parts if self.newest == 1 and parts else [str(self.newest), *parts])


def rule(text: str) -> Rule:
    """Reads a rule: ``2`` (the newest two), ``24h:1h, 7d:1d`` (grids), or both: ``5, 24h:1h``.

    Raises:
        Wrong: It is none.
    """
    newest: int | None = None
    grids: list[Grid] = []
    for part in (part.strip() for part in text.split(",")):
        if re.fullmatch(r"[1-9][0-9]{0,4}", part):
            if newest is not None:
                raise Wrong(f"'{text}' says twice how many of the newest points stay", "Leave one number")
            newest = int(part)
        else:
            grids.append(_grid(part, text))
    return Rule(newest or 1, tuple(grids))


def _grid(part: str, text: str) -> Grid:
    span, colon, step = part.partition(":")
    if not colon:
        raise Wrong(
            f"'{text}' is not a retention rule: cannot read '{part}'",
            'Write how many of the newest stay, "2", or span:step pairs, "24h:1h, 7d:1d"',
        )
    grid = Grid(duration_ms(span.strip()), duration_ms(step.strip()))
    if grid.step_ms > grid.span_ms:
        raise Wrong(
            f"'{part}' has slots longer than its span",
            f"Write {duration_text(grid.step_ms)}:{span.strip()}, or a longer span",
        )
    return grid


@dataclass(frozen=True, slots=True)
class KeptByRule:
    """A sealed point on one site, as retention sees it.

    Attributes:
        point: Its id.
        moment_ms: Its moment.
        rule: The rule of this site in the policy it was sealed under; a later policy never shortens its life.
        damaged: It stays by its own rule as long as it takes no place from one that is not.
    """

    point: str
    moment_ms: int
    rule: Rule
    damaged: bool = False


def to_prune(
    points: Iterable[KeptByRule],
    now_ms: int,
    *,
    pinned: Collection[str] = (),
    baseline: Collection[str] = (),
    thin_middle: bool = True,
) -> list[str]:
    """Chooses the points that may go, oldest first: the order in which they have to be removed.

    Pinned points, baselines, the newest sealed point and the newest that is not damaged never go. A point goes only
    when its own rule does not keep it. Ranks among the newest count every sound point, so that an old generous number
    ends; slots of a grid count only points whose own rule has that grid, so that a point which a stricter rule removes
    cannot take a slot from another.

    Args:
        points: Every sealed point of the service on this site.
        now_ms: Time, for the spans of grids.
        pinned: Points that a person or a drill holds.
        baseline: Points that later increments build on.
        thin_middle: Whether a point may go while an older one stays; False where the NameNode's settings do not make it
            safe, so that only the oldest row of points goes.
    """
    ordered = sorted(points, key=lambda kept: (kept.moment_ms, kept.point))
    sound = [kept for kept in ordered if not kept.damaged]
    held = {*pinned, *baseline, *(kept.point for kept in (*ordered[-1:], *sound[-1:]))}
    held |= _newest(ordered) | _in_slots(ordered, now_ms)
    chosen: list[str] = []
    for kept in ordered:
        if kept.point not in held:
            chosen.append(kept.point)
        elif not thin_middle:
            break
    return chosen


def _newest(ordered: Sequence[KeptByRule]) -> set[str]:
    held: set[str] = set()
    before = 0
    for kept in reversed(ordered):
        if before < kept.rule.newest:
            held.add(kept.point)
        before += not kept.damaged
    return held


def _in_slots(ordered: Sequence[KeptByRule], now_ms: int) -> set[str]:
    newest_of_slot: dict[tuple[Grid, int], str] = {}
    for kept in sorted(ordered, key=lambda kept: not kept.damaged):
        for grid in kept.rule.grids:
            if now_ms - kept.moment_ms <= grid.span_ms:
                newest_of_slot[grid, grid.slot(kept.moment_ms)] = kept.point
    return set(newest_of_slot.values())


def most_points(kept: Rule, period_ms: int | None) -> int:
    """How many points a rule keeps at most, once it has run as long as its widest grid.

    Args:
        period_ms: How far apart the points are; None where nobody knows.
    """
    return kept.newest + sum(-(-grid.span_ms // max(grid.step_ms, period_ms or 0)) for grid in kept.grids)


def most_snapshots(kept: Rule, period_ms: int | None, held_ms: int = 0) -> int:
    """How many snapshots of one root HDFS has at most under a rule, with those of points that are pruned already.

    Only the oldest snapshot of a root ever goes. Without ordered deletion no point is pruned while an older one stays;
    with it such a point is pruned, and HDFS keeps its snapshot until all older ones are gone.

    Args:
        period_ms: How far apart the points are; None where nobody knows: then at least the points themselves.
        held_ms: How long a point is held besides, whatever the rule says.
    """
    if not period_ms:
        return most_points(kept, None)
    spans = (held_ms, *(grid.span_ms for grid in kept.grids))
    return max(kept.newest, *(span_ms // period_ms + 1 for span_ms in spans))


def usual_period_ms(moments_ms: Iterable[int]) -> int | None:
    """How far apart points usually are: the median of the newest gaps; None while there is none.

    Args:
        moments_ms: Moments of points, also of those that are pruned, in any order.
    """
    newest = sorted(moments_ms)[-_GAPS - 1 :]
    gaps = sorted(later - earlier for earlier, later in pairwise(newest))
    return gaps[len(gaps) // 2] if gaps else None
