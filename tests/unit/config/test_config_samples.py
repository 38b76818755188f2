"""Every sample of a pair or policy file says in its first line what has to be said of it (faults 73 and 75)."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from hadoop_dr.adapters import config
from hadoop_dr.domain.config.document import DocumentNode
from hadoop_dr.domain.config.pair import read_pair
from hadoop_dr.domain.config.policy import read_policy
from hadoop_dr.domain.errors import BadInput

TESTS = Path(__file__).parents[2]
READERS: dict[str, Callable[[DocumentNode], object]] = {
    "policies": lambda node: read_policy(node, config.longest_gap_ms),
    "pairs": read_pair,
}
VALID = sorted(TESTS.glob("p*/valid/*.yaml"))
INVALID = sorted(TESTS.glob("p*/invalid/*.yaml"))


def _name(path: Path) -> str:
    return f"{path.parts[-3]}/{path.stem}"


def _pattern(expected: str) -> str:
    """``*`` in an expectation stands for words of the YAML library or for the file's name; all else is literal."""
    return expected.replace("[", "[[]").replace("?", "[?]")


@pytest.mark.parametrize("path", VALID, ids=_name)
def test_a_valid_sample_is_read(path: Path) -> None:
    assert READERS[path.parts[-3]](config.load(path, path.name)) is not None


@pytest.mark.parametrize("path", INVALID, ids=_name)
def test_an_invalid_sample_is_refused_with_one_line_that_says_where_what_and_how_to_mend(path: Path) -> None:
    comment, expected = path.read_text("utf-8").partition("\n")[0].split(": ", 1)
    assert comment == "# expect"

    with pytest.raises(BadInput) as refused:
        READERS[path.parts[-3]](config.load(path, path.name))

    said = str(refused.value)
    assert fnmatchcase(said, f"{path.name}:{_pattern(expected)}"), said
    assert "\n" not in said
    assert "hunter2" not in said


def test_there_are_samples() -> None:
    assert len(VALID) > 5
    assert len(INVALID) > 80


def test_no_moment_of_the_demos_schedule_falls_between_its_two_points() -> None:
    """Through Airflow it makes two points by hand; a run of the schedule in between would take the day's work."""
    file = Path(__file__).parents[3] / "include/policies/billing.yaml"
    policy = read_policy(config.parse(file.read_bytes(), file.name), config.longest_gap_ms)
    assert (policy.period_ms, policy.rpo_ms > 24 * 3_600_000) == (24 * 3_600_000, True)
