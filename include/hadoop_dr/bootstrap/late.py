"""Adapters that are made when they are first used: a task that needs no metastore loads no library for one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class LateAdapter:
    """Stands for an adapter until somebody asks it something. Safe for many threads.

    A thread that outlives its task may ask for the first time after the end. What is made then is closed before it is
    asked, and says so itself: nothing is opened that nobody closes.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._turn = make, threading.Lock()
        self._made: Any = None
        self._closed = False

    def __getattr__(self, name: str) -> Any:
        with self._turn:
            if self._made is None:
                self._made = self._make()
                if self._closed:
                    self._made.close()
        return getattr(self._made, name)

    def close(self) -> None:
        """Closes what was made, and what will be."""
        with self._turn:
            self._closed = True
            if self._made is not None:
                self._made.close()
