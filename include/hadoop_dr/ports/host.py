"""Which process is doing the work, so that a dead one need not be waited for."""

from __future__ import annotations

from typing import Protocol

from hadoop_dr.domain.runs.process import Process


class Host(Protocol):
    """Names this process and recognises dead ones."""

    def me(self) -> Process:
        """Returns the identity of this process."""

    def is_dead(self, owner: Process) -> bool:
        """True only when it is certain: a process of this same host that has ended. Another host's is never certain."""
