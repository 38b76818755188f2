"""Commands that make a point, or look whether one could be made."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click

from hadoop_dr.bootstrap import backup_stages, check_request, coverage_of, look_at, plan_of
from hadoop_dr.cli.commands.options import as_json_option, service_argument
from hadoop_dr.cli.pages.output import Show, emit, ends_well, human_bytes, say, table, warn
from hadoop_dr.domain.config.quantities import counted, duration_in_words
from hadoop_dr.domain.roots.change import check_change_request

_STEPS = (
    "entries: changed entries; files: files to copy; park: moves an item aside that is deleted, moved or replaced; "
    "mkdir: creates a directory; bring: moves a file or a whole directory to its place; tail: copies only what was "
    "appended to a file; attributes: sets owner, mode, times and the like; delete: removes a parked item"
)
_SIGNS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


@click.command(epilog="Example: hadoop-dr backup billing --reason 'before the release'")
@service_argument
@click.option(
    "--moment",
    metavar="TIME",
    help="Moment of the point in UTC, such as 2026-11-20T02:00:00.000Z, at most 7 days ahead; "
    "default: as soon as possible.",
)
@click.option("--mode", type=click.Choice(["incremental", "full"]), help="For this run; default: the policy's value.")
@click.option("--transfer", type=click.Choice(["pull", "push"]), help="For this run; default: the policy's value.")
@click.option("--reason", help="The reason for the run; kept in the ledger.")
@click.option("--approve-deletions", is_flag=True, help="Let this run delete more than the policy's limit.")
@click.option(
    "--change-roots",
    is_flag=True,
    help="Change the roots although older points hold snapshots of the present ones; without --approve only shows "
    "what that costs.",
)
@click.option("--approve", is_flag=True, help="Carry out the change whose cost --change-roots showed.")
@click.option("--wait", is_flag=True, help="Wait while another run owns the service.")
@click.option(
    "--takeover", is_flag=True, help="Take the service over from another run at once; it stops at its next step."
)
@click.option(
    "--run", "run_id", metavar="ID",
    help="Id of a failed run to continue, or of a new one; one that sealed says its point again.",
)  # fmt: skip
@as_json_option
def backup(service: str, as_json: bool, run_id: str | None, **request: Any) -> None:
    """Make a recovery point of SERVICE: snapshot, copy what changed, verify, seal."""
    run = f"cli-{secrets.token_hex(4)}" if run_id is None else run_id
    with ends_well(as_json):
        check_request(request["moment"], run_id, request["reason"])
        check_change_request(request["reason"], change_roots=request["change_roots"], approve=request["approve"])
    with (
        ends_well(as_json),
        Show() as show,
        backup_stages(service, run, one_process=True, observer=show) as stages,
    ):
        document = stages.run_all(begun=run_id is not None, **request)
    emit(document, as_json, lambda: _backup_page(document))


@click.command(epilog="Example: hadoop-dr check billing --json | jq .ok")
@service_argument
@as_json_option
def check(service: str, as_json: bool) -> None:
    """Say whether a backup of SERVICE would be allowed now, and if not, why, and what helps.

    Whether it would delete too much is not known without a plan: see hadoop-dr plan.

    Leaves nothing behind: to read the clocks it makes and removes empty directories of its own below /.hadoop-dr.
    """
    with ends_well(as_json), Show() as show:
        show.stage("check")
        document = look_at(service)
    emit(document, as_json, lambda: _results_page(document["results"]))
    if not document["ok"]:
        raise SystemExit(1)


@click.command(epilog="Example: hadoop-dr coverage billing")
@service_argument
@as_json_option
def coverage(service: str, as_json: bool) -> None:
    """Say what of SERVICE a recovery point would hold, and what not."""
    with ends_well(as_json), Show() as show:
        show.stage("coverage")
        document = coverage_of(service)
    emit(document, as_json, lambda: _results_page(document["results"]))
    if not document["ok"]:
        raise SystemExit(1)


@click.command(epilog="Example: hadoop-dr plan billing")
@service_argument
@as_json_option
def plan(service: str, as_json: bool) -> None:
    """Say what a backup of SERVICE would do now: steps, bytes, catalog changes, deletions. Changes nothing."""
    with ends_well(as_json), Show() as show:
        show.stage("plan")
        document = plan_of(service)
    emit(document, as_json, lambda: _plan_page(document))


def _backup_page(document: Mapping[str, Any]) -> None:
    rows = [
        ("point", document["point"]),
        (
            "moment",
            f"{document['moment']} ({document['proof']}, skew {document['skew_ms']} ms, "
            f"late by {duration_in_words(document['late_by_ms'])})",
        ),
        ("baseline", document["baseline"] or "none (full)"),
        ("verified", document["verified"]),
        (
            "changed",
            f"{counted(document['entries'], 'entry')}, {counted(document['files_copied'], 'file')} copied, "
            f"{human_bytes(document['bytes_copied'])}",
        ),
        ("seconds", ", ".join(f"{name} {value:.1f}" for name, value in document["seconds"].items())),
        ("requests", _requests_text(document["requests"])),
    ]
    table(("sealed", document["service"]), rows)
    for warning in document["warnings"]:
        warn(warning)


def _requests_text(requests: Mapping[str, Mapping[str, int]]) -> str:
    """Adds up the stages: what each site was asked, and how many of it waited for one another."""
    sums: Counter[str] = Counter()
    for counts in requests.values():
        sums.update(counts)
    sites = ", ".join(f"{site} {count}" for site, count in sorted(sums.items()) if site != "trips")
    return f"{sites}, {sums['trips']} sequential"


def _results_page(results: Sequence[Mapping[str, str]]) -> None:
    """What needs a person stands last, where a terminal shows it."""
    for result in sorted(results, key=lambda one: list(_SIGNS).index(one["state"])):
        say(f"{_SIGNS[result['state']]}  {result['name']}: {result['detail']}")
        if result["remedy"] and result["state"] != "ok":
            say(f"      {result['remedy']}")


def _plan_page(document: Mapping[str, Any]) -> None:
    rows: list[tuple[str, object]] = [("entries", document["entries"]), ("files", document["files"])]
    rows += [(name, count) for name, count in document["steps"].items()]
    rows += [("bytes", human_bytes(document["bytes"]))]
    rows += [(f"catalog {name}", count) for name, count in document["catalog"].items()]
    table(("what", "count"), rows, title=f"on baseline {document['baseline'] or 'none: everything is copied'}")
    figures = [(kind, *figure.values()) for kind, figure in document["deletions_by_kind"].items() if figure["live"]]
    say(_STEPS)
    if figures:
        table(("deletions", "net", "live", "allowed"), figures)
        say("net: files added to the same directory are subtracted; more than the limit needs approval")
    for reason in document["refused"]:
        say(f"refused: {reason}")
    for reason in document["needs_approval"]:
        say(f"needs approval: {reason}")
    for note in document["notes"]:
        say(f"note: {note}")
