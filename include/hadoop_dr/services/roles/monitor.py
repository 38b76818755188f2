"""The monitor of a pair: looks at both sites, holds back new points, and tells people (S0.1 to S0.4, I4).

    look        every node of both sites, within one deadline
    hold        decided on the newest state of the ledger; before anybody is told anything
    alarms      to the ledger, as soon as it can be written; kept until then
    told        by each notifier, in a thread of its own: no decision waits for a mail server
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.ledger.bodies.pair import MONITOR, AlarmSaid
from hadoop_dr.domain.roles.health import HealthRules, SiteHealth, SiteLook, judge
from hadoop_dr.domain.roles.holds import hold_document
from hadoop_dr.domain.roles.watch import alarms_due, hold_due, is_settled, standing, untold
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.notifier import Notifier
from hadoop_dr.services.ledger.roles import Roles

_RETRY_S = 60.0
"""Time until somebody who could not be told is told again."""
_LATE_EVERY_S = 60.0
"""Time from one look at the ages of all points to the next."""
_LONGEST_DWELLS = 6
"""A verdict takes so many dwell times at most; a site that never settles is taken as it is then."""


class Monitor:
    """Watches a pair.

    Args:
        pair: Its name.
        roles: Its ledger.
        look: Asks every node of both sites; ends within its deadline.
        late: Why each service is late, empty where it is not, None where that is not known; may raise, and take long.
        notifiers: Who is told.
        every_s: Time from one look to the next.
        by: Who says so, in the ledger.
        run: Id for entries of the ledger.
        failed: Sites that an earlier process saw fail, with the reason: they have to be back for the dwell time.
    """

    def __init__(
        self,
        pair: str,
        roles: Roles,
        look: Callable[[], Mapping[str, SiteLook]],
        late: Callable[[], Mapping[str, str | None]],
        notifiers: Sequence[Notifier],
        clock: Clock,
        rules: HealthRules,
        every_s: float,
        by: str,
        run: str,
        failed: Mapping[str, str] | None = None,
    ) -> None:
        self._pair, self._roles, self._look, self._late = pair, roles, look, late
        self._clock, self._rules, self._by, self._run = clock, rules, by, run
        self.every_s = every_s
        self._health = {site: SiteHealth(failed=True, why=why) for site, why in (failed or {}).items()}
        self._state, self._read, self._warnings = PairState(), False, list[str]()
        self._unwritten: dict[str, AlarmSaid] = {}
        self._late_now: Mapping[str, str | None] | None = None
        self._late_at_s = float("-inf")
        self._late_asked: Future[Mapping[str, str | None]] | None = None
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="ages")
        self._post = _Post(pair, notifiers, clock)

    @property
    def clusters(self) -> Mapping[str, str]:
        """Id of the HDFS cluster that each site is, as the ledger said last."""
        return self._state.clusters

    def close(self) -> None:
        """Waits for whoever is being told just now, and for nobody else."""
        self._post.close()
        self._aside.shutdown(cancel_futures=True)

    def watch(self, *, once: bool, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Looks again and again, or until there is a verdict on both sites.

        Args:
            once: End with the first verdict; what is being timed then is waited for.
            tell: Told of each look.

        Returns:
            The document of the last look.
        """
        began_s = self._clock.monotonic_s()
        while True:
            at_s = self._clock.monotonic_s()
            document = self.step()
            tell(document)
            if once and (self.is_settled() or at_s - began_s > _LONGEST_DWELLS * self._rules.dwell_s):
                return self._last_words()
            self._clock.sleep_until(at_s + self.every_s)

    def _last_words(self) -> dict[str, Any]:
        """Waits for what was asked and sent meanwhile."""
        if self._late_asked is not None:
            self._late_asked.exception()
            self._see_ages()
            self._say_alarms()
        self._post.wait()
        self._say_alarms()
        return self.document()

    def step(self) -> dict[str, Any]:
        """Looks once, and does what follows from it; gives the document."""
        self._see()
        self._hold()
        self._say_alarms()
        return self.document()

    def due(self) -> dict[str, Any]:
        """Looks once and changes nothing; ``due`` says whether something has to be done."""
        self._see()
        hold = hold_due(self._state, self._health, self._rules, self._by)
        document = {**self.document(), "due": bool(hold or self._alarms_due())}
        return {**document, "failures": {site: now.why for site, now in self._health.items() if now.failed}}

    def is_settled(self) -> bool:
        """Whether nothing is being timed."""
        held = {hold.site for slot, hold in self._state.holds.items() if slot == MONITOR}
        return is_settled(self._alarms(), self._health, self._rules, held)

    def _see(self) -> None:
        for site, seen in self._look().items():
            self._health[site] = judge(self._health.get(site, SiteHealth()), seen, self._rules)
        self._warnings = []
        try:
            self._state, self._read = self._roles.read().state, True
        except DrError as error:
            self._read = False
            self._warnings.append(f"the pair's ledger cannot be read, and what was said last counts: {error}")
        self._see_ages()

    def _see_ages(self) -> None:
        """Ages are asked for beside the looks: very many ledgers, or a site that is gone, may take their time."""
        if (asked := self._late_asked) is not None and asked.done():
            self._late_asked, self._late_now = None, None
            try:
                self._late_now = asked.result()
            except DrError as error:
                self._warnings.append(f"the ages of the points are not known: {error}")
        if self._late_asked is None and self._clock.monotonic_s() - self._late_at_s >= _LATE_EVERY_S:
            self._late_at_s, self._late_asked = self._clock.monotonic_s(), self._aside.submit(self._late)

    def _hold(self) -> None:
        """Decides afresh on the ledger, so that what a person said a moment ago counts."""
        if not self._read or hold_due(self._state, self._health, self._rules, self._by) is None:
            return
        try:
            self._state = self._roles.decide(
                lambda state: hold_due(state, self._health, self._rules, self._by), self._run
            )
        except DrError as error:
            self._warnings.append(f"new points could not be held back or let go on: {error}")

    def _alarms(self) -> dict[str, AlarmSaid]:
        return {**self._state.alarms, **self._unwritten}

    def _alarms_due(self) -> list[AlarmSaid]:
        return alarms_due(
            self._state.primary, self._alarms(), self._health, self._late_now, self._rules, self._by
        )

    def _say_alarms(self) -> None:
        for alarm in self._alarms_due():
            self._unwritten[alarm.key] = replace(alarm, told=self._post.is_nobody)
        for alarm in untold(self._alarms()):
            self._post.send(alarm)
        for alarm in untold(self._alarms()):
            if self._post.is_told(alarm):
                self._unwritten[alarm.key] = replace(alarm, told=True)
        self._warnings += self._post.take_problems()
        self._write()

    def _write(self) -> None:
        """Writes what is not in the ledger yet; what somebody else wrote meanwhile is not written again."""
        for key, alarm in list(self._unwritten.items()):
            try:
                self._state = self._roles.decide(lambda state, alarm=alarm: _news(state, alarm), self._run)  # type: ignore[misc]
            except DrError as error:
                self._warnings.append(f"alarm '{key}' is not in the ledger yet: {error}")
                return
            del self._unwritten[key]

    def document(self) -> dict[str, Any]:
        """Gives what the monitor knows; ``ok`` where no alarm stands and both sites are well."""
        alarms = standing(self._alarms())
        return {
            "pair": self._pair,
            "ok": not alarms and not self._warnings and all(now.is_well for now in self._health.values()),
            "epoch": self._state.epoch if self._state.epoch else None,
            "sites": {site: self._site(site, now) for site, now in self._health.items()},
            "held": [hold_document(hold) for hold in self._state.held(self._clock.wall_ms())],
            "alarms": [
                {"what": one.what, "subject": one.subject, "text": one.text, "told": one.told} for one in alarms
            ],
            "warnings": list(self._warnings),
        }

    def _site(self, site: str, now: SiteHealth) -> dict[str, Any]:
        role = "primary" if site == self._state.primary else "secondary"
        return {
            "role": role if self._state.primary else None,
            "health": {"available": now.look.available if now.look else 0, "total": now.look.total if now.look else 0},
            "failed": now.failed,
            "why": now.why,
            "troubles": list(now.look.troubles) if now.look else [],
        }


