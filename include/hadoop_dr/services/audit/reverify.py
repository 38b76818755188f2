"""Verification of a sealed point on demand; the document of ``verify --json``."""

from __future__ import annotations

from typing import Any

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.ledger.bodies.values import RootPath
from hadoop_dr.domain.points.damage import points_on
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.domain.tree.items import Content
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.baseline import snapshot_problem
from hadoop_dr.services.points.damage import lift_damage, mark_damaged
from hadoop_dr.services.points.stage_records import StageRecords
from hadoop_dr.services.stored.stored_plan import planned_roots
from hadoop_dr.services.verify_candidate import RootFacts, VerifyRoot

_OF_ANOTHER = "is damaged; another point copied it, and it is read with that one"


def verify_again(context: BackupContext, point_id: str | None, run: str = "cli-verify") -> dict[str, Any]:
    """Compares a sealed point's snapshots on the site it was copied to with what is stored of it.

    What differs or cannot be read is recorded, as damage of this point and of every other that holds the same file. A
    point that was recorded as damaged and reads back as it was sealed is cleared again, unless one of the damaged files
    was copied for another point: that one is not read here.

    Args:
        point_id: Which point; None for the newest sealed one.
        run: Who asks, for the ledger.

    Raises:
        NotFound: There is no such sealed point, or it was pruned there.
    """
    state, service = context.ledger.read(), context.policy.service
    newest = state.newest_sealed()
    point = state.points.get(point_id) if point_id else newest
    if point_id is None and newest is None:
        raise NotFound(service, "no point of it is sealed yet", f"Make one: hadoop-dr backup {service}")
    if point is None or point.state is not PointState.SEALED:
        raise NotFound(
            f"{service} {point_id or ''}".strip(), "there is no such sealed point", f"See: hadoop-dr points {service}"
        )
    if point.destination in point.gone:
        raise NotFound(
            f"{service} {point.point}", f"was pruned on {point.destination}", f"See: hadoop-dr points {service}"
        )
    documents, verdict = context.documents(point), Verdict()
    records = StageRecords(context, documents)
    site = context.sides[point.destination].namenode
    mover = context.movers.within if point.destination == context.destination.name else context.movers.of_origin
    held = point.snapshots_on(point.destination)
    doubted = {one for other in points_on(state, point.destination) for one in other.bad_files}
    read = set[RootPath]()
    for root in planned_roots(documents):
        kept = held[root.root]
        if problem := snapshot_problem(site, kept):
            verdict.mismatch.append(Finding(root.root, "", problem))
            continue
        staged = records.proofs().get(root.index, {})
        facts = RootFacts.of(root.root, kept.name, root.items, staged, records.checksums(root))
        verdict.add(VerifyRoot(site, mover, lambda _: None).run(facts))
        written = ((root.root, item.new or "") for item in root.items if item.content is not Content.SAME)
        read.update(one for one in written if one in doubted)
        read.add((root.root, ""))
    unread = sorted(set(point.bad_files) - read)
    verdict.cannot_tell += [Finding(at, path, _OF_ANOTHER) for at, path in unread]
    doubts = [Finding(at, "", f"more of it {_OF_ANOTHER}") for at, by in point.unnamed if by != point.point]
    verdict.cannot_tell += doubts
    if wrong := [*verdict.mismatch, *verdict.unreadable]:
        mark_damaged(context, run, point, wrong, read)
    elif not unread and not doubts:
        lift_damage(context, run, point, read)
    return {
        "service": service,
        "point": point.point,
        "match": verdict.match,
        "mismatch": [str(one) for one in verdict.mismatch],
        "cannot_tell": [str(one) for one in verdict.cannot_tell],
    }
