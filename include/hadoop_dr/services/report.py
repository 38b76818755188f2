"""What the ledger tells people: points, explanations, and whether the chains are whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hadoop_dr.domain.errors import NotFound, Protocol
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.entry_text import entry_text, points_named
from hadoop_dr.domain.points.beside import beside_document
from hadoop_dr.domain.points.incomplete import incomplete_document
from hadoop_dr.domain.state.service_fold import load_state
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.intended import lowered_document
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.chain_copy import from_checkpoint
from hadoop_dr.services.ledger.stream import entries, newest_number

LATEST = 40
"""So many entries are told unless more is asked for: what two checkpoints vouch for, some eight runs."""


def points_document(
    service: str, state: ServiceState, sites: Sequence[str], counts: Mapping[str, Mapping[str, int]] | None = None
) -> dict[str, Any]:
    """Returns the document of ``points --json``: oldest first, without void points, which ``explain`` shows.

    Args:
        counts: How many snapshots the directories of each site have, where that was asked.
    """
    newest, pinned = state.newest_sealed(), state.pinned()
    return {
        "service": service,
        "points": [
            _point(
                p,
                sites,
                pinned=(p is newest and p.destination not in p.gone) or p.point in pinned,
                foreign=state.foreign(p) is not None,
            )
            for p in state.points.values()
            if p.state is not PointState.VOID
        ],
        "kept": [
            {
                "site": one.site,
                "snapshots": dict(one.snapshots),
                "document": one.document.path if one.document else "",
                "count": one.count,
                "found": list(one.found),
            }
            for one in state.kept
        ],
        "beside": beside_document(state, counts or {}),
    }


def _point(point: Point, sites: Sequence[str], *, pinned: bool, foreign: bool) -> dict[str, Any]:
    sealed, there = point.state is PointState.SEALED, {point.origin} if point.was_taken else set()
    if sealed:
        there.add(point.destination)
    state = "foreign" if foreign else point.state.value
    if sealed and there <= set(point.gone):
        state = "pruned"
    return {
        "point": point.point,
        "state": state,
        "moment": iso(point.moment_ms),
        "skew_ms": point.taken.skew_ms if point.was_taken else None,
        "proof": point.taken.proof.value if point.was_taken else None,
        "entries": point.sealed.summary.entries if sealed else point.staged.entries,
        "bytes_copied": point.sealed.summary.bytes_copied if sealed else point.staged.bytes,
        "epoch": point.epoch,
        "sites": {site: site in there and site not in point.gone for site in sites},
        "pinned": pinned,
        "incomplete": incomplete_document(point.taken.incomplete),
        "lowered": lowered_document(point.sealed.summary.intended, point.sealed.summary.lowered),
        "verified": "mismatch" if point.damaged else point.sealed.verified.word,
        "cannot_tell": list(point.sealed.verified.cannot_tell),
    }


def explanation(
    service: str, entries: Iterable[LedgerEntry], point: str | None, older: int = 0
) -> dict[str, Any]:
    """Tells a service's story entry by entry.

    Args:
        older: How many entries there are before these.

    Raises:
        NotFound: No entry is about that point.
    """
    rows = [
        {"n": e.n, "at": e.at, "run": e.run, "epoch": e.epoch, "kind": e.kind, "text": entry_text(e)}
        for e in entries
        if point is None or point in points_named(e.body)
    ]
    if point is not None and not rows:
        raise NotFound(
            f"{service} {point}",
            "no entry of the ledger is about this point",
            f"List them: hadoop-dr points {service}",
        )
    return {"service": service, "point": point, "older": 0 if point else older, "entries": rows}


def entries_about(
    files: Files, path: str, point: str | None, *, every: bool = False
) -> tuple[int, Iterator[LedgerEntry]]:
    """Reads what is to be told of a chain: the newest entries, unless a point or all of it is asked for.

    Of a point that is newer than the newest checkpoint only what came after that is read.

    Returns:
        How many entries are older than the first that is read, and those that are read, in order.
    """
    first = 1 if every and point is None else _first_about(files, path, point)
    return first - 1, entries(files, path, first)


def _first_about(files: Files, path: str, point: str | None) -> int:
    if point is None:
        return max(1, newest_number(files, path) - LATEST + 1)
    try:
        kept = from_checkpoint(files, path)
    except Protocol:  # the entries say the same
        return 1
    if kept.state is None or point <= max(load_state(kept.state).points, default=""):
        return 1
    return kept.start_n


def all_entries(files: Files, path: str) -> list[LedgerEntry]:
    """Reads a whole chain from its first entry."""
    return list(entries(files, path))
