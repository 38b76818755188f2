"""Configuration files of Hadoop's own clients, kept up to date on a gateway host (S2.25)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.adapters.system.files import replace_text
from hadoop_dr.bootstrap.clients.access import PairAccess
from hadoop_dr.domain.roles.client_files import client_files

_EVERY_S = 1.0


class ClientAgent:
    """Writes the files of the site in use into a directory.

    Args:
        pair: Name of the pair, which is also the logical name of the file system.
    """

    def __init__(self, pair: str, access: PairAccess, directory: Path) -> None:
        self._pair, self._access, self._directory, self._clock = pair, access, directory, SystemClock()

    def refresh(self) -> dict[str, Any]:
        """Asks which site is in use, and replaces each file that says something else.

        Returns:
            What is in use, and the names of the files that were written.

        Raises:
            Refused: No site may be used; the files stay as they are.
            Failed: A file cannot be written.
        """
        found, site, epoch = self._access.addresses()
        note = f"written by hadoop-dr client agent {self._pair}: {site} is in use, epoch {epoch}"
        files = client_files(self._pair, found, note)
        # hdfs-site.xml first: it gives the name that core-site.xml uses.
        order = sorted(files, key=lambda name: name != "hdfs-site.xml")
        written = [name for name in order if replace_text(self._directory / name, files[name])]
        told = {"pair": self._pair, "site": site, "epoch": epoch}
        return told | {"directory": str(self._directory), "written": written}

    def wait(self) -> None:
        """Waits until it is time to ask again."""
        self._clock.sleep_until(self._clock.monotonic_s() + _EVERY_S)


@contextmanager
def open_client_agent(pair: str, directory: str) -> Iterator[ClientAgent]:
    """Reaches both ZooKeepers of a pair.

    Raises:
        BadInput: The pair file is wrong; before any connection.
    """
    access = PairAccess(pair, "client agent")
    try:
        yield ClientAgent(pair, access, Path(directory))
    finally:
        access.close()
