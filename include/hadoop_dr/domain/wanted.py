"""The moment that somebody asks for (DESIGN.md section 4.2)."""

from __future__ import annotations

from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.ids import iso, moment_of

FURTHEST_MS = 7 * 86_400_000
"""A run waits for its moment and owns the service meanwhile, so one that lies further off than a week is a slip of the
pen: a wrong month or year would keep every other run of the service away until then."""


def wanted_moment_ms(text: str | None, now_ms: int) -> int | None:
    """Reads the moment that somebody asks for; None and "" are as soon as possible.

    Raises:
        BadInput: It is not a time, or lies too far ahead.
    """
    if text is None or not text:
        return None
    compact = text.replace("-", "").replace(":", "")
    if "." not in compact:
        compact = compact.rstrip("Z") + ".000Z"
    subject = f"moment '{text}'"
    try:
        moment_ms = moment_of(compact)
    except ValueError as error:
        raise BadInput(subject, "is not a time", "Write it in UTC, such as 2026-11-20T02:00:00.000Z") from error
    if moment_ms > now_ms + FURTHEST_MS:
        raise BadInput(
            subject,
            f"lies more than {FURTHEST_MS // 86_400_000} days ahead; now it is {iso(now_ms)}",
            f"Name one until {iso(now_ms + FURTHEST_MS)}, or put first_moment into the policy",
        )
    return moment_ms
