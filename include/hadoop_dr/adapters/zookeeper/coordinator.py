"""The coordinator port over a real ZooKeeper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kazoo.client import KazooClient
from kazoo.exceptions import BadVersionError, NodeExistsError, NoNodeError

from hadoop_dr.adapters.zookeeper.connection import AnswerLost, Connection
from hadoop_dr.adapters.zookeeper.settings import ZooKeeperSettings
from hadoop_dr.domain.errors import AlreadyExists, DrError, NotFound, Superseded, Unknown, Unreachable
from hadoop_dr.ports.coordinator import Document

_MEND = "Read it again and decide again"
_LAB = ZooKeeperSettings()


class ZooKeeperCoordinator:
    """Documents in one site's ZooKeeper; see the port for what each method promises.

    Args:
        hosts: ``host:port,host:port``, as in the pair file.
        site: Whose ZooKeeper it is, for messages.
        settings: Limits and credentials.
    """

    def __init__(self, hosts: str, site: str, settings: ZooKeeperSettings = _LAB) -> None:
        self._site, self._settings = site, settings
        self._connection = Connection(hosts, site, settings)

    def read(self, path: str) -> Document | None:
        """Reads after a sync, so that a server which lags behind catches up first."""
        try:
            return self._read_once(path)
        except AnswerLost:
            pass
        try:
            return self._read_once(path)
        except AnswerLost as lost:
            remedy = "Start that ZooKeeper, or repair the network to it"
            raise Unreachable(self._named(path), "the connection broke while reading", remedy) from lost

    def _read_once(self, path: str) -> Document | None:
        try:
            self._connection.ask(path, lambda client: client.sync_async(path))
            data, stat = self._connection.ask(path, lambda client: client.get_async(path))
        except NoNodeError:
            return None
        return Document(data, stat.version, stat.mzxid)

    def create(self, path: str, data: bytes) -> Document:
        """Creates with the settings' rights; a lost answer is read back."""
        acl = self._settings.acl()

        def send(client: KazooClient) -> Any:
            return client.create_async(path, data, acl=acl, makepath=True, include_data=True)

        def judge(found: Document | None) -> Document | None:
            if found is None:
                return None
            if found.version == 0 and found.data == data:
                return found
            if found.version > 0:
                raise Unknown(self._named(path), "another writer changed it while the answer was lost", _MEND)
            raise AlreadyExists(self._named(path), "the node already exists", _MEND)

        return self._effect(path, send, judge, lambda answer: Document(data, answer[1].version, answer[1].mzxid))

    def write(self, path: str, data: bytes, version: int) -> Document:
        """Compares and sets; a lost answer is read back."""

        def send(client: KazooClient) -> Any:
            return client.set_async(path, data, version=version)

        def judge(found: Document | None) -> Document | None:
            if found is None:
                raise NotFound(self._named(path), "the node is gone", _MEND)
            if found.version == version:
                return None
            if found.version == version + 1 and found.data == data:
                return found
            if found.version == version + 1:
                raise Superseded(self._named(path), f"another writer made version {found.version} first", _MEND)
            raise Unknown(self._named(path), "another writer changed it while the answer was lost", _MEND)

        return self._effect(path, send, judge, lambda stat: Document(data, stat.version, stat.mzxid))

    def watch(self, path: str, wake: Callable[[], None]) -> None:
        """Arms a watch; the connection arms it again after every event."""
        self._connection.watch(path, wake)

    def close(self) -> None:
        """Ends the connection; a request that comes later, from a thread that was left behind, opens none."""
        self._connection.close()

    def _effect(
        self,
        path: str,
        send: Callable[[KazooClient], Any],
        judge: Callable[[Document | None], Document | None],
        done: Callable[[Any], Document],
    ) -> Document:
        """Sends an effect; when its answer is lost, reads back and sends it once more only if it did not happen.

        Sending twice is safe here alone: of two requests that compare with the same version, one at most can win.

        Args:
            path: The node.
            send: Begins the request.
            judge: Judges what reading back found: the document if the effect is ours, None if it has not happened.
            done: Makes the document of an answer.
        """
        try:
            return done(self._connection.ask(path, send))
        except BadVersionError as wrong:
            raise Superseded(self._named(path), "another writer changed it since it was read", _MEND) from wrong
        except NodeExistsError as exists:
            raise AlreadyExists(self._named(path), "the node already exists", _MEND) from exists
        except NoNodeError as missing:
            raise NotFound(self._named(path), "the node does not exist", "Create it first") from missing
        except AnswerLost:
            pass
        if (found := judge(self._read_back(path))) is not None:
            return found
        try:
            return done(self._connection.ask(path, send))
        except (AnswerLost, BadVersionError, NodeExistsError, NoNodeError, DrError):
            # The first request may have arrived after all, just now.
            if (found := judge(self._read_back(path))) is not None:
                return found
        raise self._unknown(path)

    def _read_back(self, path: str) -> Document | None:
        try:
            return self.read(path)
        except DrError as unreadable:
            raise self._unknown(path) from unreadable

    def _unknown(self, path: str) -> Unknown:
        remedy = "Read it when that ZooKeeper answers again"
        return Unknown(self._named(path), "the answer to a change was lost", remedy)

    def _named(self, path: str) -> str:
        return f"{self._site}: {path}"
