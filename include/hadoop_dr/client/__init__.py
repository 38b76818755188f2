"""What an application needs to use whichever site of a pair is in use (S2.25).

    from hadoop_dr.client import DrClient

    with DrClient("east-west") as client:
        files = client.filesystem()
        with files.open("/data/orders/new", "wb") as out:
            out.write(b"...")

The client arbitrates by itself on both ZooKeepers: it needs no Airflow, and no controller that is alive. It
never goes back to an older epoch. While both are silent it stays there, and writes until the pair's ``lease`` ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hadoop_dr.bootstrap.access import PairAccess

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
        from hadoop_dr.bootstrap.access import PairAccess

        self._access: PairAccess = PairAccess(pair, "client", home)

    def endpoints(self) -> Endpoints:
        """Says where the site in use answers.

        Raises:
            Refused: No site may be used: none was ever heard of.
        """
        found, site, epoch = self._access.addresses()
        return Endpoints(site, epoch, found.hdfs, found.webhdfs, found.hive, found.hiveserver2)

    def filesystem(self) -> Any:
        """Gives an fsspec file system; each call goes to the site that is in use when it begins."""
        from hadoop_dr.bootstrap.access import file_system_of

        return file_system_of(self._access)

    def ask_again(self) -> None:
        """Forgets how fresh the last answer is, which is believed for a second."""
        self._access.ask_again(all_of_them=True)

    def close(self) -> None:
        """Closes the connections."""
        self._access.close()

    def __enter__(self) -> DrClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
