"""What the ledger tells people: points, explanations, and whether the chains are whole (DESIGN.md section 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hadoop_dr.domain.errors import DrError, NotFound, Protocol, Refused, Unreachable
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger import GENESIS, LedgerEntry, broken_at, decode, find_fork
from hadoop_dr.domain.ledger.telling import points_named, tell
from hadoop_dr.domain.points.incomplete import incomplete_document
from hadoop_dr.domain.state.service_fold import load_state
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.intended import lowered_document
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.chain import ChainCopy, from_checkpoint, read_copy

NOBODY: Mapping[str, DrError] = {}


def points_document(service: str, state: ServiceState, sites: Sequence[str]) -> dict[str, Any]:
    """Lists points in the shape of section 10, oldest first; void ones are left out, ``explain`` has them."""
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
    }


def explanation(service: str, entries: Sequence[LedgerEntry], point: str | None) -> dict[str, Any]:
    """Tells a service's story entry by entry.

    Raises:
        NotFound: No entry is about that point.
    """
    told = [
        {"n": e.n, "at": e.at, "run": e.run, "epoch": e.epoch, "kind": e.kind, "text": tell(e)}
        for e in entries
        if point is None or point in points_named(e.body)
    ]
    if point is not None and not told:
        raise NotFound(
            f"{service} {point}",
            "no entry of the ledger is about this point",
            f"See which there are: hadoop-dr points {service}",
        )
    return {"service": service, "point": point, "entries": told}


def check_chain(path: str, copies: Mapping[str, Files], silent: Mapping[str, DrError] = NOBODY) -> dict[str, Any]:
    """Reads a chain from its first entry on every site and proves it whole and the same.

    Args:
        silent: Sites that gave no answer a moment ago, which nobody waits for again.

    Returns:
        ``{"chain", "ok", "entries": {site: n}, "problems": [...]}``; a copy that is only shorter is no problem.
    """
    problems: list[str] = []
    read: dict[str, ChainCopy] = {}
    for site, files in copies.items():
        if site in silent:
            problems.append(str(Unreachable(site, silent[site].problem, silent[site].remedy)))
            continue
        try:
            read[site] = read_copy(files, path, 1, GENESIS)
        except DrError as error:
            problems.append(f"{site}: {error}")
            continue
        try:
            wrong = broken_at(1, GENESIS, read[site].contents, path)
        except Refused as error:
            problems.append(f"{site}: {error}")
            continue
        if wrong:
            problems.append(f"{site}: entry {wrong[0]}: {wrong[1]}")
    if len(read) == 2:
        first, second = read.values()
        fork = find_fork(first.digests(), second.digests())
        if fork:
            problems.append(
                f"the copies went apart after entry {fork.common} ({' and '.join(read)} have "
                f"{fork.first} and {fork.second} entries)"
            )
    return {
        "chain": path,
        "ok": not problems,
        "entries": {site: copy.head_n for site, copy in read.items()},
        "problems": problems,
    }


def entries_about(files: Files, path: str, point: str | None) -> list[LedgerEntry]:
    """Reads a chain from its newest checkpoint on where that tells of older points only, else from its first entry."""
    try:
        kept = from_checkpoint(files, path)
    except Protocol:  # the entries say the same
        return all_entries(files, path)
    if point is None or kept.state is None or point <= max(load_state(kept.state).points, default=""):
        return all_entries(files, path)
    return [decode(content, path) for content in read_copy(files, path, kept.start_n, kept.start_prev).contents]


def all_entries(files: Files, path: str) -> list[LedgerEntry]:
    """Reads a whole chain from its first entry."""
    return [decode(content, path) for content in read_copy(files, path, 1, GENESIS).contents]
