"""Where the user's files are, and the pairs and policies in them.

``HADOOP_DR_HOME`` names the directory that holds ``include/pairs`` and ``include/policies``; without it the nearest
parent that has ``include/pairs`` is taken, and last the checkout that this package runs from: a task of Airflow has a
working directory of its own. An error about a name that is not found says so. ``HADOOP_DR_SITE`` says at which site
this controller stands (S2.17); without it one controller acts for both. Nothing here opens a connection.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from errno import EACCES, EPERM
from pathlib import Path
from typing import TypeVar

from hadoop_dr.adapters import config
from hadoop_dr.domain.config.conflicts import (
    FileOut,
    doubled_pairs,
    doubled_services,
    overlapping,
    stated,
    without_pair,
)
from hadoop_dr.domain.config.document import DocumentNode, Wrong
from hadoop_dr.domain.config.pair import Addresses, Pair, Site, host_port, read_pair, url_parser
from hadoop_dr.domain.config.policy import Policy, read_policy
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.runs import schedule

PAIRS = Path("include/pairs")
"""Directory of the pairs' files, below the home."""
POLICIES = Path("include/policies")
"""Directory of the policies' files, below the home."""
LAB_STATE = Path(".lab/state.json")
"""Where the lab writes its addresses, below the home."""
_SUFFIXES = frozenset({".yaml", ".yml"})
_TRIES = 5
_CHECK_THE_PATH = "Check its path and permissions"
_START_THE_LAB = "Start it with: hadoop-dr lab up"


