"""Which site an application uses now, by arbitrating on both ZooKeepers itself (S2.25)."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.bootstrap.arbitration import open_arbitration
from hadoop_dr.bootstrap.login import login_to
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.config.pair import Addresses
from hadoop_dr.domain.errors import Refused

_BELIEVED_S = 1.0
"""For so long an answer is believed without another look."""


class PairAccess:
    """Follows the access of one pair; not for several threads at once.

    Args:
        pair: Its name.
        by: Who asks, for messages.
        home: The directory with the user's files; found when None.
    """

    def __init__(self, pair: str, by: str, home: Path | None = None) -> None:
        self._home = home or settings.find_home()
        self._pair, self._stack, self._clock = settings.load_pair(self._home, pair), ExitStack(), SystemClock()
        self._arbitration = self._stack.enter_context(open_arbitration(pair, by, self._home))
        self._site: str | None = None
        self._epoch, self._asked_s = 0, float("-inf")

    def site(self) -> tuple[str, int]:
        """Returns the site in use and its epoch.

        Raises:
            Refused: No site may be used.
        """
        if self._clock.monotonic_s() - self._asked_s > _BELIEVED_S:
            asked_s = self._clock.monotonic_s()
            decision = self._arbitration.run(publish=False).decision
            self._site, self._epoch, self._asked_s = decision.site, decision.epoch, asked_s
        if self._site is None:
            raise Refused(self._pair.name, "no site may be used now", f"See: hadoop-dr status {self._pair.name}")
        return self._site, self._epoch

    def ask_again(self) -> None:
        """Forgets the last answer."""
        self._asked_s = float("-inf")

    def addresses(self) -> tuple[Addresses, str, int]:
        """Returns the addresses of the site in use, its name, and its epoch."""
        site, epoch = self.site()
        return settings.addresses(self._home, self._pair.site(site)), site, epoch

    def hdfs(self) -> tuple[HdfsAddress, int]:
        """Returns where its HDFS is and who asks there, with the epoch."""
        found, site, epoch = self.addresses()
        return login_to(site).hdfs(found), epoch

    def close(self) -> None:
        """Closes the connections."""
        self._stack.close()


def file_system_of(access: PairAccess) -> object:
    """Makes the fsspec file system that follows an access."""
    from hadoop_dr.adapters.fsspec_hdfs import following

    return following(access.hdfs, access.ask_again)
