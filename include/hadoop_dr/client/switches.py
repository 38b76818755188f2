"""Tells an application of each switch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from hadoop_dr.domain.errors import DrError

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


class Switches(Generic[T]):
    """Looks once in a while, on a thread of its own, and calls back where another site is in use.

    Args:
        look: Gives what is in use, and what tells one answer from the next.
        every_s: Seconds between two looks.
    """

    def __init__(self, look: Callable[[], tuple[object, T]], every_s: float = 1.0) -> None:
        self._look, self._every_s, self._ended = look, every_s, threading.Event()
        self._callbacks = list[Callable[[T], object]]()
        self._thread: threading.Thread | None = None

    def add(self, callback: Callable[[T], object]) -> None:
        """Calls back from now on; an exception of a callback is logged, and the others are called all the same."""
        self._callbacks.append(callback)
        if self._thread is None:
            known = self._asked()
            self._thread = threading.Thread(target=self._watch, args=(known,), daemon=True, name="hadoop-dr-switches")
            self._thread.start()

    def close(self) -> None:
        """Calls nobody any more, once the call that is under way has ended."""
        self._ended.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _watch(self, known: tuple[object, T] | None) -> None:
        while not self._ended.wait(self._every_s):
            found = self._asked()
            if found is None or (known is not None and found[0] == known[0]):
                continue
            switched, known = known is not None, found
            for callback in list(self._callbacks) if switched else ():
                try:
                    callback(found[1])
                except Exception:
                    _LOG.exception("a callback for switches failed")

    def _asked(self) -> tuple[object, T] | None:
        try:
            return self._look()
        except DrError:
            return None
