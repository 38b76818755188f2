"""How pairs and their services stand: what a person looks at first, and what a monitor asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.bootstrap.contexts import PairContext, deciding_roles, ledger_on, open_pair
from hadoop_dr.bootstrap.data_set_kinds import probes_of
from hadoop_dr.domain.config.conflicts import FileOut
from hadoop_dr.domain.config.policy import Policy
from hadoop_dr.domain.errors import BadInput, DrError, Unreachable
from hadoop_dr.domain.ids import SERVICE_NAME
from hadoop_dr.services.status import LedgerTold, SiteProbes, Status, told_by, told_by_other, without_answer

__all__ = ["PairLedgers", "status_of"]


class PairLedgers:
    """The ledgers of a pair's services."""

    def __init__(self, context: PairContext) -> None:
        self._context = context

    def names(self) -> list[str]:
        """Services that have one on the site whose copies decide."""
        context = self._context
        return context.sides[deciding_roles(context).deciding].files.names(f"/.hadoop-dr/{context.pair.name}/services")

    def read(self, service: str) -> LedgerTold:
        """Returns what one says; the other site's copy where the deciding one's site gave no answer a moment ago."""
        context = self._context
        try:
            deciding = deciding_roles(context).deciding
        except Unreachable as silent:
            answering = next((site for site in context.sides if site not in context.roles.silent), None)
            if answering is None:
                raise
            return told_by_other(ledger_on(context, service, answering), silent)
        return told_by(ledger_on(context, service, deciding))


def status_of(pair: str | None, warn: Callable[[str], None], home: Path | None = None) -> dict[str, Any]:
    """Returns the document of ``status --json``: one pair, or all of them when none is named.

    ``pairs`` has an entry for each; what the only one says stands at the top as well.

    ``ok`` is what a monitor asks for: nothing is late, damaged, broken or unknown, and every part of a site answers.
    ``problems`` are the user's files that do not count, each with file and line.

    Args:
        warn: Told of each part of a site that does not answer.

    Raises:
        BadInput: The named pair does not count, or there is no pair at all.
    """
    home = home or settings.find_home()
    pairs, policies = settings.load_pairs(home), settings.load_policies(home)
    if pair is not None:
        if pair not in pairs.pairs and pair in policies.policies:
            raise BadInput(pair, "is a service", f"Name its pair, {policies.policies[pair].pair}, or nothing")
        settings.load_pair(home, pair)
    names = [pair] if pair is not None else sorted(pairs.pairs)
    out = [one for one in policies.out if pair is None or one.pair == pair or one.pair not in pairs.pairs]
    problems = [one.error for one in (*(pairs.out if pair is None else ()), *out)]
    if position := settings.unknown_position(pairs):
        problems.append(position)
    if not names and not problems:
        raise BadInput(str(settings.PAIRS), "there is no pair", f"Add {settings.PAIRS}/<pair>.yaml")
    pages = []
    for name in names:
        good = [policy for policy in policies.policies.values() if policy.pair == name]
        pages.append(_pair(home, name, good, _services_of(name, names, out), warn, named=pair is not None))
    summary = {"ok": not problems and all(one["ok"] for one in pages), "problems": [str(error) for error in problems]}
    return {**(pages[0] if len(pages) == 1 else {}), **summary, "pairs": pages}


def _services_of(pair: str, pairs: list[str], out: Iterable[FileOut]) -> list[FileOut]:
    """The files that are out whose service is this pair's, or can only be this one's."""
    named = [one for one in out if SERVICE_NAME.fullmatch(one.name)]
    return [one for one in named if one.pair == pair or (one.pair not in pairs and len(pairs) == 1)]


def _pair(
    home: Path, name: str, policies: list[Policy], out: list[FileOut], warn: Callable[[str], None], *, named: bool
) -> dict[str, Any]:
    try:
        with open_pair(name, home) as context:
            silent = context.roles.silent
            views = [
                SiteProbes(s.name, s.namenode, s.files, s.coordinator, probes_of(s), silent.get(s.name))
                for s in context.sides.values()
            ]
            ledgers = PairLedgers(context)
            return Status(name, context.roles.state, views, ledgers, SystemClock(), warn).run(policies, out)
    except DrError as error:
        if named and isinstance(error, BadInput):
            raise
        warn(str(error))
        return without_answer(name, policies, out, error)
