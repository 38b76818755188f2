"""Commands about the points there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from hadoop_dr.bootstrap import explanation_of, points_of, prune_now, verify_point
from hadoop_dr.cli.commands.options import as_json_option, pair_option, service_argument
from hadoop_dr.cli.pages.output import Show, emit, ends_well, human_bytes, say, say_beside, table, warn
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.errors import Mismatch, Unknown


@click.command(epilog="Example: hadoop-dr points billing")
@service_argument
@click.option("--all", "every", is_flag=True, help="Include points that were pruned.")
@pair_option
@as_json_option
def points(service: str, every: bool, pair: str | None, as_json: bool) -> None:
    """List the recovery points of SERVICE, oldest first. --json has the pruned ones too."""
    with ends_well(as_json):
        document = points_of(service, pair=pair)
    emit(document, as_json, lambda: _points_page(document, every=every))


@click.command(epilog="Example: hadoop-dr verify billing --point 20261120T020000.000Z")
@service_argument
@click.option("--point", metavar="POINT", help="The point to read; default: the newest sealed one.")
@as_json_option
def verify(service: str, point: str | None, as_json: bool) -> None:
    """Read a sealed point of SERVICE back on the secondary and compare it with the stored facts.

    Only what the point changed is read; what it shares with an older point is read by verifying that one. The ledger
    marks what is damaged, and takes the mark from what is whole again; nothing else changes.

    Exit codes: 0 all of it matches; 1 something differs; 3 nothing differs, but something could not be read back.
    """
    with ends_well(as_json), Show() as show:
        show.stage("verify")
        document = verify_point(service, point)
    emit(document, as_json, lambda: _verdict_page(document))
    with ends_well(as_json=False):  # the verdict is the one document
        _refuse_doubt(document)


@click.command(epilog="Example: hadoop-dr prune billing")
@service_argument
@as_json_option
def prune(service: str, as_json: bool) -> None:
    """Remove points of SERVICE that no retention rule keeps, oldest first, on both sites."""
    with ends_well(as_json):
        document = prune_now(service)
    emit(document, as_json, lambda: _prune_page(document))


@click.command(epilog="Example: hadoop-dr explain billing --point 20261120T020000.000Z")
@service_argument
@click.option("--point", metavar="POINT", help="Only this point, however old it is.")
@click.option("--all", "every", is_flag=True, help="From the first entry on, which may be thousands.")
@pair_option
@as_json_option
def explain(service: str, point: str | None, every: bool, pair: str | None, as_json: bool) -> None:
    """Tell what happened to SERVICE, from its ledger: who claimed it, what each point became, and why.

    Without --point or --all it shows the newest 40 entries.

    A run that was refused before it claimed the service changed nothing, so the ledger has no entry of it. Its own
    output, or its log in Airflow, gives the reason.
    """
    with ends_well(as_json):
        document = explanation_of(service, point, every=every, pair=pair)
    emit(document, as_json, lambda: _explain_page(document))


def _points_page(document: Mapping[str, Any], *, every: bool) -> None:
    points = [point for point in document["points"] if every or point["state"] != "pruned"]
    if document["points"]:
        _points_table(points)
    else:
        say(f"no point yet. Make one: hadoop-dr backup {document['service']}")
    if hidden := len(document["points"]) - len(points):
        say(f"{counted(hidden, 'pruned point')} not shown: hadoop-dr points {document['service']} --all")
    if lowered := next((p for p in reversed(points) if p["lowered"]["count"]), None):
        _say_lowered(document["service"], lowered)
    if doubted := next((p for p in reversed(points) if p["verified"] == "cannot tell" and p["cannot_tell"]), None):
        _say_doubt(doubted)
    for one in document["kept"]:
        _say_kept(one)
    say_beside(document["beside"])


def _points_table(points: Sequence[Mapping[str, Any]]) -> None:
    """Three columns stand only where they say something, so that a row fits into 80 columns with its id whole."""
    columns: dict[str, list[object]] = {
        "point": [p["point"] for p in points],
        "state": [p["state"] for p in points],
        "proof": [p["proof"] or "-" for p in points],
        "skew ms": ["-" if p["skew_ms"] is None else p["skew_ms"] for p in points],
        "entries": [p["entries"] for p in points],
        "copied": [human_bytes(p["bytes_copied"]) for p in points],
        "epoch": [p["epoch"] for p in points],
        "on": [", ".join(site for site, there in p["sites"].items() if there) or "-" for p in points],
        "verified": [p["verified"] or "-" for p in points],
        "left out": [p["incomplete"]["count"] or "-" for p in points],
        "lowered": [p["lowered"]["count"] or "-" for p in points],
    }
    if len({p["epoch"] for p in points}) == 1:
        del columns["epoch"]
    for column, field in (("left out", "incomplete"), ("lowered", "lowered")):
        if not any(p[field]["count"] for p in points):
            del columns[column]
    table(tuple(columns), list(zip(*columns.values(), strict=True)))


def _say_lowered(service: str, point: Mapping[str, Any]) -> None:
    """Names the first object that the secondary has with less than was intended."""
    count, [first, *_] = point["lowered"]["count"], point["lowered"]["objects"]
    what = f"{first['attribute']} {first['given']} instead of {first['wanted']}"
    place = f"{first['root']}/{first['path']}".rstrip("/")
    more = f" and {counted(count - 1, 'other object')}; hadoop-dr points {service} --json" if count > 1 else ""
    say(f"lowered: {point['point']}: {place}: {what}{more}")


def _say_doubt(point: Mapping[str, Any]) -> None:
    """Names the first thing that the verification of a point could not tell."""
    first, *others = point["cannot_tell"]
    more = f" and {counted(len(others), 'other reason')}" if others else ""
    say(f"cannot tell: {point['point']}: {first}{more}")


def _say_kept(kept: Mapping[str, Any]) -> None:
    """Says where something foreign was kept for a person."""
    paths = [*(f"{root}/.snapshot/{name}" for root, name in kept["snapshots"].items()), kept["document"]]
    where = ", ".join(f"{kept['site']}:{path}" for path in paths if path)
    changes = counted(kept["count"], "foreign change")
    say(f"kept: {where} has {changes}; remove it when you no longer need it")


def _verdict_page(document: Mapping[str, Any]) -> None:
    say(
        f"{document['point']}: {document['match']} match, {len(document['mismatch'])} differ, "
        f"{len(document['cannot_tell'])} could not be compared"
    )
    for text in (*document["mismatch"], *document["cannot_tell"]):
        say(f"  {text}")


def _refuse_doubt(document: Mapping[str, Any]) -> None:
    """Lets only a match pass: what differs is known, what cannot be told is not success (I11).

    Raises:
        Mismatch: Something differs.
        Unknown: Nothing differs, and something could not be compared.
    """
    service, differ, untold = document["service"], document["mismatch"], document["cannot_tell"]
    subject, points = f"{service} {document['point']}", f"hadoop-dr points {service}"
    if differ:
        raise Mismatch(
            subject,
            f"{len(differ)} differ, the first: {differ[0]}",
            f"It is marked as damaged, with every point that holds the same file (see {points}); the next backup "
            "copies what is damaged again",
        )
    if untold:
        raise Unknown(
            subject,
            f"{len(untold)} could not be compared, the first: {untold[0]}",
            "What a site answered that it could not read is marked as damaged, and the next backup copies it again "
            f"(see {points}); where no answer came nothing is marked: verify again once that site answers",
        )


def _prune_page(document: Mapping[str, Any]) -> None:
    for site, removed in document["removed"].items():
        stay = document["kept"].get(site)
        left = "how many stay is not known" if stay is None else f"{stay} stay"
        say(f"{site}: removed {', '.join(removed) or 'nothing'}; {left}")
    for warning in document["warnings"]:
        warn(warning)


def _explain_page(document: Mapping[str, Any]) -> None:
    if older := document["older"]:
        what, service = "entry" if older == 1 else "entries", document["service"]
        say(f"{older} older {what} not shown: hadoop-dr explain {service} --all, or --point POINT")
    if not document["entries"]:
        say(f"nothing happened yet. Make a point: hadoop-dr backup {document['service']}")
    wide = max((len(entry["kind"]) for entry in document["entries"]), default=0)
    for entry in document["entries"]:
        say(f"{entry['n']:>6}  {entry['at']}  {entry['kind']:<{wide}}  {entry['text']}")
