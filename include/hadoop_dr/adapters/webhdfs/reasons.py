"""Why a request got no answer, in a person's words: the libraries wrap the one that matters in several of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from urllib3.exceptions import NewConnectionError

_TLS = "no TLS connection"
_POOL = re.compile(r"^(?:HTTPS?ConnectionPool\([^)]*\)|HTTPS?Connection\([^)]*\)|<[^>]*>)(?:: |,? ?)")


def reason_of(error: BaseException) -> str:
    """Gives the innermost reason, such as ``connection refused``, without the names of a library's objects."""
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
