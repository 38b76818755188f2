"""Where the user's files are, and the pairs and policies in them.

``HADOOP_DR_HOME`` names the directory that holds ``include/pairs`` and ``include/policies``; without it the nearest
parent that has ``include/pairs`` is taken. ``HADOOP_DR_SITE`` says at which site this controller stands (S2.17);
without it one controller acts for both. Nothing here opens a connection.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hadoop_dr.adapters import config
from hadoop_dr.domain import schedule
from hadoop_dr.domain.datasets import DataSet, overlaps
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.pair import Addresses, Pair, Site, read_pair
from hadoop_dr.domain.policy import Policy, read_policy

PAIRS = Path("include/pairs")
POLICIES = Path("include/policies")
LAB_STATE = Path(".lab/state.json")
_SUFFIXES = frozenset({".yaml", ".yml"})
_START_THE_LAB = "Start it with: hadoop-dr lab up"


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All policies of a home.

    Attributes:
        policies: The good ones by service.
        broken: One error for each file that is out; the others go on (fault 73).
        readable: All that could be read, also those that are out because they contradict another one.
    """

    policies: Mapping[str, Policy]
    broken: tuple[BadInput, ...] = ()
    readable: tuple[Policy, ...] = ()

    def declared(self, pair: str) -> dict[str, tuple[str, ...]]:
        """Directories that the services of a pair declare, by service; one that declares none is in it, too."""
        found: dict[str, tuple[str, ...]] = {}
        for policy in self.readable:
            if policy.pair == pair:
                found[policy.service] = (*found.get(policy.service, ()), *policy.directories)
        return found


