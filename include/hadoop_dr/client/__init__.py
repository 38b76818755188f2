"""What an application needs to use whichever site of a pair is in use (S2.25).

    from hadoop_dr.client import DrClient

    with DrClient("east-west") as client:
        files = client.filesystem()
        with files.open("/data/orders/new", "wb") as out:
            out.write(b"...")
        rows = client.hive().cursor()
        client.on_switch(lambda endpoints: print("now", endpoints.site))

Libraries that know fsspec open ``hadoopdr://east-west/data/orders/new`` without it; pyarrow wants ``fsspec+`` in front.
The client arbitrates by itself on both ZooKeepers: it needs no Airflow, and no controller that is alive. It
never goes back to an older epoch. While both are silent it stays there, and writes until the pair's ``lease`` ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from hadoop_dr.client.switches import Switches

if TYPE_CHECKING:
    from hadoop_dr.bootstrap.clients.access import PairAccess

__all__ = ["DrClient", "Endpoints"]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the site in use answers.

    Attributes:
        site: Its name.
        epoch: Grows with every switch.
        hdfs: The file system's address, ``hdfs://...``.
        webhdfs: Its HTTP addresses.
        metastores: Thrift addresses of its Hive metastore.
        hiveserver2: host:port, or None.
    """

    site: str
    epoch: int
    hdfs: str
    webhdfs: tuple[str, ...]
    metastores: tuple[str, ...]
    hiveserver2: str | None


class DrClient:
    """One application's way to a pair.

    Args:
        pair: Name of the pair.
        home: The directory with the pair's file; found when None.
    """

    def __init__(self, pair: str, home: Path | None = None) -> None:
        from hadoop_dr.bootstrap.clients.access import PairAccess

        self._access: PairAccess = PairAccess(pair, "client", home)
        self._switches = Switches(self._in_use)

    def endpoints(self) -> Endpoints:
        """Says where the site in use answers.

        Raises:
            Refused: No site may be used: none was ever heard of.
        """
        found, site, epoch = self._access.addresses()
        return Endpoints(site, epoch, found.hdfs, found.webhdfs, found.hive, found.hiveserver2)

    def filesystem(self) -> Any:
        """Returns an fsspec file system; each call goes to the site that is in use when it begins."""
        from hadoop_dr.bootstrap.clients.access import file_system_of

        return file_system_of(self._access)

    def hive(self, timeout_s: float = 3600.0) -> Any:
        """Connects to the HiveServer2 of the site in use.

        Args:
            timeout_s: How long one answer may take; a query that is not asynchronous is one.

        Returns:
            A connection of PyHive (DB-API 2.0). It stays where it was made: make another one after a switch.

        Raises:
            Refused: No site may be used, nothing may be changed any more, or that site has no HiveServer2.
            Unreachable: It does not answer.
        """
        return self._access.hive(timeout_s)

    def on_switch(self, callback: Callable[[Endpoints], object]) -> None:
        """Calls back with the new endpoints after each switch, within a second or two, until the client is closed.

        It is called on a thread of the client, which looks once a second; an exception is logged.
        """
        self._switches.add(callback)

    def ask_again(self) -> None:
        """Forgets how fresh the last answer is, which is believed for a second."""
        self._access.ask_again(all_of_them=True)

    def close(self) -> None:
        """Closes the connections, and calls nobody back any more."""
        self._switches.close()
        self._access.close()

    def _in_use(self) -> tuple[object, Endpoints]:
        found = self.endpoints()
        return (found.site, found.epoch), found

    def __enter__(self) -> DrClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
