"""Operations that a NameNode redirects to a DataNode."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import requests

from hadoop_dr.adapters.webhdfs.client import PREFIX, OneNameNode
from hadoop_dr.adapters.webhdfs.errors import Late, Lost, NotSent, error_of

Redirect = Callable[..., requests.Response]


class Redirected:
    """One operation, followed by hand: a DataNode that fails is left out when the NameNode is asked again."""

    def __init__(self, subject: str, method: str, wait_s: float, data: bytes | None = None) -> None:
        """Describes the second half.

        Args:
            subject: The path, for errors.
            method: HTTP verb of the request to the DataNode.
            wait_s: How long it may compute before it answers.
            data: Body of that request.
        """
        self._subject, self._method, self._wait_s, self._data = subject, method, wait_s, data
        self._failed: set[str] = set()

    def follow(self, node: OneNameNode, ask: Redirect) -> requests.Response:
        """Asks the NameNode for a DataNode and has that one do the work.

        Raises:
            NotSent: No DataNode was reached. Lost: It did not answer in full. Or the error it answered.
        """
        left_out = {"excludedatanodes": ",".join(sorted(self._failed))} if self._failed else {}
        answer = ask(**left_out)
        if "Location" not in answer.headers:
            return answer
        # The NameNode composes decomposed letters in the path it redirects to; that would be another file.
        location = urlsplit(answer.headers["Location"])._replace(path=PREFIX + quote(self._subject, safe="/=")).geturl()
        try:
            done = node.exchange(self._method, location, data=self._data, timeout=(node.connect_s, self._wait_s),
                                 allow_redirects=False)
        except (NotSent, Lost) as problem:
            self._failed.add(urlsplit(location).netloc)
            if isinstance(problem, Late):      # says nothing of the NameNode that sent us there
                raise Lost(str(problem)) from problem
            raise
        if done.status_code >= 400:
            raise error_of(done, self._subject)
        return done