def find_home(start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Finds the directory with the user's files.

    Args:
        start: Where to begin; the working directory by default.
        environ: The environment.

    Raises:
        BadInput: There is none.
    """
    if named := environ.get("HADOOP_DR_HOME"):
        home = Path(named).expanduser().absolute()
        if not (home / PAIRS).is_dir():
            raise BadInput(
                f"HADOOP_DR_HOME={named}", f"there is no {PAIRS} in it", f"Name the directory that holds {PAIRS}"
            )
        return home
    begin = (start or Path.cwd()).absolute()
    # An Airflow task has a working directory of its own: the checkout this package is installed from is tried last.
    for directory in (begin, *begin.parents, *Path(__file__).absolute().parents):
        if (directory / PAIRS).is_dir():
            return directory
    raise BadInput(str(begin), f"neither it nor a parent holds {PAIRS}", "Go to the project, or set HADOOP_DR_HOME")


def acting_site(pair: Pair, environ: Mapping[str, str] = os.environ) -> str | None:
    """Says at which site of the pair this controller stands; None when it acts for both.

    Raises:
        BadInput: ``HADOOP_DR_SITE`` is no site of the pair.
    """
    name = environ.get("HADOOP_DR_SITE") or None
    if name is not None and name not in pair.site_names:
        raise BadInput(
            f"HADOOP_DR_SITE={name}",
            f"the pair {pair.name} has no such site",
            f"Set it to {' or '.join(pair.site_names)}, or unset it for one controller of both",
        )
    return name


def load_pair(home: Path, name: str) -> Pair:
    """Loads a pair by name. Addresses of a lab's sites are not looked up: ask ``addresses``.

    Raises:
        BadInput: No file has that pair, two have it, or its file is wrong.
    """
    found: list[Pair] = []
    broken: list[BadInput] = []
    for path in _files(home, PAIRS):
        try:
            pair = read_pair(config.load(path, _shown(home, path)))
        except BadInput as error:
            broken.append(error)
        else:
            found.append(pair)
    wanted = [pair for pair in found if pair.name == name]
    if len(wanted) > 1:
        raise BadInput(wanted[1].file, f"the pair '{name}' is in {wanted[0].file} too", "Remove one of the files")
    if not wanted:
        raise _not_found(f"pair '{name}'", name, PAIRS, sorted(pair.name for pair in found), broken)
    return wanted[0]


def pair_names(home: Path) -> list[str]:
    """Names of all pairs whose files are in order, sorted; broken files are for ``load_pair`` to report."""
    names: list[str] = []
    for path in _files(home, PAIRS):
        try:
            names.append(read_pair(config.load(path, _shown(home, path))).name)
        except BadInput:
            continue
    return sorted(set(names))


def load_policies(home: Path) -> PolicySet:
    """Loads every policy; a wrong file, a service named twice and overlapping services are out, with one error each."""
    good: list[Policy] = []
    broken: list[BadInput] = []
    for path in _files(home, POLICIES):
        try:
            good.append(read_policy(config.load(path, _shown(home, path)), config.longest_gap_ms))
        except BadInput as error:
            broken.append(error)
    conflicts = {**_same_service(good), **_overlapping(good)}
    policies = {policy.service: policy for policy in good if policy.file not in conflicts}
    errors = sorted((*broken, *conflicts.values()), key=lambda error: error.subject)
    return PolicySet(policies, tuple(errors), tuple(good))


def load_policy(home: Path, service: str) -> Policy:
    """Loads the policy of one service; what is wrong with other services does not matter.

    Raises:
        BadInput: It is unknown or wrong.
    """
    return policy_of(load_policies(home), service)


def policy_of(every: PolicySet, service: str) -> Policy:
    """Gives the policy of one service out of all.

    Raises:
        BadInput: It is unknown or wrong.
    """
    if service in every.policies:
        return every.policies[service]
    raise _not_found(f"service '{service}'", service, POLICIES, sorted(every.policies), every.broken)


def next_moment(policy: Policy, after_ms: int) -> int:
    """Gives the first moment of a policy that is later than a time."""
    return schedule.next_moment(policy, after_ms, config.cron_moments)


def addresses(home: Path, site: Site) -> Addresses:
    """Addresses of a site: its own, or those of the running lab.

    Raises:
        BadInput: The lab has no such site, or was never started.
    """
    if site.addresses is not None:
        return site.addresses
    subject = f"site '{site.name}'"
    try:
        state = json.loads((home / LAB_STATE).read_text("utf-8"))
        found = state["sites"][site.lab]
        hive, nameservice = found["metastore"], found["nameservice"]
        return Addresses(
            namenodes=tuple(found["namenodes"]),
            webhdfs=tuple(found["webhdfs"]),
            zookeeper=found["zookeeper"],
            nameservice=nameservice,
            hive=(hive,) if hive else (),
            hiveserver2=found["hiveserver2"],
        )
    except FileNotFoundError:
        raise BadInput(
            subject, f"its addresses come from the lab, and there is no {LAB_STATE}", _START_THE_LAB
        ) from None
    except (ValueError, KeyError, TypeError):
        raise BadInput(
            subject, f"{LAB_STATE} does not hold the addresses of the lab's site '{site.lab}'", _START_THE_LAB
        ) from None


def _files(home: Path, folder: Path) -> list[Path]:
    directory = home / folder
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.iterdir() if path.suffix in _SUFFIXES and not path.name.startswith("."))


def _shown(home: Path, path: Path) -> str:
    return path.relative_to(home).as_posix()


def _same_service(policies: Iterable[Policy]) -> dict[str, BadInput]:
    """Errors by file for services that several files name; none of them counts."""
    by_service: dict[str, list[Policy]] = {}
    for policy in policies:
        by_service.setdefault(policy.service, []).append(policy)
    return {
        policy.file: BadInput(policy.file, f"the service '{service}' is in {other.file} too", "Remove one of the files")
        for service, same in by_service.items()
        if len(same) > 1
        for policy, other in zip(same, same[1:] + same[:1], strict=True)
    }


def _overlapping(policies: Iterable[Policy]) -> dict[str, BadInput]:
    """Errors by file for services of one pair that would protect the same thing; neither counts (fault 72)."""
    by_pair: dict[str, list[DataSet]] = {}
    owner: dict[int, Policy] = {}
    for policy in policies:
        for data_set in policy.protect:
            by_pair.setdefault(policy.pair, []).append(data_set)
            owner[id(data_set)] = policy
    errors: dict[str, BadInput] = {}
    for data_sets in by_pair.values():
        for one, other in overlaps(data_sets):
            for mine, theirs in ((one, other), (other, one)):
                file, service = owner[id(mine)].file, owner[id(theirs)].service
                errors.setdefault(
                    file,
                    BadInput(
                        mine.place,
                        f"'{mine}' overlaps '{theirs}' of the service '{service}' ({theirs.place})",
                        "Protect it in one of the two services",
                    ),
                )
    return errors


def _not_found(subject: str, name: str, folder: Path, known: list[str], broken: Iterable[BadInput]) -> BadInput:
    """The error of a file that bears the name, if it is broken; else the names that there are."""
    every = list(broken)
    for error in every:
        if Path(error.subject.partition(":")[0]).stem == name:
            return error
    mend = f"Known: {', '.join(known)}" if known else f"Add {folder / name}.yaml"
    if every:
        mend += f"; not readable: {'; '.join(str(error) for error in every)}"
    return BadInput(subject, f"no file in {folder} describes it", mend)
