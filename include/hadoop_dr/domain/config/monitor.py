"""How a pair's sites are watched, as the pair file says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from hadoop_dr.domain.config.document import Fields, Wrong
from hadoop_dr.domain.config.quantities import duration_ms

_LONGEST_GAP = 2
"""A dwell time has room for so many looks at least."""


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """When a site counts as failed, and how often it is looked at.

    Attributes:
        threshold: With no more than this share of its nodes available a site has failed.
        dwell_ms: How long a required role has no working member before the site has failed, and how long nothing is
            wrong before it is back.
        every_ms: Time from one look to the next.
        deadline_ms: How long a node has to answer.
    """

    threshold: Fraction = Fraction(1, 2)
    dwell_ms: int = 30_000
    every_ms: int = 10_000
    deadline_ms: int = 5_000


def read_monitor(fields: Fields | None) -> MonitorSettings:
    """Checks the key ``monitor`` of a pair file.

    Raises:
        BadInput: A value is wrong, or the looks are too far apart for the dwell time.
    """
    if fields is None:
        return MonitorSettings()
    usual = MonitorSettings()
    settings = MonitorSettings(
        fields.read("threshold", _share, usual.threshold),
        fields.read("dwell", duration_ms, usual.dwell_ms),
        fields.read("every", duration_ms, usual.every_ms),
        fields.read("deadline", duration_ms, usual.deadline_ms),
    )
    if (settings.every_ms + settings.deadline_ms) * _LONGEST_GAP > settings.dwell_ms:
        node = next(fields.node(key) for key in ("dwell", "every", "deadline") if key in fields)
        raise node.wrong(
            "'dwell' has to be at least twice 'every' and 'deadline' together", "Make it longer, or the others shorter"
        )
    return settings


def _share(text: str) -> Fraction:
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?%", text):
        raise Wrong(f"'{text}' is not a share of a site's nodes", "Write a share below 100%, such as 50%")
    return Fraction(text[:-1]) / 100
