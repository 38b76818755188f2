"""One connection to a ZooKeeper that never sends anything late.

The client library keeps requests in a queue while it is disconnected and sends them whenever it is back. That must not
happen to an effect, so a request is made only while connected, and a request that got no answer in time, or one that
nobody understands, takes the whole client with it, queue included; the next call makes a new one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from kazoo.client import KazooClient
from kazoo.exceptions import (
    AuthFailedError,
    BadVersionError,
    ConnectionLoss,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    OperationTimeoutError,
    SessionExpiredError,
)
from kazoo.protocol.states import KazooState

from hadoop_dr.adapters.zookeeper.log import ConnectionLog
from hadoop_dr.adapters.zookeeper.settings import ZooKeeperSettings
from hadoop_dr.domain.errors import AccessDenied, Unreachable


class AnswerLost(Exception):
    """A request was sent, perhaps, and no answer came; the caller reads back."""


class Connection:
    """Opens, checks and replaces the client; made in the process that uses it, because it does not survive a fork."""

    def __init__(self, hosts: str, site: str, settings: ZooKeeperSettings) -> None:
        self._hosts, self._site, self._settings = hosts, site, settings
        self._client: KazooClient | None = None
        self._connected = threading.Event()
        self._watches: dict[str, list[Callable[[], None]]] = {}
        self._closed = False
        self._guard = threading.RLock()

    def ask(self, subject: str, request: Callable[[KazooClient], Any]) -> Any:
        """Makes one request and waits for its answer.

        Args:
            subject: What the request is about, for messages.
            request: Begins the request on a client and gives its asynchronous result.

        Raises:
            Unreachable: There was no connection, so nothing was sent.
            AccessDenied: The server knows us and says no.
            AnswerLost: Anything may have happened.
            NoNodeError, NodeExistsError, BadVersionError: As the server says.
        """
        client = self._open()
        asked = request(client)
        try:
            return asked.get(timeout=self._settings.timeout_s)
        except (NoNodeError, NodeExistsError, BadVersionError):
            raise
        except (ConnectionLoss, OperationTimeoutError, SessionExpiredError) as lost:
            raise AnswerLost from lost
        except (NoAuthError, AuthFailedError) as denied:
            remedy = "Give this controller the rights, or the credentials, of whoever made the node"
            raise AccessDenied(f"{self._site}: {subject}", "ZooKeeper refuses access", remedy) from denied
        except Exception as late_or_strange:
            self.drop()
            raise AnswerLost from late_or_strange

    def watch(self, path: str, wake: Callable[[], None]) -> None:
        """Arms a watch now and again after every event and every new connection."""
        client = self._open()
        with self._guard:
            self._refuse_when_closed()
            self._watches.setdefault(path, []).append(wake)
        self._arm(client, path)

    def close(self) -> None:
        """Ends the connection for good: a thread that is still on its way to a request makes no new client."""
        with self._guard:
            self._closed = True
            self._watches.clear()
        self.drop()

    def drop(self) -> None:
        """Throws the client away together with everything it has not sent."""
        with self._guard:
            client, self._client = self._client, None
        if client is not None:
            # Ending a session waits for a server that may be the one that does not answer.
            threading.Thread(target=_end, args=(client,), daemon=True, name="zookeeper-end").start()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Unreachable(f"{self._site} ({self._hosts})", "the connection is closed", "Run the command again")

    def _open(self) -> KazooClient:
        with self._guard:
            self._refuse_when_closed()
            client = self._client
            if client is None:
                self._connected = threading.Event()
                self._client = client = KazooClient(logger=ConnectionLog(), **self._settings.options(self._hosts))
                client.add_listener(partial(self._on_state, client, self._connected))
                client.start_async()
            connected = self._connected
        if not connected.wait(self._settings.timeout_s) or client.state != KazooState.CONNECTED:
            self.drop()
            remedy = "Start that ZooKeeper, or repair the network to it"
            why = f" ({client.logger.reason})" if client.logger.reason else ""
            problem = f"ZooKeeper does not answer within {self._settings.timeout_s:g} s{why}"
            raise Unreachable(f"{self._site} ({self._hosts})", problem, remedy)
        return client

    def _on_state(self, client: KazooClient, connected: threading.Event, state: str) -> None:
        """Follows one client, also one that is on its way out; runs on a thread of it, which must not be blocked."""
        if state == KazooState.CONNECTED:
            connected.set()
            client.handler.spawn(self._arm_all, client)
        else:
            connected.clear()
        self._wake(*list(self._watches))

    def _arm_all(self, client: KazooClient) -> None:
        for path in list(self._watches):
            self._arm(client, path)

    def _arm(self, client: KazooClient, path: str) -> None:
        def changed(_event: object) -> None:
            in_use = client is self._client
            if in_use and client.state == KazooState.CONNECTED:
                self._arm(client, path)
            else:
                self._wake(path)

        # Woken only once the watch stands again: what changed in between is then seen by whoever reads after waking.
        client.exists_async(path, watch=changed).rawlink(lambda _answer: self._wake(path))

    def _wake(self, *paths: str) -> None:
        for path in paths:
            for wake in list(self._watches.get(path, ())):
                wake()


def _end(client: KazooClient) -> None:
    for step in (client.stop, client.close):
        with contextlib.suppress(Exception):
            step()
