"""What a task hands on and logs does not grow with the number of roots; what it says of few it says whole."""

from __future__ import annotations

import json
from typing import Any

from hadoop_dr_airflow.brief import LONGEST, brief
from hadoop_dr_airflow.operators import in_words

ROOTS = [f"/warehouse/finance ü%+.db/t={number:05d}" for number in range(1_500)]


def of_many() -> dict[str, Any]:
    """What a seal says of a service of many roots."""
    return {
        "point": "20261120T020000.000Z",
        "snapshots": {site: dict.fromkeys(ROOTS, "dr-billing-e1") for site in ("east", "west")},
        "warnings": [f"{root} is left alone" for root in ROOTS] + ["x" * 5_000],
        "requests": {"plan": {"east": 1, "west": 2}},
        "entries": 12,
    }


def test_a_result_of_many_roots_is_handed_on_as_the_first_and_how_many_more() -> None:
    told = brief(of_many())
    assert len(json.dumps(told)) < 6_000
    assert (told["point"], told["entries"], told["requests"]) == (
        "20261120T020000.000Z", 12, {"plan": {"east": 1, "west": 2}})  # fmt: skip
    assert list(told["snapshots"]["west"])[::10] == [ROOTS[0], "and more"]
    assert told["snapshots"]["west"]["and more"] == 1_490
    assert told["warnings"][0] == f"{ROOTS[0]} is left alone"
    assert told["warnings"][-1] == "and 1491 more"


def test_what_is_logged_of_many_roots_is_a_line_that_a_person_can_read() -> None:
    assert len(in_words("seal", of_many())) < 4_000


def test_what_is_said_of_few_is_said_whole_and_a_text_without_end_is_cut() -> None:
    few = {"snapshots": {"east": {"/a b": "s"}}, "warnings": ["ü"], "mismatch": (), "n": None}
    assert brief(few) == {**few, "mismatch": []}
    assert brief({"why": "x" * 2 * LONGEST})["why"] == "x" * LONGEST + "..."
