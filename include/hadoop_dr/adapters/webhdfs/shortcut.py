"""Reads by the thousand: the same questions with a quarter of the cost of each.

A plan of many new files asks the NameNode one question for each, and then most of the time goes into making and taking
apart requests, not into answering them. This way is taken for reads over plain HTTP without credentials. It gives the
answer or nothing at all: whatever is unusual is left to the ordinary way, which knows about failovers and errors.
"""

from __future__ import annotations

import json
from collections import deque
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from hadoop_dr.adapters.webhdfs.client import PREFIX
from hadoop_dr.adapters.webhdfs.errors import refuse_missing
from hadoop_dr.ports.requests import Note, nobody

_IDLE = 64


class Shortcut:
    """Questions to the NameNodes of one site. Safe for many threads.

    Args:
        user: Sent as ``user.name``.
        wait_s: How long an answer may take before the ordinary way is tried.
        note: Told of each request.
    """

    def __init__(self, user: str, wait_s: float, note: Note = nobody) -> None:
        self._user, self._wait_s, self._note = user, wait_s, note
        self._idle: dict[str, deque[HTTPConnection]] = {}

    def ask(self, url: str, path: str, **params: str) -> Any | None:
        """Gives the answer as JSON; None when there is none that this way understands.

        Raises:
            NotFound: The NameNode says in its own words that nothing lies there.
        """
        address = urlsplit(url)
        if address.scheme != "http" or address.path.strip("/"):
            return None
        idle = self._idle.setdefault(address.netloc, deque())
        try:
            connection = idle.pop()
        except IndexError:
            connection = HTTPConnection(address.netloc, timeout=self._wait_s)
        query = urlencode({**params, "user.name": self._user})
        self._note(params.get("op", "GET"))
        try:
            connection.request("GET", f"{PREFIX}{quote(path, safe='/=')}?{query}")
            response = connection.getresponse()
            body = response.read()
            answer = json.loads(body) if response.status in (200, 404) else None
        except (OSError, HTTPException, ValueError):
            connection.close()
            return None
        if len(idle) < _IDLE:
            idle.append(connection)
        else:
            connection.close()
        if answer is not None and response.status == 404:
            refuse_missing(answer, path)
            return None
        return answer

    def close(self) -> None:
        """Gives the connections back."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()
