"""The moment that somebody asks for."""

from __future__ import annotations

import re

from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.config.quantities import DAY_MS, duration_in_words, moment_ms
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.ids import iso, moment_of

_POINT = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{3}Z")
_RUN_LENGTH = 250
REASON_LENGTH = 500
"""The most characters that a reason may have."""
_RUN = re.compile(rf"[A-Za-z0-9._:+~-]{{1,{_RUN_LENGTH}}}")
FURTHEST_MS = 7 * DAY_MS
"""A run waits for its moment and owns the service meanwhile, so one that lies further off than a week is a slip of the
pen: a wrong month or year would keep every other run of the service away until then."""
PAST_MS = 5 * 60_000
"""So long a moment may be over when somebody names it: whoever types one that is just due shall not miss it."""


def wanted_moment_ms(text: str | None, now_ms: int) -> int | None:
    """Reads the moment that somebody asks for; None and "" are as soon as possible.

    Raises:
        BadInput: It is not a time, or lies too far ahead.
    """
    if text is None or not text:
        return None
    subject, wanted_ms = f"moment '{text}'", read_moment_ms(text)
    if wanted_ms > now_ms + FURTHEST_MS:
        raise BadInput(
            subject,
            f"lies more than {FURTHEST_MS // DAY_MS} days ahead; now it is {iso(now_ms)}",
            f"Name one until {iso(now_ms + FURTHEST_MS)}, or put first_moment into the policy",
        )
    return wanted_ms


def read_moment_ms(text: str) -> int:
    """Reads a moment as every entrance takes it: as in a policy file, or in the form of a point's name.

    Raises:
        BadInput: It is not a time.
    """
    try:
        return moment_of(text) if _POINT.fullmatch(text) else moment_ms(text)
    except (Wrong, ValueError) as error:
        remedy = "Write it with its zone, such as 2026-11-20T02:00:00.000Z"
        raise BadInput(f"moment '{text}'", "is not a time", remedy) from error


def refuse_odd_words(run: str | None, reason: str | None) -> None:
    """Makes sure that Airflow would take the same: what lies in a ledger is read by both entrances.

    Args:
        run: Id of a run that a person gives; None for one of ours.
        reason: Why it is asked for.

    Raises:
        BadInput: The id has other signs than Airflow's, or one of them is too long.
    """
    if run is not None and not _RUN.fullmatch(run):
        raise BadInput("--run", f"'{run[:_RUN_LENGTH]}' is not a run id",
                       f"Write 1 to {_RUN_LENGTH} letters, digits and . _ : + ~ -")
    if reason is not None and len(reason) > REASON_LENGTH:
        raise BadInput("--reason", f"has {len(reason)} characters", f"Write at most {REASON_LENGTH}")


def refuse_past(text: str | None, asked_ms: int) -> None:
    """Makes sure that a moment which a person names was not over when it was named.

    A moment that a schedule missed is another matter: it is made up for, and the point says how late.

    Args:
        text: What was asked for; None and "" are as soon as possible.
        asked_ms: When it was asked for.

    Raises:
        BadInput: It was over; no snapshot of that time can be taken any more.
    """
    wanted_ms = wanted_moment_ms(text, asked_ms)
    if wanted_ms is not None and wanted_ms < asked_ms - PAST_MS:
        raise BadInput(
            f"moment '{text}'",
            f"has passed ({duration_in_words(asked_ms - wanted_ms)} ago); now it is {iso(asked_ms)}",
            "Name one that is still ahead, or none for as soon as possible",
        )
