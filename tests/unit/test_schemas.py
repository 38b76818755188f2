"""The schemas of the command line's documents take the documents of the design, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas import SCHEMAS, problems, validate
from support.documents import CHECK, DOCUMENTS, SNAPSHOT, TOLD


def test_every_schema_is_one_and_has_an_example() -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    assert {*DOCUMENTS, "common"} == set(SCHEMAS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_of_the_design_fits(name: str) -> None:
    validate(name, DOCUMENTS[name])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_missing_and_an_unknown_field_are_seen(name: str) -> None:
    document = copy.deepcopy(DOCUMENTS[name])
    field = next(iter(document))
    removed = document.pop(field)
    assert any(field in found for found in problems(name, document))
    assert problems(name, document | {field: removed, "extra": 1})


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("backup", {"state": "staged"}),
        ("backup", {"moment": "2026-11-20T02:00:00Z"}),
        ("backup", {"point": "../x"}),
        ("backup", {"snapshots": {"east": {"relative": SNAPSHOT}}}),
        ("backup", {"entries": 1.5}),
        ("backup", {"seconds": {"nap": 1}}),
        ("backup", {"requests": {"preflight": {"east": -1}}}),
        ("points", {"points": [DOCUMENTS["points"]["points"][0] | {"proof": None}]}),
        ("check", {"ok": False}),
        ("check", {"results": [CHECK | {"state": "fail"}]}),
        ("coverage", {"results": [CHECK | {"state": "fail", "remedy": ""}]}),
        ("verify", {"mismatch": [{"path": "/x"}]}),
        ("status", {"access": "East"}),
        ("status", {"pairs": [TOLD | {"services": {"a": TOLD["services"]["payroll"] | {"why": ""}}}]}),
        ("status", {"pairs": [{"pair": "east-west"}]}),
    ],
)
def test_a_wrong_value_is_seen(name: str, change: dict[str, Any]) -> None:
    assert problems(name, DOCUMENTS[name] | change)


def test_the_text_of_stdout_may_be_given_and_departures_are_listed() -> None:
    with pytest.raises(AssertionError, match=r"^verify: .*; \$: 'service' is a required property"):
        validate("verify", "{}")
