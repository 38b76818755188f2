"""What a backup would do now, from what both sites have now; nothing is changed anywhere (S2.14).

A root with a baseline is read by the difference from the baseline's snapshot to the live tree, which needs no snapshot
of now. A root without one, and every root of a full run, is listed on both sites and compared by names and lengths; a
run compares the bytes. Deletions are judged by the decision that a run makes (I8).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.config.policy import Drift, Mode
from hadoop_dr.domain.errors import BaselineLost, NotFound, NotReady
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.points.damage import distrusted
from hadoop_dr.domain.roots.existing_copy import (
    copy_in_plan,
    copy_results,
    divergence_results,
    is_new,
    may_have_diverged,
)
from hadoop_dr.domain.tree.file_attributes import DirEntry, FileKind
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.plan import totals
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.points.baseline import find_baseline, held_before
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.stored.stored_plan import RootPlan, plan_items
from hadoop_dr.services.transfer.changes.adopt import could_be_equal, left_over, same_kind
from hadoop_dr.services.transfer.changes.item_builder import refuse_links
from hadoop_dr.services.transfer.changes.read_changes import ReadChanges
from hadoop_dr.services.transfer.changes.snapshot_tree import LIVE

_TRIES = 3
T = TypeVar("T")


class Preview:
    """Says what a run would do now.

    Args:
        context: The service.
    """

    def __init__(self, context: BackupContext) -> None:
        self._context = context

    def run(self) -> dict[str, Any]:
        """Returns the document of ``plan --json``.

        Raises:
            NotReady: A directory changes faster than it can be read.
        """
        context = self._context
        full, components = context.policy.mode is Mode.FULL, components_of(context)
        baseline = Baseline(None) if full else find_baseline(context, context.ledger.read(), components.roots())
        context.owners.refuse(context.owners.clashes(components.roots()))
        roots = list(map_bounded(lambda one: self._root(*one, baseline), enumerate(components.roots())))
        total, planned = totals(roots), components.preview(roots)
        found = self._found(roots)
        limit, deletions = context.policy.limits.deletions, planned.deletions
        return {
            "service": context.policy.service,
            "baseline": baseline.point.point if baseline.point else None,
            "entries": total.entries,
            "files": total.files,
            "steps": total.steps,
            "bytes": total.bytes,
            **planned.figures,
            "deletions": deletions.files,
            "deletions_by_kind": deletions.document(limit),
            "needs_approval": list(deletions.over(limit)),
            "refused": [one.detail for one in found if one.mark is Mark.FAIL],
            "notes": [*_notes(roots), *(one.detail for one in found if one.mark is not Mark.FAIL)],
        }

    def _found(self, roots: Sequence[RootPlan]) -> list[Result]:
        """What a run would find foreign on the secondary; in roots that are new as far as names and lengths tell."""
        context, state, checks = self._context, self._context.ledger.read(), RunChecks(self._context)
        site, refuse = context.destination.name, context.policy.drift is Drift.REFUSE
        diverged = refuse and may_have_diverged(state, context.roles.epoch)
        told = checks.newest_point(state).with_base if diverged else ()
        whole = [root for root in roots if root.older is None]
        new = [root for root in whole if is_new(state, site, root.root) or (diverged and root.root not in told)]
        copies = [copy_in_plan(root.root, root.items, root.below) for root in new]
        since = [one for one in (*checks.roots_in_the_way(), *checks.since_newest()) if one.mark is not Mark.OK]
        return [*(divergence_results(site, copies) if diverged else copy_results(site, copies, refuse=refuse)), *since]

    def _root(self, index: int, root: str, baseline: Baseline) -> RootPlan:
        older, origin = baseline.origin_snapshot(root), self._context.origin.namenode
        self._require(root)
        if older is None:
            return _settled(root, lambda: self._beside(index, root))
        base = baseline.destination_snapshot(root)
        reader = ReadChanges(origin, data=True)
        items: Sequence[Item] = _settled(root, lambda: reader.items(root, older, LIVE, audit=False))
        live = held_before(self._context.destination.namenode, root, baseline).files
        return RootPlan(index, root, older, LIVE, base, items, plan_items(items), live=live)

    def _require(self, root: str) -> None:
        origin = self._context.origin
        try:
            origin.namenode.status(root)
        except NotFound as error:
            raise NotFound(
                f"{origin.name}:{root}", "does not exist", "Create it, or remove it from the policy"
            ) from error

    def _beside(self, index: int, root: str) -> RootPlan:
        """Compares the live trees of both sites by names and lengths."""
        context = self._context
        top, found = context.origin.namenode.status(root), dict(walk(context.origin.namenode, root))
        refuse_links(f"{root}/{path}" for path, listed in found.items() if listed.facts.kind is FileKind.SYMLINK)
        try:
            there = {"": context.destination.namenode.status(root), **dict(walk(context.destination.namenode, root))}
        except NotFound:
            there = {}
        bad = distrusted(context.ledger.read(), context.destination.name, root)
        items = [_item(path, listed, there, bad) for path, listed in {"": top, **found}.items()]
        kept = {item.new for item in items if item.old is not None}
        tops, below = left_over({path: listed for path, listed in there.items() if path}, kept)
        items += tops
        live = sum(not listed.facts.is_dir for listed in there.values())
        plan = RootPlan(index, root, None, LIVE, None, items, plan_items(items), live=live, below=below)
        return replace(plan, ours=root in context.ledger.read().sealed_roots())


def _item(path: str, listed: DirEntry, there: Mapping[str, DirEntry], distrusted: Container[str]) -> Item:
    """What becomes of one item of the origin; a file of equal length is taken for equal."""
    new = Item(listed.inode, None, path, None, listed.facts, content=Content.WHOLE)
    was = there.get(path)
    if was is None or not same_kind(new, was):
        return new if path else replace(new, old="", content=Content.SAME)
    equal = listed.facts.is_dir or (could_be_equal(listed.facts, was.facts) and path not in distrusted)
    return replace(new, old=path, was=was.facts, content=Content.SAME if equal else Content.WHOLE)


def _settled(root: str, read: Callable[[], T]) -> T:
    """Reads a live tree again that changed while it was read.

    Raises:
        NotReady: It did so every time.
    """
    for _ in range(_TRIES):
        try:
            return read()
        except (BaselineLost, NotFound) as error:
            last = error
    raise NotReady(
        root, f"changes while it is read, {_TRIES} times ({last.subject} {last.problem})", "Try again later"
    )


def _notes(roots: Sequence[RootPlan]) -> Iterator[str]:
    beside = [root.root for root in roots if root.older is None and root.live]
    if beside:
        more = f" and {len(beside) - 3} more" if len(beside) > 3 else ""
        yield (
            f"{', '.join(beside[:3])}{more}: what the secondary has already is compared by names and lengths here; "
            "a run compares the bytes"
        )
