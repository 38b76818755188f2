"""Posts an alarm as a JSON document."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from hadoop_dr.domain.errors import Failed, Unreachable
from hadoop_dr.domain.ledger.bodies.pair import AlarmSaid


class WebhookNotifier:
    """Posts ``{"pair", "what", "subject", "text", "stands"}``; any answer from 200 to 299 means that it arrived.

    Redirects are not followed: whoever knows the address may be meant and nobody else.

    Args:
        address: Where to; it is shown nowhere.
        within_s: For the connection, and for each part of the answer.
    """

    name = "webhook"

    def __init__(self, address: str, within_s: float = 10.0) -> None:
        self._to, self._within_s = urlsplit(address), within_s

    def tell(self, pair: str, alarm: AlarmSaid) -> None:
        """Posts it.

        Raises:
            Unreachable: No answer. Failed: Another answer.
        """
        body = {
            "pair": pair, "what": alarm.what, "subject": alarm.subject, "text": alarm.text, "stands": alarm.stands
        }  # fmt: skip
        path = (self._to.path or "/") + (f"?{self._to.query}" if self._to.query else "")
        try:
            kind = HTTPSConnection if self._to.scheme == "https" else HTTPConnection
            connection = kind(str(self._to.hostname), self._to.port, timeout=self._within_s)
            try:
                content = json.dumps(body).encode()
                connection.request("POST", path, content, {"Content-Type": "application/json"})
                status = connection.getresponse().status
            finally:
                connection.close()
        except (OSError, HTTPException, ValueError) as error:
            raise Unreachable(self.name, f"no answer ({type(error).__name__})", "Check its address") from None
        if not 200 <= status < 300:
            raise Failed(self.name, f"it answered with {status}", "Check its address")
