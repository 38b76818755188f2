"""Which process is doing the work, so that a dead one need not be waited for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Host(Protocol):
    """Names this process and recognises dead ones."""

    def me(self) -> Mapping[str, Any]:
        """Host name, process id and process start time: plain JSON."""

    def is_dead(self, owner: Mapping[str, Any]) -> bool:
        """True only when it is certain: a process of this same host that has ended. Another host's is never certain."""
