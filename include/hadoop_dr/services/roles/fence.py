"""The fence of a site's roots: nobody makes a file there or gets another block (faults 60, 63).

HDFS has no switch that stops writers. A quota of one name and one byte does it for everybody, superusers included:
create, append, mkdir and every new block are refused (measured). A writer who has a file open still fills the block it
was given; so the fence stands only once no file is open. Deletes and renames go on: a snapshot shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from hadoop_dr.domain.errors import NotFound, OverQuota
from hadoop_dr.domain.tree.quotas import NONE_SET, QuotaSet
from hadoop_dr.ports.clock import Clock, TokenSource
from hadoop_dr.ports.mover import Mover, RecoverLease
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import map_bounded

GRACE_S = 10.0
"""For so long a writer may close its file by itself; then it loses its lease."""
LIMIT_S = 90.0
"""After so long a file that is still open is said to be so: its last block is recovered within seconds, or not."""
_POLL_S = 0.5


class Fence:
    """Fences the roots of one site.

    Args:
        site: Its name.
        namenode: Its name space.
        mover: Works within that site; it ends leases, which no request of the other port does.
    """

    def __init__(self, site: str, namenode: NameNode, mover: Mover, clock: Clock, tokens: TokenSource) -> None:
        self.site, self._namenode, self._mover = site, namenode, mover
        self._clock, self._tokens = clock, tokens

    def quotas(self, roots: Iterable[str]) -> dict[str, QuotaSet]:
        """Gives the quotas of roots as they are now.

        Raises:
            NotFound: One does not exist.
        """
        roots = list(roots)
        found = map_bounded(self._namenode.quota, roots)
        return {
            root: QuotaSet(quota.namespace, quota.space_bytes, quota.by_type)
            for root, quota in zip(roots, found, strict=True)
        }

    def set(self, roots: Iterable[str]) -> None:
        """Sets the fence on roots; it may stand there already."""
        self._each(lambda root: self._namenode.set_quota(root, 1, 1), roots)

    def lift(self, quotas: Mapping[str, QuotaSet], *, keep: bool) -> None:
        """Lifts it; what is lifted already stays so, and a root that is gone is passed over.

        Args:
            quotas: The quotas that it replaced, by root.
            keep: Set them again; a secondary has none, because snapshots count against them.
        """

        def one(root: str) -> None:
            wanted = quotas[root] if keep else NONE_SET
            with suppress(NotFound):
                self._namenode.set_quota(root, wanted.namespace, wanted.space_bytes)

        self._each(one, quotas)

    def holes(self, roots: Iterable[str]) -> list[str]:
        """Tries to make something in each root, and gives those in which that is not refused."""

        def one(root: str) -> str:
            probe = f"{root}/.hadoop-dr-probe-{self._tokens.token()}"
            try:
                self._namenode.make_directory(probe, 0o700)
            except OverQuota:
                return ""
            self._namenode.delete(probe)
            return root

        return [root for root in map_bounded(one, roots) if root]

    def open_files(self, roots: Iterable[str]) -> list[str]:
        """Files that a writer has open below roots now, sorted."""
        return sorted(path for found in map_bounded(self._namenode.open_files, roots) for path in found)

    def close_files(self, roots: Sequence[str], tell: Callable[[str], None]) -> list[str]:
        """Waits until no file is open, and ends the leases of those that stay so.

        Args:
            tell: Told what is waited for.

        Returns:
            Files that are open all the same, sorted.
        """
        begun_s = self._clock.monotonic_s()
        while still := self.open_files(roots):
            waited_s = self._clock.monotonic_s() - begun_s
            if waited_s >= LIMIT_S:
                break
            if waited_s < _POLL_S:
                tell(f"wait for {still[0]}, which is open")
            if waited_s >= GRACE_S:
                for _ in self._mover.apply(RecoverLease(key, path) for key, path in enumerate(still)):
                    pass
            self._clock.sleep_until(self._clock.monotonic_s() + _POLL_S)
        return still

    @staticmethod
    def _each(act: Callable[[str], None], roots: Iterable[str]) -> None:
        for _ in map_bounded(act, roots):
            pass
