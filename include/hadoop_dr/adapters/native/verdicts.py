"""What an error of the ``hdfs_native`` client means; the library gives most of it as text only."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from enum import Enum

from hadoop_dr.ports.mover import Did

STOPS = (asyncio.CancelledError, KeyboardInterrupt, SystemExit)
"""What ends the work itself; every other BaseException can be a panic of the library, which is not an Exception."""


class Again(Enum):
    """What is known of the effect of a call that failed."""

    ANSWERED = "answered"        # the NameNode or DataNode answered: another try gives the same
    NOTHING = "nothing"        # nobody could serve, nothing happened
    LOST = "lost"              # it may have happened


@dataclass(frozen=True, slots=True)
class Judged:
    """An error in the terms of the port, and whether trying again makes sense."""

    did: Did
    detail: str
    again: Again


class Ended(Exception):
    """A request that passed the gate and has no result.

    Attributes:
        error: Why.
        took_s: From its sending to its end.
    """

    def __init__(self, error: BaseException, took_s: float) -> None:
        super().__init__(error, took_s)
        self.error, self.took_s = error, took_s


_REMOTE = re.compile(r'RPCError\("(?P<name>[^"]*)", "(?P<message>.*)"\)', re.DOTALL)
_CANNOT_SERVE = ("StandbyException", "RetriableException", "SafeModeException", "ObserverRetryOnActiveException")
# The DataNodes have not yet told the NameNode of the block before the next one; Hadoop's own client waits, too.
_NOT_YET = ("NotReplicatedYetException",)
_NO_PARENT = ("ParentNotDirectoryException",)

_BY_KIND: tuple[tuple[type[BaseException], Did, Again], ...] = (
    (FileNotFoundError, Did.NO_SOURCE, Again.ANSWERED),
    (FileExistsError, Did.EXISTS, Again.ANSWERED),
    (TimeoutError, Did.UNKNOWN, Again.LOST),
    (ConnectionRefusedError, Did.FAILED, Again.NOTHING),
)
_BY_TEXT = (
    ("Connection refused", Did.FAILED, Again.NOTHING),
    ("no reactor running", Did.UNKNOWN, Again.LOST),
    # A DataNode died, was too busy or had no room: the file may be written from its beginning again.
    ("DataTransferError", Did.FAILED, Again.LOST),
    ("All DataNodes failed", Did.FAILED, Again.LOST),
    ("could only be written to", Did.FAILED, Again.LOST),
)


def judge(error: BaseException) -> Judged:
    """Classifies an error; whatever is not understood counts as a failure that is settled."""
    if isinstance(error, Ended):
        return judge(error.error)
    text = _first_line(str(error))
    for kind, did, again in _BY_KIND:
        if isinstance(error, kind):
            return Judged(did, text or "no answer in time", again)
    for words, did, again in _BY_TEXT:
        if words in str(error):
            return Judged(did, text, again)
    exception = _REMOTE.search(str(error))
    if exception:
        return _remote_error(exception["name"].rpartition(".")[2], _first_line(exception["message"]))
    if isinstance(error, OSError):
        return Judged(Did.UNKNOWN, text, Again.LOST)
    return Judged(Did.FAILED, f"{type(error).__name__}: {text}", Again.ANSWERED)


def _remote_error(name: str, message: str) -> Judged:
    text = f"{name}: {message}"
    if name in _CANNOT_SERVE or "is in safe mode" in message:
        return Judged(Did.FAILED, text, Again.NOTHING)
    if name in _NOT_YET:
        return Judged(Did.FAILED, text, Again.LOST)
    if name in _NO_PARENT:
        return Judged(Did.NO_SOURCE, text, Again.ANSWERED)
    if "must both be" in message:
        return Judged(Did.EXISTS, text, Again.ANSWERED)    # rename2 compares kinds before it says "exists"
    return Judged(Did.FAILED, text, Again.ANSWERED)


def _first_line(text: str) -> str:
    return text.partition("\n")[0].partition("\\n")[0]
