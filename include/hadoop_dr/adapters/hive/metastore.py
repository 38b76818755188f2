"""One site's Hive metastore as a port."""

from __future__ import annotations

from hadoop_dr.adapters.hive.changes import ChangingHalf
from hadoop_dr.adapters.hive.client import Client


class HiveMetastore(ChangingHalf):
    """The real ``ports.metastore.Metastore``; for one thread, to be made inside the process that uses it."""

    def __init__(self, site: str, name: str, client: Client) -> None:
        """Takes a client; nothing is contacted yet.

        Args:
            site: The site's name.
            name: Which of the site's metastores, e.g. ``hive``.
            client: Connection to its addresses.
        """
        self.site, self.name, self._client = site, name, client

    def close(self) -> None:
        """See the port."""
        self._client.close()
