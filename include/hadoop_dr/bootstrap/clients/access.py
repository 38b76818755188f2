"""What an application uses now, by arbitrating on both ZooKeepers itself (S2.25)."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.bootstrap.arbitration import open_following
from hadoop_dr.bootstrap.connections import hive_connection
from hadoop_dr.bootstrap.login import login_to
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.config.pair import Addresses
from hadoop_dr.domain.errors import Refused


class PairAccess:
    """Follows the access of one pair; safe for many threads, but not across a fork.

    Args:
        pair: Its name.
        by: Who asks, for messages.
        home: The directory with the user's files; found when None.
    """

    def __init__(self, pair: str, by: str, home: Path | None = None) -> None:
        self._home = home or settings.find_home()
        self._pair, self._stack = settings.load_pair(self._home, pair), ExitStack()
        self._following = self._stack.enter_context(open_following(pair, by, self._home))

    def ask_again(self, *, all_of_them: bool = False) -> None:
        """Forgets how fresh the last answer is; see `FollowAccess`."""
        self._following.ask_again(all_of_them=all_of_them)

    def addresses(self, changing: bool = False) -> tuple[Addresses, str, int]:
        """Returns the addresses of the site in use, its name, and its epoch.

        Raises:
            Refused: No site may be used, or nothing may be changed any more.
        """
        site, epoch = self._following.site(changing=changing)
        return settings.addresses(self._home, self._pair.site(site)), site, epoch

    def hdfs(self, changing: bool) -> tuple[HdfsAddress, int]:
        """Returns where its HDFS is and who asks there, with the epoch; errors as of `addresses`."""
        found, site, epoch = self.addresses(changing)
        return login_to(site).hdfs(found), epoch

    def hive(self, timeout_s: float) -> Any:
        """Connects to its HiveServer2 with PyHive.

        Args:
            timeout_s: How long one answer may take.

        Raises:
            Refused: As of `addresses`, or it has none.
            Unreachable: It does not answer.
        """
        found, site, _ = self.addresses(changing=True)
        if found.hiveserver2 is None:
            raise Refused(site, "has no HiveServer2 that the pair's file names", "Add 'hiveserver2: host:10000' to it")
        return hive_connection(site, found.hiveserver2, login_to(site), timeout_s)

    def close(self) -> None:
        """Closes the connections."""
        self._stack.close()


def file_system_of(access: PairAccess) -> object:
    """Makes the fsspec file system that follows an access."""
    from hadoop_dr.adapters.fsspec_hdfs import following

    return following(access.hdfs, access.ask_again)
