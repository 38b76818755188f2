"""What a point leaves out, as the ledger keeps it and people are told: each object with its reason, bounded (S2.11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from hadoop_dr.domain.catalog.protect.uncovered import NotCovered, Uncovered
from hadoop_dr.domain.check_results import Result, fail, warn
from hadoop_dr.domain.ledger.bodies.taken import Incomplete, LeftOut

KEPT = 100
"""So many objects that a point leaves out are named in its entry; their number is always there."""
SHOWN = 5
"""So many of them are named in warnings."""
_NAME = "incomplete"


def incomplete_of(findings: Sequence[NotCovered]) -> Incomplete:
    """Returns what was left out the way the ledger keeps it: how many objects, and the first of them by name."""
    first = (LeftOut(str(one.key), one.why.value, one.reason) for one in findings[:KEPT])
    return Incomplete(len(findings), tuple(first))


def incomplete_document(kept: Incomplete) -> dict[str, Any]:
    """Returns what a point leaves out, as a part of the JSON documents."""
    return {"count": kept.count, "objects": [asdict(one) for one in kept.objects]}


def all_incomplete(parts: Iterable[Incomplete]) -> Incomplete:
    """Puts together what several kinds of data sets leave out."""
    every = list(parts)
    objects = [one for part in every for one in part.objects]
    return Incomplete(sum(part.count for part in every), tuple(objects[:KEPT]))


def incomplete_warnings(kept: Incomplete) -> list[str]:
    """Tells a person what a point leaves out."""
    warnings = [f"not protected: {one.object} ({one.why}): {one.reason}" for one in kept.objects[:SHOWN]]
    return [*warnings, *_more(kept)]


def _more(kept: Incomplete) -> Iterable[str]:
    left = kept.count - SHOWN
    return [f"not protected: {left} more; hadoop-dr points --json has their names"] if left > 0 else []


def incomplete_results(findings: Sequence[NotCovered], refused: Sequence[NotCovered]) -> list[Result]:
    """Returns a warning for what cannot be protected and is left out, a failure for what is refused."""
    results: list[Result] = []
    if refused:
        results.append(fail(_NAME, refusal_text(refused), refusal_mend(refused)))
    if left_out := [one for one in findings if one not in refused]:
        results.append(warn(_NAME, f"{_counted(left_out)} are left out of every point: {_names(left_out)}", _MEND))
    return results


_MEND = "Move the data, change its kind, or declare its directory; unprotectable: refuse refuses the run instead"


def refusal_text(refused: Sequence[NotCovered]) -> str:
    """Returns what is wrong where something that cannot be protected stops a run."""
    nothing = "nothing is left to protect, " if all(one.skipped for one in refused) else ""
    return f"{nothing}{_counted(refused)} cannot be protected: {_names(refused)}"


def refusal_mend(refused: Iterable[NotCovered]) -> str:
    """How to go on where something that cannot be protected stops a run."""
    classes = {one.why for one in refused if not one.skipped}
    ways = ["Take them out of 'protect' by naming tables"]
    if Uncovered.ACID in classes:
        ways.append("for transactional tables set acid: skip")
    if classes - {Uncovered.ACID}:
        ways.append("have them left out with unprotectable: leave_out")
    return ", or ".join(ways)


def _counted(found: Sequence[NotCovered]) -> str:
    return f"{len(found)} objects" if len(found) > 1 else "1 object"


def _names(found: Sequence[NotCovered]) -> str:
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(map(str, found[:SHOWN])) + more
