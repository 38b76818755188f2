"""What the client library has to say while it looks for a server."""

from __future__ import annotations

import logging
from typing import Any


class ConnectionLog(logging.LoggerAdapter[logging.Logger]):
    """The library's log of one client.

    The library warns of every attempt that fails, once a second and without a site's name. Whoever asked gets one
    error of ours that names the site, with the last of those warnings as its reason; so a warning is only information
    here. An error of the library, such as an exception it did not expect, stays one.

    Attributes:
        reason: The last warning that said why; empty when there was none.
    """

    def __init__(self) -> None:
        super().__init__(logging.getLogger("kazoo.client"))
        self.reason = ""

    def log(self, level: int, msg: object, *args: Any, **kwargs: Any) -> None:
        """Passes a line on."""
        if level == logging.WARNING:
            level = logging.INFO
            if args:  # those without arguments name a new state of the client, not its cause
                self.reason = str(msg) % args
        super().log(level, msg, *args, **kwargs)
