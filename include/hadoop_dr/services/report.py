"""What the ledger tells people: points, explanations, and whether the chains are whole (DESIGN.md section 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hadoop_dr.domain.errors import DrError, NotFound
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.incomplete import COMPLETE
from hadoop_dr.domain.kept import BEFORE
from hadoop_dr.domain.ledger import GENESIS, SWEEP, Entry, broken_at, decode, find_fork
from hadoop_dr.domain.policy import Mode
from hadoop_dr.domain.quantities import counted, duration_told
from hadoop_dr.domain.service_state import Point, PointState, ServiceState
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.chain import Copy, read_copy

_SHOWN = 5
NOBODY: Mapping[str, DrError] = {}


def points_document(service: str, state: ServiceState, sites: Sequence[str]) -> dict[str, Any]:
    """Lists points in the shape of section 10, oldest first; void ones are left out, ``explain`` has them."""
    newest = state.newest_sealed()
    return {
        "service": service,
        "points": [
            _point(p, sites, pinned=p is newest and p.target not in p.gone, foreign=state.foreign(p) is not None)
            for p in state.points.values()
            if p.state is not PointState.VOID
        ],
        "kept": [
            {
                "site": one.site,
                "snapshots": dict(one.snapshots),
                "document": one.document,
                "count": one.count,
                "found": list(one.found),
            }
            for one in state.kept
        ],
    }


def _point(point: Point, sites: Sequence[str], *, pinned: bool, foreign: bool) -> dict[str, Any]:
    summary = point.sealed.get("summary", {})
    there = {point.source} if point.taken else set()
    if point.state is PointState.SEALED:
        there.add(point.target)
    state = "foreign" if foreign else point.state.value
    if point.state is PointState.SEALED and there <= set(point.gone):
        state = "pruned"
    return {
        "point": point.point,
        "state": state,
        "moment": iso(point.moment_ms),
        "skew_ms": point.taken.get("skew_ms"),
        "proof": point.taken.get("proof"),
        "entries": summary.get("entries", point.staged.get("entries", 0)),
        "bytes_copied": summary.get("bytes_copied", point.staged.get("bytes", 0)),
        "epoch": point.epoch,
        "sites": {site: site in there and site not in point.gone for site in sites},
        "pinned": pinned,
        "incomplete": dict(point.taken.get("incomplete", COMPLETE)),
        "verified": "mismatch" if point.damaged else point.sealed.get("verified", {}).get("word", ""),
    }


def explanation(service: str, entries: Sequence[Entry], point: str | None) -> dict[str, Any]:
    """Tells a service's story entry by entry.

    Raises:
        NotFound: No entry is about that point.
    """
    told = [
        {"n": e.n, "at": e.at, "run": e.run, "epoch": e.epoch, "kind": e.kind, "text": _tell(e)}
        for e in entries
        if point is None
        or point in (e.body.get("point"), e.body.get("void"))
        or any(point == pruned[1] for pruned in e.body.get("points", []))
    ]
    if point is not None and not told:
        raise NotFound(
            f"{service} {point}",
            "no entry of the ledger is about this point",
            f"See which there are: hadoop-dr points {service}",
        )
    return {"service": service, "point": point, "entries": told}


def _tell(entry: Entry) -> str:
    tell = _TOLD.get(entry.kind)
    if tell is None:
        return ", ".join(f"{key}={value}" for key, value in sorted(entry.body.items()))
    return tell(entry, entry.body)


def _tell_claim(entry: Entry, body: Mapping[str, Any]) -> str:
    frozen = body["frozen"]
    reason = f", because {frozen['reason']}" if frozen.get("reason") else ""
    approved = ", deletions approved" if frozen.get("approve_deletions") else ""
    if frozen.get("unprotects"):
        return f"run {entry.run} takes the service to unprotect it{reason}"
    full = ", full" if frozen.get("mode") == Mode.FULL.value else ""  # else as an increment, where it can be one
    wish = f"wants point {body['point']}{full}{approved}{reason}"
    return f"run {entry.run} (try {body['try']}) {wish}"


def _tell_taken(_: Entry, body: Mapping[str, Any]) -> str:
    shots = counted(len(body["roots"]), "snapshot")
    return (
        f"point {body['point']} taken on {body['source']}: {shots}, skew {body['skew_ms']} ms, "
        f"{body['proof']}, late by {duration_told(body['late_by_ms'])}{_tell_writing(body.get('writing', {}))}"
        f"{_tell_incomplete(body.get('incomplete', COMPLETE))}"
    )


def _tell_writing(writing: Mapping[str, Any]) -> str:
    if not writing.get("count"):
        return ""
    files = [f"{path} at {length} bytes" for path, length in writing["files"]]
    more = [f"{writing['count'] - len(files)} more"] if writing["count"] > len(files) else []
    return f"; {writing['count']} files were being written: {', '.join([*files, *more])}"


def _tell_incomplete(incomplete: Mapping[str, Any]) -> str:
    named = [f"{one['object']} ({one['reason']})" for one in incomplete["objects"][:_SHOWN]]
    more = [f"{incomplete['count'] - len(named)} more"] if incomplete["count"] > len(named) else []
    return f"; {incomplete['count']} objects are left out: {', '.join([*named, *more])}" if named else ""


def _tell_staged(_: Entry, body: Mapping[str, Any]) -> str:
    return (
        f"point {body['point']} staged: {body['entries']} entries, {body['files']} files, {body['bytes']} bytes; "
        "from here on the secondary could finish it alone"
    )


def _tell_sealed(_: Entry, body: Mapping[str, Any]) -> str:
    baseline, word = body["baseline"] or "none", body["verified"].get("word")
    warnings = "".join(f"; warning: {text}" for text in body["summary"].get("warnings", ()))
    return f"point {body['point']} sealed on baseline {baseline}; verified: {word}{warnings}"


def _tell_roots(roots: Sequence[str]) -> str:
    more = f" and {len(roots) - _SHOWN} more" if len(roots) > _SHOWN else ""
    return ", ".join(roots[:_SHOWN]) + more


def _tell_undoing(_: Entry, body: Mapping[str, Any]) -> str:
    what = f"point {body['point']} {body['reason']}; its changes" if body["point"] else "changes of somebody else"
    roots = _tell_roots(body["roots"])
    return f"{what} are being undone in {roots}, back to point {body['to']}; kept in snapshots {body['kept']}"


def _tell_undone(_: Entry, body: Mapping[str, Any]) -> str:
    left = f"; could not be brought back: {_tell_roots(body['left'])}" if body.get("left") else ""
    found, shown = body["found"], "; ".join(body["found"][:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return f"back at point {body['to']}; undone: {shown or 'nothing'}{more}; kept in snapshots {body['kept']}{left}"


def _tell_root_change(_: Entry, body: Mapping[str, Any]) -> str:
    points = [point for _, point in body["points"]]
    lost = f"{_tell_roots(points)} go there" if points else "no point goes there"
    return (
        f"roots {_tell_roots(body['old'])} make way for {_tell_roots(body['new'])} on {body['site']}: {lost}, "
        f"because {body['reason']}"
    )


def _tell_kept(_: Entry, body: Mapping[str, Any]) -> str:
    what = "left alone" if body["rule"] == "refuse" else "undone"
    snapshots = (f"{root}/.snapshot/{name}" for root, name in sorted(body["snapshots"].items()))
    names = ", ".join((*snapshots, *([body["document"]] if body.get("document") else ())))
    more = f" and {body['count'] - len(body['found'])} more" if body["count"] > len(body["found"]) else ""
    if body["rule"] == BEFORE:
        return (
            f"point {body['point']} takes away or replaces what lay on {body['site']} before it; that is kept in "
            f"{names}: {'; '.join(body['found'])}{more}"
        )
    return (
        f"{body['site']} was changed by somebody else during the run of point {body['point']}; that is kept in {names} "
        f"and {what}: {'; '.join(body['found'])}{more}"
    )


_TOLD: Mapping[str, Callable[[Entry, Mapping[str, Any]], str]] = {
    "claim": _tell_claim,
    "rearmed": lambda _, body: f"moment {body['void']} was missed or touched; armed anew as {body['point']}",
    "taken": _tell_taken,
    "staged": _tell_staged,
    "sealed": _tell_sealed,
    "root_change": _tell_root_change,
    "void": lambda _, body: f"point {body['point']} given up: {body['reason']}",
    "released": lambda entry, body: f"run {entry.run} ended without a seal: {body['reason']}",
    "damaged": lambda _, body: (
        f"point {body['point']} found damaged: {body['reason']}"
        if body["reason"]
        else f"point {body['point']} read back as it was sealed; it is not damaged"
    ),
    "roots_owned": lambda _, body: f"service {body['service']} owns {_tell_roots(body['roots'])}",
    "roots_released": lambda _, body: f"service {body['service']} gives up {_tell_roots(body['roots'])}",
    "roles": lambda _, body: (
        f"{body['primary']} is primary, the copy on {body['deciding']} decides; by {body['by']}: {body['reason']}"
    ),
    "undoing": _tell_undoing,
    "kept": _tell_kept,
    "unkept": lambda _, body: f"what entry {body['kept']} kept of foreign changes was removed by a person",
    "undone": _tell_undone,
    "unprotected": lambda entry, body: (
        f"run {entry.run} takes the snapshots on {' and '.join(body['sites'])} away, because {body['reason']}; points "
        f"that go there: {_tell_roots(sorted({point for _, point in body['points']}))}"
    ),
    "pruned": lambda entry, body: ", ".join(
        f"cleared what moment {point} left on {site}" if entry.run == SWEEP else f"pruned {point} on {site}"
        for site, point in body["points"]
    ),
}


def check_chain(path: str, copies: Mapping[str, Files], silent: Mapping[str, DrError] = NOBODY) -> dict[str, Any]:
    """Reads a chain from its first entry on every site and proves it whole and the same.

    Args:
        silent: Sites that gave no answer a moment ago, which nobody waits for again.

    Returns:
        ``{"chain", "ok", "entries": {site: n}, "problems": [...]}``; a copy that is only shorter is no problem.
    """
    problems: list[str] = []
    read: dict[str, Copy] = {}
    for site, files in copies.items():
        if site in silent:
            problems.append(f"{site}: {silent[site].problem}")
            continue
        try:
            read[site] = read_copy(files, path, 1, GENESIS)
        except DrError as error:
            problems.append(f"{site}: {error}")
            continue
        wrong = broken_at(1, GENESIS, read[site].contents)
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


def all_entries(files: Files, path: str) -> list[Entry]:
    """Reads a whole chain from its first entry."""
    return [decode(content, path) for content in read_copy(files, path, 1, GENESIS).contents]
