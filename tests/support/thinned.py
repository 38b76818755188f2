"""Which of very many cases are tried: all of them in long runs, some in everyday ones."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
"""Set by ``make chaos``."""

Case = TypeVar("Case")


def thinned(cases: Iterable[Case], step: int) -> list[Case]:
    """Every ``step``-th case, the first and the last among them; all of them in long runs.

    Args:
        cases: In an order in which neighbours are alike.
        step: Shares no divisor with the length of a pattern in the cases, or parts of the pattern are never tried.
    """
    every = list(cases)
    if THOROUGH:
        return every
    return [case for at, case in enumerate(every) if at % step == 0 or at == len(every) - 1]
