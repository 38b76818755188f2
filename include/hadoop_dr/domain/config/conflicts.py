"""What the user's files contradict each other in: a name used twice, data protected twice, a pair that is not there.

A file on the wrong side of such a contradiction is out, with one error that names the other file; the rest go on
(faults 72 and 73). Nobody guesses which of two files is meant, so neither counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hadoop_dr.domain.config.datasets import DataSet, overlaps
from hadoop_dr.domain.config.document import DocumentNode
from hadoop_dr.domain.config.pair import Pair
from hadoop_dr.domain.config.policy import Policy
from hadoop_dr.domain.errors import BadInput

T = TypeVar("T", Pair, Policy)


@dataclass(frozen=True, slots=True)
class FileOut:
    """A file of the user that does not count.

    Attributes:
        error: Why, with file and line.
        name: The service or pair it is about, as far as it says so; else the name of the file; empty for a folder.
        pair: The pair a policy names, as far as it says so.
    """

    error: BadInput
    name: str
    pair: str | None = None


def stated(root: DocumentNode | None, key: str) -> str | None:
    """Returns what a file says under one of its first keys, also when something else in it is wrong."""
    fields = root.value if root is not None else None
    found = fields.get(key) if isinstance(fields, Mapping) else None
    return found.value if found is not None and isinstance(found.value, str) else None


def doubled_pairs(pairs: Iterable[Pair]) -> dict[str, FileOut]:
    """Pairs that several files have, by file."""
    return {
        pair.file: FileOut(_is_in_too(pair.file, f"pair '{pair.name}'", other.file), pair.name)
        for pair, other in _same_name(pairs, lambda pair: pair.name)
    }


def doubled_services(policies: Iterable[Policy]) -> dict[str, FileOut]:
    """Services that several files have, by file."""
    return {
        policy.file: _out(policy, _is_in_too(policy.file, f"service '{policy.service}'", other.file))
        for policy, other in _same_name(policies, lambda policy: policy.service)
    }


def overlapping(policies: Iterable[Policy]) -> dict[str, FileOut]:
    """Services of one pair that would protect the same thing, by file."""
    by_pair: dict[str, list[DataSet]] = {}
    owner: dict[int, Policy] = {}
    for policy in policies:
        for data_set in policy.protect:
            by_pair.setdefault(policy.pair, []).append(data_set)
            owner[id(data_set)] = policy
    found: dict[str, FileOut] = {}
    for data_sets in by_pair.values():
        for one, other in overlaps(data_sets):
            for mine, theirs in ((one, other), (other, one)):
                policy, service = owner[id(mine)], owner[id(theirs)].service
                error = BadInput(
                    mine.place,
                    f"'{mine}' overlaps '{theirs}' of the service '{service}' ({theirs.place})",
                    "Protect it in one of the two services",
                )
                found.setdefault(policy.file, _out(policy, error))
    return found


def without_pair(
    policies: Iterable[Policy], pairs: Mapping[str, Pair], out: Sequence[FileOut], folder: str
) -> dict[str, FileOut]:
    """Policies whose pair is in no file that counts, by file.

    Args:
        pairs: The pairs that count.
        out: Pair files that do not.
        folder: Where pair files lie, for the message.
    """
    broken = {one.name: one.error for one in out}
    found: dict[str, FileOut] = {}
    for policy in policies:
        if policy.pair in pairs:
            continue
        if why := broken.get(policy.pair):
            problem = f"its pair '{policy.pair}' is out: {why.subject}: {why.problem}"
            error = BadInput(policy.pair_place, problem, why.remedy)
        else:
            remedy = f"Add {folder}/{policy.pair}.yaml"
            remedy += f", or use one of: {', '.join(sorted(pairs))}" if pairs else ""
            error = BadInput(policy.pair_place, f"no file in {folder} describes the pair '{policy.pair}'", remedy)
        found[policy.file] = _out(policy, error)
    return found


def _out(policy: Policy, error: BadInput) -> FileOut:
    return FileOut(error, policy.service, policy.pair)


def _same_name(values: Iterable[T], name_of: Callable[[T], str]) -> list[tuple[T, T]]:
    """Each value whose name is not its own alone, beside another one of that name."""
    by_name: dict[str, list[T]] = {}
    for value in values:
        by_name.setdefault(name_of(value), []).append(value)
    return [
        (one, other)
        for same in by_name.values()
        if len(same) > 1
        for one, other in zip(same, same[1:] + same[:1], strict=True)
    ]


def _is_in_too(file: str, what: str, other: str) -> BadInput:
    return BadInput(file, f"the {what} is in {other} too", "Remove one of the files")
