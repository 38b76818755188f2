"""The policy's own queries, run on the secondary before a point is sealed."""

from __future__ import annotations

from hadoop_dr.domain.catalog.protect.point_parts import QueryAnswer
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.services.context import BackupContext


def run_smoke(context: BackupContext) -> tuple[Verdict, list[QueryAnswer]]:
    """Runs every query once, each with the adapter's deadline.

    Returns:
        The verdict, and for each query its text, the number of rows and the digest of the answer, for the ledger.
    """
    verdict, answers = Verdict(), list[QueryAnswer]()
    for query in context.policy.smoke:
        if context.destination.sql is None:
            verdict.cannot_tell.append(Finding("", context.destination.name, f"no HiveServer2 to run '{query}'"))
            continue
        try:
            answer = context.destination.sql.run(query)
        except DrError as error:
            wrong = verdict.cannot_tell if error.retryable else verdict.mismatch
            wrong.append(Finding("", context.destination.name, f"'{query}' {error.problem}"))
            continue
        verdict.match += 1
        answers.append(QueryAnswer(query, len(answer.rows), answer.sha256))
    return verdict, answers
