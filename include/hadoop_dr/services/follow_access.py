"""Which site an application uses now, whatever becomes of the ZooKeepers meanwhile (S2.25)."""

from __future__ import annotations

import threading

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.roles.identity import BELIEVED_S, Access
from hadoop_dr.ports.clock import Clock
from hadoop_dr.services.arbitrate import Arbitrate

REST_S = 5.0
"""For so long a ZooKeeper that did not answer is not asked again: each question would wait for its time limit."""


class FollowAccess:
    """Follows the access of one pair by arbitrating for itself; safe for many threads.

    It never goes back to a lower epoch than it has seen, and keeps its last answer while both ZooKeepers are silent.

    Args:
        pair: The pair's name.
        sites: Both sites.
        arbitrate: Reads both ZooKeepers.
        lease_s: Without an answer of the other site's ZooKeeper for so long, nothing may be changed any more, because
            that is where another primary would be announced. None: the last answer holds without an end.
    """

    def __init__(
        self, pair: str, sites: tuple[str, str], arbitrate: Arbitrate, clock: Clock, lease_s: float | None = None
    ) -> None:
        self._pair, self._sites, self._arbitrate, self._clock, self._lease_s = pair, sites, arbitrate, clock, lease_s
        self._known: Access | None = None
        self._believed_until_s = float("-inf")
        self._heard_s, self._rests_until_s = dict[str, float](), dict[str, float]()
        self._turn = threading.RLock()

    def site(self, *, changing: bool = False) -> tuple[str, int]:
        """Gives the site in use and its epoch.

        Args:
            changing: It is asked in order to change something there.

        Raises:
            Refused: No site may be used, or the lease for changes has ended.
        """
        with self._turn:
            if self._clock.monotonic_s() >= self._believed_until_s:
                self._look()
            if self._known is None or self._known.site is None:
                raise Refused(self._pair, "no site may be used now", f"See: hadoop-dr status {self._pair}")
            if changing:
                self._check_lease(self._known.site)
            return self._known.site, self._known.epoch

    def ask_again(self, *, all_of_them: bool = False) -> None:
        """Forgets how fresh the last answer is.

        Args:
            all_of_them: Also the ZooKeepers that rest because they were silent a moment ago.
        """
        with self._turn:
            self._believed_until_s = float("-inf")
            if all_of_them:
                self._rests_until_s.clear()

    def _look(self) -> None:
        began_s = self._clock.monotonic_s()
        resting = {site for site, until_s in self._rests_until_s.items() if began_s < until_s}
        found = self._arbitrate.run(publish=False, known=self._known, skip=resting)
        ended_s = self._clock.monotonic_s()
        for site in self._sites:
            if site in found.heard:
                self._heard_s[site] = began_s
            elif site not in resting:
                self._rests_until_s[site] = ended_s + REST_S
        if found.decision.site is not None or found.decision.epoch:  # without a site, it was closed in that epoch
            self._known = Access(found.decision.site, found.decision.epoch, "", "", found.decision.reason)
        self._believed_until_s = ended_s + BELIEVED_S

    def _check_lease(self, in_use: str) -> None:
        other = next(site for site in self._sites if site != in_use)
        silent_s = self._clock.monotonic_s() - self._heard_s.get(other, float("-inf"))
        if self._lease_s is not None and silent_s > self._lease_s:
            problem = f"the ZooKeeper of {other} has not answered for longer than the lease of {self._lease_s:g} s"
            raise Refused(self._pair, f"{problem}, so nothing may be changed on {in_use}", "Wait until it answers")