def _news(state: PairState, alarm: AlarmSaid) -> AlarmSaid | None:
    there = state.alarms.get(alarm.key)
    if there is None:
        return alarm if alarm.stands else None
    return None if (there.stands, there.told) == (alarm.stands, alarm.told) else alarm


class _Post:
    """Tells notifiers of alarms in threads of its own; each of them once, or again after a while where that failed."""

    def __init__(self, pair: str, notifiers: Sequence[Notifier], clock: Clock) -> None:
        self._pair, self._notifiers, self._clock = pair, {one.name: one for one in notifiers}, clock
        self._pool = ThreadPoolExecutor(max(1, len(self._notifiers)), thread_name_prefix="alarms")
        self._sent: dict[tuple[str, bool, str], tuple[float, Future[None]]] = {}
        self._problems: list[str] = []

    @property
    def is_nobody(self) -> bool:
        """Whether nobody is to be told."""
        return not self._notifiers

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def wait(self) -> None:
        """Waits until whoever is being told has been told, or could not be."""
        for _, sent in self._sent.values():
            sent.exception()

    def send(self, alarm: AlarmSaid) -> None:
        """Begins to tell whoever does not know; returns at once."""
        for name, notifier in self._notifiers.items():
            at_s, sent = self._sent.get((alarm.key, alarm.stands, name), (float("-inf"), None))
            failed = sent is None or (sent.done() and sent.exception() is not None)
            if failed and self._clock.monotonic_s() - at_s >= _RETRY_S:
                begun = self._pool.submit(notifier.tell, self._pair, alarm)
                self._sent[alarm.key, alarm.stands, name] = self._clock.monotonic_s(), begun
                self._sent.pop((alarm.key, not alarm.stands, name), None)  # it may begin, or end, once more

    def is_told(self, alarm: AlarmSaid) -> bool:
        """Whether everybody has been told; says of the others why not."""
        every = True
        for name in self._notifiers:
            _, sent = self._sent.get((alarm.key, alarm.stands, name), (0.0, None))
            if sent is None or not sent.done():
                every = False
            elif (error := sent.exception()) is not None:
                every = False
                self._problems.append(f"{name} could not be told of '{alarm.key}', which is tried again: {error}")
        return every

    def take_problems(self) -> list[str]:
        problems, self._problems = self._problems, []
        return problems
