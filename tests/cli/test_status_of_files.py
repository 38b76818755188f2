"""What ``status`` says of the user's files (fault 73). Nothing is contacted: the lab of the pairs was never started."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hadoop_dr.bootstrap import status_of
from hadoop_dr.domain.errors import BadInput
from schemas import validate
from support.command import COMMAND


def a_pair(home: Path, name: str, more: str = "") -> None:
    first, second = name.split("-")
    sites = f"{{{first}: {{lab: {first}}}, {second}: {{lab: {second}}}}}"
    text = f"pair: {name}\nsites: {sites}\ninitial_primary: {first}\n"
    (home / f"include/pairs/{name}.yaml").write_text(text + more)


def a_policy(home: Path, service: str, pair: str, more: str = "", file: str = "") -> None:
    text = f"service: {service}\npair: {pair}\nprotect: [hdfs: /data/{service}]\n"
    (home / f"include/policies/{file or service}.yaml").write_text(text + more)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pairs, a service each."""
    home = tmp_path / "h #ü%20"
    for folder in ("pairs", "policies"):
        (home / "include" / folder).mkdir(parents=True)
    a_pair(home, "east-west")
    a_pair(home, "north-south")
    a_policy(home, "billing", "east-west")
    a_policy(home, "payroll", "north-south")
    monkeypatch.delenv("HADOOP_DR_SITE", raising=False)
    return home


def told(home: Path, pair: str | None = None) -> tuple[dict[str, Any], list[str]]:
    """The document, and what was said beside it."""
    said: list[str] = []
    document = status_of(pair, said.append, home)
    validate("status", document)
    return document, said


def services(document: dict[str, Any]) -> dict[str, str]:
    return {name: s["state"] for pair in document["pairs"] for name, s in pair["services"].items()}


def test_without_a_name_every_pair_is_told_and_one_that_cannot_be_asked_hides_no_other(home: Path) -> None:
    document, said = told(home)
    assert [pair["pair"] for pair in document["pairs"]] == ["east-west", "north-south"]
    assert services(document) == {"billing": "unknown", "payroll": "unknown"}
    assert document["ok"] is False
    assert [line.partition(":")[0] for line in said] == ["site 'east'", "site 'north'"]


def test_a_broken_policy_is_a_broken_service_with_file_and_line_and_a_problem(home: Path) -> None:
    a_policy(home, "payroll", "north-south", "perod: 5m\n", file="f #ü")
    (home / "include/policies/payroll.yaml").unlink()
    document, _ = told(home)
    wrong = "include/policies/f #ü.yaml:4: unknown key 'perod'. Did you mean 'period'?"
    assert services(document) == {"billing": "unknown", "payroll": "broken"}
    assert document["pairs"][1]["services"]["payroll"]["why"] == wrong
    assert document["problems"] == [wrong]


def test_files_that_say_not_even_their_pair_are_problems_of_every_pair_and_belong_to_none(home: Path) -> None:
    (home / "include/policies/odd.yaml").write_text("service: [")
    a_policy(home, "far", "north-souht")
    document, _ = told(home)
    assert services(document) == {"billing": "unknown", "payroll": "unknown"}
    assert [line.partition(":")[0] for line in document["problems"]] == [
        "include/policies/far.yaml", "include/policies/odd.yaml",
    ]  # fmt: skip
    (home / "include/pairs/north-south.yaml").unlink()
    (home / "include/policies/payroll.yaml").unlink()
    assert services(told(home)[0]) == {"billing": "unknown", "far": "broken", "odd": "broken"}


def test_a_named_pair_that_has_no_addresses_is_refused(home: Path) -> None:
    with pytest.raises(BadInput, match="hadoop-dr lab up"):
        told(home, "east-west")
    with pytest.raises(BadInput, match="or use one of: east-west, north-south"):
        told(home, "nobody")


def test_broken_and_doubled_pair_files_are_problems_and_take_their_services_along(home: Path) -> None:
    a_pair(home, "north-south", "nodemap: {}\n")
    document, _ = told(home)
    assert [pair["pair"] for pair in document["pairs"]] == ["east-west"]
    (home / "include/pairs/again.yaml").write_text((home / "include/pairs/east-west.yaml").read_text())
    document, _ = told(home)
    assert document["ok"] is False
    assert document["pairs"] == []
    assert [line.partition(": ")[0] for line in document["problems"]] == [
        "include/pairs/again.yaml", "include/pairs/east-west.yaml", "include/pairs/north-south.yaml:4",
        "include/policies/billing.yaml:2", "include/policies/payroll.yaml:2",
    ]  # fmt: skip


def test_a_mistyped_position_is_a_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADOOP_DR_SITE", "esat")
    document, _ = told(home)
    assert [line.partition(":")[0] for line in document["problems"]] == ["HADOOP_DR_SITE=esat"]


def test_two_files_of_one_service_are_both_out_and_the_service_is_broken(home: Path) -> None:
    a_policy(home, "billing", "east-west", file="twice")
    document, _ = told(home)
    assert services(document)["billing"] == "broken"
    assert len(document["problems"]) == 2


def test_a_monitor_gets_1_and_what_is_wrong_as_a_line_each(home: Path) -> None:
    a_policy(home, "broken", "east-west", "perod: 5m\n")
    environ = {**os.environ, "HADOOP_DR_HOME": str(home), "HADOOP_DR_SITE": "esat"}
    for more in ((), ("--json",)):
        done = subprocess.run((COMMAND, "status", *more), env=environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1, done.stderr
        for line in ("include/policies/broken.yaml:4: unknown key 'perod'", "HADOOP_DR_SITE=esat: no pair has such"):
            assert line in done.stdout
    assert json.loads(done.stdout)["ok"] is False


def test_the_name_of_a_service_is_answered_with_its_pair(home: Path) -> None:
    with pytest.raises(BadInput, match=r"is a service\. Name its pair, east-west, or nothing"):
        told(home, "billing")
