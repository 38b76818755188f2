"""Verification of a sealed point on demand, in the shape of section 10."""

from __future__ import annotations

from typing import Any

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.service_state import PointState
from hadoop_dr.domain.verify import Verdict
from hadoop_dr.services.backup.ground import Ground
from hadoop_dr.services.backup.planning import planned_roots, point_documents
from hadoop_dr.services.backup.transfer import Transfer
from hadoop_dr.services.verify import RootFacts, VerifyRoot


def verify_again(ground: Ground, point_id: str | None) -> dict[str, Any]:
    """Compares a sealed point's snapshots on the target with what is stored of it; nothing else is needed.

    Args:
        point_id: Which point; None for the newest sealed one.

    Raises:
        NotFound: There is no such sealed point.
    """
    state, service = ground.ledger.read(), ground.policy.service
    newest = state.newest_sealed()
    point = state.points.get(point_id) if point_id else newest
    if point is None or point.state is not PointState.SEALED:
        raise NotFound(
            f"{service} {point_id or ''}".strip(), "there is no such sealed point", f"See: hadoop-dr points {service}"
        )
    documents, transfer, verdict = point_documents(ground, point), Transfer(ground, lambda _: None), Verdict()
    for root in planned_roots(documents):
        proofs = transfer.proofs(documents, root)
        whole = frozenset(inode for inode, proof in proofs.items() if proof.offset == 0)
        facts = RootFacts(
            root.root,
            point.sealed["snapshots"][root.root]["snapshot"],
            root.items,
            {inode: (proof.sha256, proof.length) for inode, proof in proofs.items()},
            transfer.checksums(documents, root),
            whole,
        )
        verdict.add(VerifyRoot(ground.target.namenode, ground.local_mover, lambda _: None).run(facts))
    return {
        "service": service,
        "point": point.point,
        "match": verdict.match,
        "mismatch": verdict.mismatch,
        "cannot_tell": verdict.cannot_tell,
    }
