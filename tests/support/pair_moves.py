"""What may happen in a pair, and what must hold whatever happens; see `pair_world` for what is modelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hadoop_dr.domain.roles.arbitration import AccessChange, SiteRole
from hadoop_dr.domain.roles.identity import Role
from support.explorer import Ended, Explored, Names, Program, State, explore
from support.pair_ledger import ERROR, NOTHING_SAID, SITES, TAKEN, Ledger
from support.pair_world import DONE, EXISTS, LOST, SILENT, Node, Programs, raised

DOCUMENTS = [(site, name) for site in SITES for name in ("identity", "access")]
_AT = {place: at for at, place in enumerate(DOCUMENTS)}
CUTS = (frozenset[str](), frozenset({"east"}), frozenset({"west"}))
"""Which sites somebody cannot reach while he reads the ledger or appends to it."""
_LEDGER, _LATE, _BUDGET, _FIRST = 4, 5, 6, 7


@dataclass(frozen=True, slots=True)
class Faults:
    """Ways in which the code around the decisions could be wrong; none of them in the real pair.

    Attributes:
        unchecked: A write does not compare the version.
        stale: A read is answered with what was there before: it came without a sync.
        trusted: The same for identities alone: what a watch event told is taken for what is there.
    """

    unchecked: bool = False
    stale: bool = False
    trusted: bool = False


Runner = tuple[int, int, tuple[Any, ...]]
"""Whoever is at work: which program, its state, and what is remembered of it for the checks."""
Step = tuple[int, dict[int, int]]
"""What becomes of a runner, and what else changes."""
IDLE: Runner = (-1, 0, ())
ARBITER, CLIENT, _HUMAN = 0, 1, 2


_SOUND, _NONE = Programs(), Faults()


@dataclass
class World:
    """A pair to explore.

    A state is flat: four documents, the ledger, the write that may still arrive, what is left of both budgets, and
    then whoever is at work. Arbiters are alike, and so are clients and people: their order says nothing.

    Attributes:
        arbiters, clients, people: How many of each.
        decisions: How many decisions people take in all.
        late: How many writes may arrive late, in all.
        faults: What is wrong with the code around the decisions.
        fresh: Remember what was there when a round began, and check the round against it.
        by_hand: People also write roles of west past the ledger.
        cut: Whoever reads the ledger or appends to it may be cut off from the copy of one site.
        programs: Whoever is at work.
    """

    arbiters: int = 2
    clients: int = 0
    people: int = 1
    decisions: int = 2
    late: int = 0
    faults: Faults = _NONE
    fresh: bool = False
    by_hand: bool = False
    cut: bool = False
    programs: Programs = _SOUND

    def __post_init__(self) -> None:
        self.nodes, self.ledgers, self.writes, self.budgets, self.runners = (Names() for _ in range(5))
        made = self.programs
        self._cuts = CUTS if self.cut else CUTS[:1]
        human = [made.failover(to, force) for to in SITES for force in (False, True)]
        human += [made.by_hand(role) for role in (Role.PRIMARY, Role.SECONDARY)] if self.by_hand else []
        last = ("write", (DONE, LOST, TAKEN, EXISTS, SILENT))
        people = (Program(run, raised) for run in (made.client, made.announce, *human))
        self.machines = [Program(made.arbiter, raised, last), *people]
        ends = (_FIRST, self.arbiters, self.clients, self.people)
        bounds = [sum(ends[: at + 1]) for at in range(len(ends))]
        self._groups = list(pairwise(bounds))
        self._known = dict[Any, list[Step]]()
        self._judged, self._settled = dict[Any, str](), dict[Any, str]()

    def start(self) -> State:
        """East is primary and west secondary; nobody has access yet."""
        nodes: list[Node] = [(("primary", 1), 0), None, (("secondary", 1), 0), None]
        ledger = Ledger.first()
        runners = [(ARBITER, 0, ())] * self.arbiters + [(CLIENT, 0, ())] * self.clients + [IDLE] * self.people
        return (
            *(self.nodes.of(node and (*node, None)) for node in nodes), self.ledgers.of(ledger), self.writes.of(None),
            self.budgets.of((self.decisions, self.late)), *map(self.runners.of, runners),
        )

    def explore(self, most: int) -> Explored:
        """Walks through what can happen; see `explore`."""
        return explore(self.start(), self.moves, self.wrong, self.tell, most)

    def moves(self, state: State) -> Iterator[State]:
        """What may happen next."""
        if (late := self.writes.values[state[_LATE]]) is not None:
            gone = (*state[:_LATE], self.writes.of(None), *state[_LATE + 1 :])
            yield gone
            at = _AT[late[:2]]
            node = self.nodes.values[state[at]]
            if self.faults.unchecked or _version(node) == late[3]:
                yield (*gone[:at], self._put(node, late), *gone[at + 1 :])
        for group in self._groups:
            before = None
            for at in range(*group):
                if state[at] != before:  # what two that are alike do is one thing
                    before = state[at]
                    yield from self._turns(state, at, group)

    def _turns(self, state: State, at: int, group: tuple[int, int]) -> Iterator[State]:
        """What one of those at work may do."""
        kind, place, _ = runner = self.runners.values[state[at]]
        if kind < 0:
            yield from self._choices(state, at, group)
            return
        if place:  # it dies, and begins anew
            yield self._with(state, at, group, self._begun(runner), {})
        for following, changes in self._steps(runner, state, at):
            yield self._with(state, at, group, following, changes)

    def _choices(self, state: State, at: int, group: tuple[int, int]) -> Iterator[State]:
        """What a person may begin."""
        decisions, late = self.budgets.values[state[_BUDGET]]
        if decisions:
            left = self.budgets.of((decisions - 1, late))
            for chosen in range(_HUMAN, len(self.machines)):
                yield self._with(state, at, group, self.runners.of((chosen, 0, ())), {_BUDGET: left})

    def _steps(self, runner: Runner, state: State, at: int) -> list[Step]:
        """How the next request may be answered; known by what the answer depends on."""
        kind, place, _ = runner
        request = self.machines[kind].requests[place]
        if request[0] == "read":
            on = state[_AT[request[1:]]], (state[0], state[2]) if place == 0 and self.fresh else 0
        elif request[0] == "write":
            on = state[_AT[request[1:3]]], (state[_LATE], state[_BUDGET])
        else:
            on = state[_LEDGER], 0
        key = (state[at], *on)
        if (found := self._known.get(key)) is None:
            ways = {"read": self._reads, "write": self._writes}.get(request[0], self._asks_ledger)
            found = self._known[key] = ways(runner, request, state)
        return found

    def _reads(self, runner: Runner, request: tuple[Any, ...], state: State) -> list[Step]:
        """A ZooKeeper answers, or it does not."""
        held = self.nodes.values[state[_AT[request[1:]]]]
        answers = [SILENT, held and held[:2]]
        if held and held[2] and (self.faults.stale or (self.faults.trusted and request[2] == "identity")):
            answers.append(held[2])
        if runner[1] == 0 and self.fresh:  # what was there when the round began
            floors = tuple(self.nodes.values[state[at]][0][1] for at in (0, 2))
            runner = (runner[0], 0, (*runner[2][:2], floors) if runner[0] == CLIENT else (floors,))
        return [(self._after(runner, answer), {}) for answer in answers]

    def _writes(self, runner: Runner, request: tuple[Any, ...], state: State) -> list[Step]:
        """A write is made or not, and its author knows or not."""
        _, site, name, said, version = request
        at = _AT[site, name]
        held = self.nodes.values[state[at]]
        found: list[Step] = [(self._after(runner, SILENT), {})]
        if self.faults.unchecked or _version(held) == version:
            made = {at: self._put(held, (site, name, said, version))}
            found += [(self._after(runner, DONE), made), (self._after(runner, LOST), made)]
            decisions, late = self.budgets.values[state[_BUDGET]]
            if late and self.writes.values[state[_LATE]] is None:
                sent = self.writes.of((site, name, said, version))
                left = self.budgets.of((decisions, late - 1))
                found.append((self._after(runner, LOST), {_LATE: sent, _BUDGET: left}))
        else:
            found.append((self._after(runner, EXISTS if version < 0 else TAKEN), {}))
        return found

    def _asks_ledger(self, runner: Runner, request: tuple[Any, ...], state: State) -> list[Step]:
        """What is not in a ZooKeeper: the ledger, the service, and whether the old primary still answers."""
        ledger = self.ledgers.values[state[_LEDGER]]
        match request:
            case ("ruling",):
                said = {ledger.read(silent) for silent in self._cuts} - {ERROR} | {NOTHING_SAID}
                return [(self._after(runner, answer), {}) for answer in said]
            case ("roles",):
                said = {ledger.read(silent) for silent in self._cuts} | {ERROR}
                return [(self._after(runner, answer), {}) for answer in said]
            case ("answers",):
                return [(self._after(runner, answer), {}) for answer in ("yes", "no")]
            case ("live", epoch):
                made = {_LEDGER: self.ledgers.of(replace(ledger, live=ledger.live | {epoch}))}
                return [(self._after(runner, DONE), made), (self._after(runner, ERROR), {})]
        found = list[Step]()
        for silent in self._cuts:
            if silent.issuperset(request[1].silent):
                now, answer = ledger.append(silent, *request[1:])
                made = {_LEDGER: self.ledgers.of(now)}
                found += [(self._after(runner, answer), made), (self._after(runner, LOST), made)]
        return found

    def _after(self, runner: Runner, answer: Any) -> int:
        """Where an answer leads; whoever came to an end begins anew."""
        kind, place, kept = runner
        place = self.machines[kind].after(place, answer)
        ended = self.machines[kind].requests[place]
        if not isinstance(ended, Ended):
            return self.runners.of((kind, place, kept))
        if kind not in (ARBITER, CLIENT) or ended.error is not None:
            return self._begun(runner)
        if self.fresh and (said := _ended_wrongly(ended.result, kept[-1])):
            return self.runners.of((kind, 0, (said,)))
        return self.runners.of((kind, 0, ended.result[1:3] if kind == CLIENT else ()))

    def _begun(self, runner: Runner) -> int:
        if runner[0] not in (ARBITER, CLIENT):
            return self.runners.of(IDLE)
        return self.runners.of((runner[0], 0, runner[2][:2] if runner[0] == CLIENT else ()))

    def _put(self, held: Any, write: tuple[Any, ...]) -> int:
        """Makes a write; what was there before is kept only where somebody may be answered with it."""
        before = held[:2] if held and (self.faults.stale or self.faults.trusted) else None
        return self.nodes.of((write[2], _version(held) + 1, before))

    def _with(
        self, state: State, at: int, group: tuple[int, int], runner: int, changes: dict[int, int]
    ) -> State:
        new = list(state)
        new[at] = runner
        for place, value in changes.items():
            new[place] = value
        first, last = group
        if last - first > 1:
            new[first:last] = sorted(new[first:last])
        return tuple(new)

    # What must hold.

    def wrong(self, state: State, following: State) -> str:
        """Says which promise a move broke, if it did."""
        if state[:5] != following[:5]:
            key = (state[:5], following[:5])
            if (said := self._judged.get(key)) is None:
                said = self._judged[key] = self._judge(state, following)
            if said:
                return said
        for at in range(_FIRST, len(following)):
            key = (following[at], following[_LEDGER])
            if (said := self._judged.get(key)) is None:
                said = self._judged[key] = self._of_runner(*key)
            if said:
                return said
        return ""

    def _judge(self, state: State, following: State) -> str:
        ledger = self.ledgers.values[following[_LEDGER]]
        if ledger.epoch < self.ledgers.values[state[_LEDGER]].epoch:
            return "I5: the ledger's epoch goes back"
        if said := ledger.twice():
            return f"I3: the ledger gives {said} to both sites"
        for at in range(len(DOCUMENTS)):
            before, now = self.nodes.values[state[at]], self.nodes.values[following[at]]
            if before != now and (said := self._of_document(at, before, now, ledger)):
                return said
        if (said := self._settled.get(following[:4])) is None:
            said = self._settled[following[:4]] = self._settle(following)
        return said

    def _of_document(self, at: int, before: Any, now: Any, ledger: Ledger) -> str:
        """What must hold of a document that was written; of roles past the ledger nothing is asked."""
        site, name = DOCUMENTS[at]
        where, epoch = now[0][0] if name == "access" else site, now[0][1]
        same = before is not None and before[0][1] == epoch
        if before is not None and epoch < before[0][1]:
            return f"I5: the {name} of {site} goes back from epoch {before[0][1]} to {epoch}"
        if name == "access":
            moved = same and before[0][0] != where
            return f"I12: access moves to {where} without a new decision" if moved else _not_given(where, epoch, ledger)
        if self.by_hand:
            return ""
        if same and before[0][0] != "invalid":
            return f"I5: {site} changes its role within epoch {epoch}"
        return _not_given(site, epoch, ledger) if now[0][0] == "primary" else ""

    def _of_runner(self, runner: int, ledger: int) -> str:
        """What a client believes, and what a round was decided on."""
        kind, _, kept = self.runners.values[runner]
        if kept and isinstance(kept[0], str) and kept[0] not in SITES:
            return str(kept[0])
        if kind == CLIENT and kept and kept[0] in SITES:
            return _not_given(kept[0], kept[1], self.ledgers.values[ledger])
        return ""

    def _settle(self, state: State) -> str:
        """An arbiter that nothing disturbs gives access to the one primary, and then has nothing to do."""
        held = [self.nodes.values[at][:2] if self.nodes.values[at] else None for at in state[:4]]
        highest = max(held[0][0][1], held[2][0][1])
        primaries = [site for at, site in ((0, "east"), (2, "west")) if held[at][0] == ("primary", highest)]
        for _ in range(3):
            place, wrote = 0, False
            while not isinstance(request := self.machines[ARBITER].requests[place], Ended):
                answer: Any = NOTHING_SAID
                if request[0] == "read":
                    answer = held[_AT[request[1:]]]
                elif request[0] == "write":
                    held[_AT[request[1:3]]], answer, wrote = (request[3], request[4] + 1), DONE, True
                place = self.machines[ARBITER].after(place, answer)
        if wrote:
            return "I12: an arbiter that nothing disturbs writes again and again"
        copies = [node and node[0] for node in (held[1], held[3])]
        if len(primaries) == 2 and not all(copy and copy[2] for copy in copies):
            return "both are primary, and a copy of the access stays without an alarm"
        if len(primaries) == 1 and copies != [(primaries[0], highest, "")] * 2:
            return f"{primaries[0]} is primary, and an arbiter that nothing disturbs does not give it access"
        return ""

    def tell(self, state: State) -> str:
        """Describes a state."""
        said = [f"{site}/{name} {self.nodes.values[at]}" for at, (site, name) in zip(state, DOCUMENTS, strict=False)]
        runners = [self.runners.values[at] for at in state[_FIRST:]]
        doing = [
            f"{kind}@{self.machines[kind].requests[place] if kind >= 0 else ''}{kept}" for kind, place, kept in runners
        ]
        late = self.writes.values[state[_LATE]]
        return "; ".join([*said, self.ledgers.values[state[_LEDGER]].tell(), f"late {late}", *doing])


def _version(node: Any) -> int:
    return -1 if node is None else int(node[1])


def _not_given(site: str, epoch: int, ledger: Ledger) -> str:
    if epoch and site not in ledger.primaries(epoch):
        return f"I3: {site} is used under epoch {epoch}, which the ledger never gave it"
    if epoch and epoch not in ledger.live:
        return f"I2: {site} is used under epoch {epoch} before its data is live"
    return ""


def _ended_wrongly(result: tuple[Any, ...], floors: tuple[int, int]) -> str:
    """A site that gets access is not older than what was there when the round began; one that keeps it not than itself.

    What was there on a site that did not answer, and of which the ledger says nothing, nobody could know.
    """
    outcome, site, epoch, statuses = result
    heard = {
        name: floor for name, floor, held in zip(SITES, floors, statuses, strict=True) if held != SiteRole.UNKNOWN
    }
    if outcome not in (AccessChange.START, AccessChange.SWITCH):
        heard = {name: floor for name, floor in heard.items() if name == site and outcome == AccessChange.KEEP}
        if dict(zip(SITES, statuses, strict=True)).get(site) != SiteRole.PRIMARY:
            return ""
    if epoch < max(heard.values(), default=0):
        return f"I13: {site} is used under epoch {epoch}, though {heard} was there before the round"
    return ""
