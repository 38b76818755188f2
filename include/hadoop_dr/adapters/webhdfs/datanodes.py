"""Operations that a NameNode redirects to a DataNode, which is asked straight away the next time.

Any DataNode reads and writes any file of its cluster: where a NameNode sends us is advice, and the same for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import requests

from hadoop_dr.adapters.webhdfs.client import PREFIX, OneNameNode
from hadoop_dr.adapters.webhdfs.errors import Late, Lost, NotSent, error_of
from hadoop_dr.adapters.webhdfs.uploads import Moved
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.ports.clock import Clock

Redirect = Callable[[], requests.Response]

_FRESH_S = 60.0
_DONE = (200, 201)


class KnownWays:
    """Where NameNodes sent us a moment ago, by verb: the DataNode, and what it has to be told. Safe for many threads.

    Only for questions that differ in nothing but their path, and for connections without credentials.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ways: dict[str, tuple[float, str]] = {}

    def note(self, method: str, location: str) -> None:
        """Remembers a redirect."""
        self._ways[method] = self._clock.monotonic_s(), location

    def forget(self, method: str) -> None:
        """That way led nowhere."""
        self._ways.pop(method, None)

    def to(self, method: str, path: str) -> str | None:
        """The same for another path; None when nobody sent us anywhere lately."""
        noted = self._ways.get(method)
        if noted is None or self._clock.monotonic_s() - noted[0] > _FRESH_S:
            return None
        return _with_path(noted[1], path)


def _with_path(location: str, path: str) -> str:
    return urlsplit(location)._replace(path=PREFIX + quote(path, safe="/=")).geturl()


class Redirected:
    """One operation, followed by hand: when a DataNode fails the NameNode is asked again, which chooses anew.

    It cannot be told which one to leave out: it knows DataNodes by the port they transfer blocks on, and a redirect
    names the one of HTTP (seen with 3.5.0).
    """

    def __init__(self, subject: str, method: str, wait_s: float, data: bytes | None = None,
                 ways: KnownWays | None = None, moved: Moved = lambda pieces: None) -> None:
        """Describes the second half.

        Args:
            subject: The path, for errors.
            method: HTTP verb of the request to the DataNode.
            wait_s: How long it may compute before it answers, and may take no more of a body.
            data: Body of that request.
            ways: Ways of this very operation, to be gone without asking again.
            moved: Told of each piece of the body that left.
        """
        self._subject, self._method, self._wait_s, self._data = subject, method, wait_s, data
        self._ways, self._moved = ways, moved

    def follow(self, node: OneNameNode, ask: Redirect) -> requests.Response:
        """Asks the NameNode for a DataNode and has that one do the work.

        Raises:
            NotSent: No DataNode was reached. Lost: It did not answer in full. Or the error it answered.
        """
        answer = ask()
        sent_to = answer.headers.get("Location")
        if sent_to is None:
            return answer
        # The NameNode composes decomposed letters in the path it redirects to; that would be another file.
        location = _with_path(sent_to, self._subject)
        try:
            done = self._exchange(node, location)
        except Late as problem:      # says nothing of the NameNode that sent us there
            raise Lost(str(problem)) from problem
        if done.status_code >= 400:
            raise error_of(done, self._subject)
        if self._ways:
            self._ways.note(self._method, location)
        return done

    def straight(self, node: OneNameNode) -> requests.Response | None:
        """Goes the way of the last time; None when there is none, or it led nowhere and nothing can have happened.

        Raises:
            NotFound: Nothing lies there, as the DataNode says, or no directory for it.
            Lost: It may have been carried out.
        """
        location = self._ways.to(self._method, self._subject) if self._ways else None
        if location is None or self._ways is None:
            return None
        try:
            done = self._exchange(node, location)
        except NotSent:
            self._ways.forget(self._method)
            return None
        except Lost as problem:
            self._ways.forget(self._method)
            raise Lost(str(problem)) from problem  # says nothing of the NameNode
        if done.status_code in _DONE:  # the way gets no younger by being gone: its NameNode is asked now and then
            return done
        self._ways.forget(self._method)
        if done.status_code < 400:  # somebody else answers at that address
            raise Lost(f"{done.status_code} is not an answer of a DataNode")
        refused = error_of(done, self._subject)
        if isinstance(refused, NotFound):
            raise refused
        raise Lost(str(refused))

    def _exchange(self, node: OneNameNode, location: str) -> requests.Response:
        return node.exchange(self._method, location, data=self._data, timeout=(node.connect_s, self._wait_s),
                             allow_redirects=False, moved=self._moved)
