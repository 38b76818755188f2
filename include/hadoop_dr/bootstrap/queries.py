"""Looks that change nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.bootstrap.connections import open_queries
from hadoop_dr.bootstrap.contexts import open_pair, open_service
from hadoop_dr.bootstrap.login import login_to
from hadoop_dr.bootstrap.unprotect import last_policy
from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.errors import Refused, Unreachable
from hadoop_dr.domain.ledger import pair_chain, service_chain
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.coverage import Coverage
from hadoop_dr.services.ledger.proof import check_chain
from hadoop_dr.services.points.counts import snapshot_counts
from hadoop_dr.services.report import entries_about, explanation, points_document

__all__ = ["coverage_of", "explanation_of", "ledger_check", "look_at", "plan_of", "points_of", "run_query"]


def _checked(service: str, results: list[Result]) -> dict[str, Any]:
    return {
        "service": service,
        "ok": all(result.mark is not Mark.FAIL for result in results),
        "results": [{"name": r.name, "state": r.mark.value, "detail": r.detail, "remedy": r.remedy} for r in results],
    }


def look_at(service: str, home: Path | None = None) -> dict[str, Any]:
    """Runs every check of a backup without beginning one; returns the document of ``check --json``."""
    with open_service(service, home) as context:
        return _checked(service, RunChecks(context).look())


def coverage_of(service: str, home: Path | None = None) -> dict[str, Any]:
    """Says what of a service a point would hold and what not; same shape as a check."""
    with open_service(service, home) as context:
        return _checked(service, Coverage(context).run())


def plan_of(service: str, home: Path | None = None) -> dict[str, Any]:
    """Says what a backup would do now; returns the document of ``plan --json``."""
    with open_service(service, home, both=True) as context:
        return Preview(context).run()


def _with_ledger(service: str, home: Path | None, pair: str | None) -> AbstractContextManager[BackupContext]:
    home = home or settings.find_home()
    return open_service(service, home, frozen=None if pair is None else last_policy(home, service, pair))


def points_of(service: str, home: Path | None = None, *, pair: str | None = None) -> dict[str, Any]:
    """Lists a service's points; returns the document of ``points --json``.

    Args:
        pair: Of a service that has no policy file any more.
    """
    with _with_ledger(service, home, pair) as context:
        return points_document(
            service, context.ledger.read(), context.pair.site_names, snapshot_counts(context)
        )


def explanation_of(
    service: str, point: str | None, home: Path | None = None, *, every: bool = False, pair: str | None = None
) -> dict[str, Any]:
    """Tells what happened to a service lately, ever, or to one of its points, from the ledger.

    Args:
        pair: Of a service that has no policy file any more.
    """
    with _with_ledger(service, home, pair) as context:
        chain = context.ledger.chain
        older, entries = entries_about(chain.deciding, chain.path, point, every=every)
        return explanation(service, entries, point, older)


def ledger_check(pair: str, home: Path | None = None) -> dict[str, Any]:
    """Proves every chain of a pair whole and the same on both sites."""
    with open_pair(pair, home) as context:
        files = {name: side.files for name, side in context.sides.items()}
        silent = context.roles.silent
        answering = [one for name, one in files.items() if name not in silent]
        services = {name for one in answering for name in one.names(f"/.hadoop-dr/{pair}/services")}
        paths = [service_chain(pair, service) for service in sorted(services)]
        errors = {name: Unreachable(name, "does not answer", error.remedy) for name, error in silent.items()}
        deciding = context.roles.state.deciding
        chains = [
            check_chain(pair_chain(pair), files, silent, deciding),
            *(check_chain(path, files, errors, deciding) for path in paths),
        ]
        return {"pair": pair, "ok": all(chain["ok"] for chain in chains), "chains": chains}


def run_query(pair: str, site: str, sql: str, home: Path | None = None) -> dict[str, Any]:
    """Runs one statement on a site's HiveServer2; gives its rows as texts and a digest that two sites can compare.

    Raises:
        Refused: The site has no HiveServer2.
    """
    home = home or settings.find_home()
    found = settings.load_pair(home, pair).site(site)
    with ExitStack() as stack:
        addresses = settings.addresses(home, found)
        queries = open_queries(found, addresses, stack, login_to(site))
        if queries is None:
            raise Refused(site, "has no HiveServer2", "Start one: hadoop-dr lab up --hiveserver2")
        answer = queries.run(sql)
        return {"columns": list(answer.columns), "rows": [list(row) for row in answer.rows], "sha256": answer.sha256}
