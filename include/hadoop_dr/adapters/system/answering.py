"""A page that says yes or no with its HTTP status, for load balancers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hadoop_dr.domain.errors import Failed

_SILENT_S = 10.0
"""For so long a connection may say nothing."""


class YesOrNo:
    """Answers each GET and HEAD, whatever its path, with 200 or 503 and a JSON document.

    Args:
        host, port: Where it listens; port 0 for any that is free.
        ask: Gives yes or no, and the document; called by many threads.

    Attributes:
        url: Where it answers.

    Raises:
        Failed: The port cannot be had.
    """

    def __init__(self, host: str, port: int, ask: Callable[[], tuple[bool, Mapping[str, Any]]]) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = _SILENT_S

            def do_GET(self) -> None:
                yes, document = ask()
                body = json.dumps(document).encode() + b"\n"
                self.send_response(200 if yes else 503)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, format: str, *values: Any) -> None:
                """A load balancer asks every second: nothing is said."""

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except (OSError, OverflowError, UnicodeError) as error:
            remedy = "Choose an address of this host, and a port that is free"
            raise Failed(f"{host}:{port}", f"cannot be listened on ({error})", remedy) from error
        self.url = f"http://{host}:{self._server.server_port}/"

    def serve(self) -> None:
        """Answers until `stop`."""
        self._server.serve_forever()

    def stop(self) -> None:
        """Ends `serve`, which runs on another thread."""
        self._server.shutdown()

    def close(self) -> None:
        """Gives the port back."""
        self._server.server_close()
