"""How a request to a NameNode can fail, from the connection that never came about to what the NameNode itself says.

What counts is whether it can have had an effect, and that a person reads the reason in the end: the libraries wrap the
one that matters in several of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from urllib.parse import urlsplit

from requests import Response
from urllib3.exceptions import NewConnectionError

from hadoop_dr.domain.errors import (
    AccessDenied,
    AlreadyExists,
    DrError,
    Failed,
    NotFound,
    NotReady,
    OverQuota,
    Protocol,
)

NO_ACTIVE = ("See which of its NameNodes is active: hdfs haadmin -getAllServiceState. "
             "Name that one in the pair file, or make one active: hdfs haadmin -failover")
"""The remedy where no NameNode of a site is active."""

_NO_NAMENODE = "Check that the pair file names the WebHDFS address of a NameNode there, and which Hadoop version it has"

_BY_NAME: dict[str, tuple[type[Failed], str]] = {
    "StandbyException": (NotReady, NO_ACTIVE),
    "ObserverRetryOnActiveException": (NotReady, NO_ACTIVE),
    "RetriableException": (NotReady, "Wait until the NameNode has started"),
    "SafeModeException": (NotReady, "Wait until it has left safe mode: hdfs dfsadmin -safemode get"),
    "FileNotFoundException": (NotFound, ""),
    "AccessControlException": (
        AccessDenied,
        "Act as a superuser of that HDFS (HADOOP_USER_NAME, in Airflow the site's connection), or grant the right",
    ),
    "SecurityException": (AccessDenied, "Check the credentials of this site"),
    "AuthorizationException": (AccessDenied, "Check the credentials of this site"),
    "NSQuotaExceededException": (OverQuota, "Raise the namespace quota: hdfs dfsadmin -setQuota"),
    "DSQuotaExceededException": (OverQuota, "Raise the space quota: hdfs dfsadmin -setSpaceQuota"),
    "QuotaByStorageTypeExceededException": (OverQuota, "Raise the quota of the storage type"),
    "FileAlreadyExistsException": (AlreadyExists, ""),
    "AlreadyBeingCreatedException": (AlreadyExists, "A writer has the file open"),
    "PathComponentTooLongException": (Failed, "Shorten the name or raise dfs.namenode.fs-limits.max-component-length"),
    "MaxDirectoryItemsExceededException": (Failed, "Raise dfs.namenode.fs-limits.max-directory-items"),
    "InvalidPathException": (Failed, "HDFS does not allow this name"),
}

_LOOK = "Check the path on that site, then run again"
_BY_TEXT: tuple[tuple[str, type[Failed], str], ...] = (
    ("already a snapshot with the same name", AlreadyExists, ""),
    ("Cannot find the snapshot", NotFound, ""),
    ("the snapshot does not exist", NotFound, ""),
    ("neither snapshottable nor under a snapshot root", NotFound, "hdfs dfsadmin -allowSnapshot"),
    ("not a snapshottable directory", NotFound, "Make it snapshottable: hdfs dfsadmin -allowSnapshot"),
    ("snapshot limit is", OverQuota, "Keep fewer points (retention), protect fewer directories above them, or raise "
     "dfs.namenode.snapshot.filesystem.limit, of one directory dfs.namenode.snapshot.max.limit, of its NameNodes"),
    ("run out of snapshot IDs", OverQuota, "Nobody can take a snapshot on this cluster any more: protect fewer "
     "directories, or run less often, on another one"),
    ("must both be", AlreadyExists, ""),         # rename2 compares kinds before it says "exists"
    ("is in safe mode", NotReady, "Wait until it has left safe mode: hdfs dfsadmin -safemode get"),
)


def error_of(response: Response, subject: str) -> DrError | Lost:
    """Translates an answer that is not a success.

    Args:
        response: Any answer outside 2xx.
        subject: The path the request was about.

    Returns:
        The error to raise. A 5xx that is not the NameNode's own word (a proxy's, a dying servlet's) settles nothing.
    """
    try:
        exception = response.json()["RemoteException"]
        name, message = exception["exception"], str(exception["message"])
        if not isinstance(name, str):
            raise TypeError(name)
    except (ValueError, KeyError, TypeError):
        if response.status_code in (401, 403):
            return AccessDenied(subject, f"{_asked(response)} answered {response.status_code}",
                                "Check the credentials of this site")
        if response.status_code >= 500:
            return Lost(f"{response.status_code} without a reason from {response.url.partition('?')[0]}")
        status_line = f"{response.status_code} {response.reason}".strip()
        return Protocol(subject, f"{_asked(response)} answered {status_line} without a reason", _NO_NAMENODE)
    error = _from_remote(subject, name.rpartition(".")[2], message.partition("\n")[0])
    if type(error) is AccessDenied:  # a path says of no site which it is
        return AccessDenied(subject, f"{_asked(response)}: {error.problem}", error.remedy)
    return error


def _from_remote(subject: str, name: str, message: str) -> DrError:
    for text, kind, remedy in _BY_TEXT:
        if text in message:
            return kind(subject, message, remedy or _LOOK)
    kind, remedy = _BY_NAME.get(name, (Failed, ""))
    return kind(subject, f"{name}: {message}", remedy or _LOOK)


def _asked(response: Response) -> str:
    """Who answered: a path alone would not say on which site."""
    parts = urlsplit(response.url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def expected_shape(subject: str, asked: str) -> Iterator[None]:
    """Turns a surprise while taking an answer apart into a ``Protocol`` error about the path.

    Args:
        subject: What was asked about.
        asked: The address that answered.

    Raises:
        Protocol: The block met a missing key, another type or text that is not JSON.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as surprise:
        problem = f"the answer of {asked} is not what a NameNode answers ({surprise!r})"
        raise Protocol(subject, problem, _NO_NAMENODE) from surprise


class NotSent(Exception):
    """No connection came about, so nothing can have happened."""


class Lost(Exception):
    """The request left and no usable answer came back: it may have been carried out."""


class Late(Lost):
    """The answer did not come in time: whoever was asked hangs, or takes very long."""


class ReadBack(Enum):
    """What reading back says about a request whose answer was lost."""

    DONE = "done"
    NOT_DONE = "not done"
    CANNOT_TELL = "cannot tell"


_TLS = "no TLS connection"
_POOL = re.compile(r"^(?:HTTPS?ConnectionPool\([^)]*\)|HTTPS?Connection\([^)]*\)|<[^>]*>)(?:: |,? ?)")


def reason_of(error: BaseException) -> str:
    """Returns the innermost reason, such as ``connection refused``, without the names of a library's objects."""
    innermost = error
    for innermost in _chain(error):
        if isinstance(innermost, NewConnectionError) and _TLS in str(innermost):
            return _TLS + str(innermost).partition(_TLS)[2]
        if isinstance(innermost, OSError) and innermost.strerror:
            return _small(innermost.strerror)
    return _small(_POOL.sub("", str(innermost))) or type(innermost).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first; whatever wraps itself ends it."""
    seen: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in seen:
        seen.append(inner)
        yield inner
        held = (getattr(inner, "reason", None), *inner.args, inner.__cause__, inner.__context__)
        inner = next((one for one in held if isinstance(one, BaseException)), None)


def _small(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
