"""One process, so that others can tell whether it still lives (I3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """A process of some machine.

    Attributes:
        host: The machine, its present boot and its process name space; a process id means nothing without.
        pid: Its id there.
        started: The tick of that boot at which it was started; None where the machine does not tell.
    """

    host: str
    pid: int
    started: int | None = None