@dataclass(frozen=True, slots=True)
class PairSet:
    """All pairs of a home.

    Attributes:
        pairs: The good ones by name.
        out: One entry for each file that is out; the others go on (fault 73).
    """

    pairs: Mapping[str, Pair]
    out: tuple[FileOut, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All policies of a home.

    Attributes:
        policies: The good ones by service.
        out: One entry for each file that is out; the others go on (fault 73).
        readable: All that could be read, also those that are out because they contradict another one.
        far: Says which home they are of, if that is not plain.
    """

    policies: Mapping[str, Policy]
    out: tuple[FileOut, ...] = ()
    readable: tuple[Policy, ...] = ()
    far: str = ""

    @property
    def broken(self) -> tuple[BadInput, ...]:
        """The errors of the files that are out."""
        return tuple(one.error for one in self.out)

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
        subject = f"HADOOP_DR_HOME={named}"
        try:
            home = Path(named).expanduser().absolute()
            if _holds_pairs(home):
                return home
        except RuntimeError:  # ~ of a user that is not known
            raise BadInput(subject, "names the home of a user that is not known", "Write the whole path") from None
        raise BadInput(subject, f"there is no {PAIRS} in it", f"Name the directory that holds {PAIRS}")
    begin = start or _working_directory()
    # An Airflow task has a working directory of its own: the checkout this package is installed from is tried last.
    for directory in (*_upwards(begin), *Path(__file__).absolute().parents):
        if _holds_pairs(directory):
            return directory
    where = "the working directory" if begin is None else str(begin)
    raise BadInput(where, f"neither it nor a parent holds {PAIRS}", "Go to the project, or set HADOOP_DR_HOME")


def _holds_pairs(directory: Path) -> bool:
    """Whether pairs would be looked for there, be they readable or not: what is unreadable is not passed over."""
    try:
        return bool((directory / PAIRS).lstat())
    except OSError as error:
        return error.errno in (EACCES, EPERM)


def _working_directory() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # somebody removed it
        return None


def _upwards(begin: Path | None) -> tuple[Path, ...]:
    return (begin.absolute(), *begin.absolute().parents) if begin is not None else ()


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


def unknown_position(pairs: PairSet, environ: Mapping[str, str] = os.environ) -> BadInput | None:
    """Says that ``HADOOP_DR_SITE`` names a site of no pair at all: nobody can tell what this controller is to do."""
    name = environ.get("HADOOP_DR_SITE") or None
    sites = sorted({site for pair in pairs.pairs.values() for site in pair.site_names})
    if name is None or name in sites:
        return None
    remedy = "Unset it, or correct the pair files"
    if sites:
        remedy = f"Set it to one of {', '.join(sites)}, or unset it for one controller of both"
    return BadInput(f"HADOOP_DR_SITE={name}", "no pair has such a site", remedy)


def problems(home: Path) -> tuple[BadInput, ...]:
    """Everything that keeps a pair or a policy of a home from counting, and a position that means nothing."""
    pairs, policies = load_pairs(home), load_policies(home)
    position = unknown_position(pairs)
    return (*(one.error for one in (*pairs.out, *policies.out)), *((position,) if position else ()))


def load_pairs(home: Path) -> PairSet:
    """Loads every pair; a wrong file and a name that two files have are out, with one error each."""
    good, out = _loaded(home, PAIRS, "pair", read_pair)
    conflicts = doubled_pairs(good)
    pairs = {pair.name: pair for pair in good if pair.file not in conflicts}
    return PairSet(pairs, _in_order((*out, *conflicts.values())))


def load_pair(home: Path, name: str) -> Pair:
    """Loads a pair by name. Addresses of a lab's sites are not looked up: ask ``addresses``.

    Raises:
        BadInput: No file has that pair, two have it, or its file is wrong.
    """
    every = load_pairs(home)
    if name in every.pairs:
        return every.pairs[name]
    raise _not_found(f"pair '{name}'", name, PAIRS, sorted(every.pairs), every.out, _far_from_here(home))


def pair_names(home: Path) -> list[str]:
    """Names of all pairs that count, sorted; ``problems`` has the others."""
    return sorted(load_pairs(home).pairs)


def load_policies(home: Path) -> PolicySet:
    """Loads every policy.

    A wrong file, a service named twice, overlapping services and a pair that does not count are out, one error each.
    """
    good, out = _loaded(home, POLICIES, "service", lambda node: read_policy(node, config.longest_gap_ms))
    pairs = load_pairs(home)
    conflicts = {
        **overlapping(good), **doubled_services(good), **without_pair(good, pairs.pairs, pairs.out, PAIRS.as_posix()),
    }  # fmt: skip
    policies = {policy.service: policy for policy in good if policy.file not in conflicts}
    return PolicySet(policies, _in_order((*out, *conflicts.values())), tuple(good), _far_from_here(home))


def load_policy(home: Path, service: str) -> Policy:
    """Loads the policy of one service; what is wrong with other services does not matter.

    Raises:
        BadInput: It is unknown or wrong.
    """
    return policy_of(load_policies(home), service)


def policy_of(every: PolicySet, service: str) -> Policy:
    """Returns the policy of one service out of all.

    Raises:
        BadInput: It is unknown or wrong.
    """
    if service in every.policies:
        return every.policies[service]
    raise _not_found(f"service '{service}'", service, POLICIES, sorted(every.policies), every.out, every.far)


def policy_and_text(home: Path, service: str) -> tuple[PolicySet, str]:
    """Loads every policy, and the text of the file that one service's was read from, both as of one moment.

    A file that is moved or written in between is looked for again, wherever it is then.

    Raises:
        BadInput: The service is unknown or wrong, or its file does not come to rest.
    """
    for _ in range(_TRIES):
        every = load_policies(home)
        policy = policy_of(every, service)
        text = _text(home / policy.file)
        if text is not None and read_policy(config.parse(text, policy.file), config.longest_gap_ms) == policy:
            return every, text.decode("utf-8")
    raise BadInput(policy.file, "is moved or written again and again while it is read", "Run it again")


def _text(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def next_moment(policy: Policy, after_ms: int) -> int:
    """Returns the first moment of a policy that is later than a time."""
    return schedule.next_moment(policy, after_ms, config.cron_moments)


def newest_moment(policy: Policy, until_ms: int) -> int | None:
    """Returns the last moment of a policy at or before a time; None when there was none yet."""
    return schedule.newest_moment(policy, until_ms, config.cron_moment_until)


def addresses(home: Path, site: Site) -> Addresses:
    """Addresses of a site: its own, or those of the running lab.

    Raises:
        BadInput: The lab has no such site, or was never started.
    """
    if site.addresses is not None:
        return site.addresses
    subject = f"site '{site.name}'"
    if config.is_endless(home / LAB_STATE):
        raise BadInput(subject, f"{LAB_STATE} is a pipe or a device, not a file", _START_THE_LAB)
    try:
        state = json.loads((home / LAB_STATE).read_text("utf-8"))
        found = state["sites"][site.lab]
        hive, nameservice = found["metastore"], found["nameservice"]
        return Addresses(
            namenodes=tuple(map(host_port, found["namenodes"])),
            webhdfs=tuple(map(url_parser("http", "https"), found["webhdfs"])),
            zookeeper=",".join(map(host_port, found["zookeeper"].split(","))),
            nameservice=nameservice,
            hive=(hive,) if hive else (),
            hiveserver2=found["hiveserver2"],
        )
    except FileNotFoundError:
        raise BadInput(
            subject, f"its addresses come from the lab, and there is no {LAB_STATE} in {home}", _START_THE_LAB
        ) from None
    except OSError as error:
        raise BadInput(subject, f"{LAB_STATE} cannot be read ({error.strerror})", _CHECK_THE_PATH) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Wrong):
        raise BadInput(
            subject, f"{LAB_STATE} does not hold the addresses of the lab's site '{site.lab}'", _START_THE_LAB
        ) from None


T = TypeVar("T", Pair, Policy)


def _loaded(home: Path, folder: Path, key: str, read: Callable[[DocumentNode], T]) -> tuple[list[T], list[FileOut]]:
    """The values of the files that are in order, and the files that are not."""
    paths, errors = _files(home, folder)
    good, out = list[T](), [FileOut(error, "") for error in errors]
    for path in paths:
        root = None
        try:
            root = config.load(path, _shown(home, path))
            good.append(read(root))
        except BadInput as error:
            out.append(FileOut(error, stated(root, key) or path.stem, stated(root, "pair")))
    return good, out


def _files(home: Path, folder: Path) -> tuple[list[Path], list[BadInput]]:
    """The user's files in a folder, and what keeps others from being found: nothing is passed over in silence.

    Names that begin with a dot are no files of ours: editors and mounted volumes put such there.
    """
    try:
        found = sorted(path for path in (home / folder).iterdir() if not path.name.startswith("."))
        nested = [path for path in found if not _is_ours(path) and _holds_ours(path)]
    except FileNotFoundError:
        if not (home / folder).is_symlink():
            return [], []
        return [], [BadInput(folder.as_posix(), "is a link to a directory that is not there", "Correct the link")]
    except OSError as error:
        return [], [BadInput(folder.as_posix(), f"cannot be read ({error.strerror})", _CHECK_THE_PATH)]
    remedy = f"Files are read from {folder} itself: move them there, or rename the directory to begin with a dot"
    errors = [BadInput(_shown(home, path), "is a directory with YAML files in it", remedy) for path in nested]
    return [path for path in found if _is_ours(path)], errors


def _is_ours(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES


def _holds_ours(path: Path) -> bool:
    try:
        return any(map(_is_ours, path.iterdir()))
    except OSError:  # no directory, or one such as lost+found, which is nobody's business here
        return False


def _shown(home: Path, path: Path) -> str:
    return path.relative_to(home).as_posix()


def _in_order(out: Iterable[FileOut]) -> tuple[FileOut, ...]:
    return tuple(sorted(out, key=lambda one: one.error.subject))


def _far_from_here(home: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Says which home was taken, if nobody named it and nobody stands in it."""
    if environ.get("HADOOP_DR_HOME") or home in _upwards(_working_directory()) or home not in Path(__file__).parents:
        return ""
    return f" of {home}, from which this package runs"


def _not_found(
    subject: str, name: str, folder: Path, names: list[str], out: Iterable[FileOut], far: str
) -> BadInput:
    """The error of a file that bears the name, if it is out; else the names that there are."""
    every = list(out)
    for one in every:
        if name in (one.name, Path(one.error.subject.partition(":")[0]).stem):
            return one.error
    remedy = f"Add {folder / name}.yaml" + (f", or use one of: {', '.join(names)}" if names else "")
    if every:
        remedy += f"; not readable: {'; '.join(str(one.error) for one in every)}"
    return BadInput(subject, f"no file in {folder}{far} describes it", remedy)
