"""The moment that somebody names on the command line: what is wrong is said before anything is looked at (I4)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hadoop_dr.cli import main


def test_a_run_that_is_asked_for_again_under_its_id_may_name_its_moment(tmp_path: Path) -> None:
    words = ["backup", "absent", "--json", "--moment", "2020-01-01T00:00:00.000Z", "--run", "it+1"]
    ran = CliRunner().invoke(main, words, env={"HADOOP_DR_HOME": str(tmp_path / "absent")})
    assert "moment" not in json.loads(ran.stdout)["error"]["subject"]


@pytest.mark.parametrize("moment", ["2099-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z", "soon"])
def test_the_command_refuses_it_before_it_looks_at_anything(moment: str, tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        main, ["backup", "absent", "--json", "--moment", moment], env={"HADOOP_DR_HOME": str(tmp_path / "absent")}
    )
    assert ran.exit_code == 2
    assert json.loads(ran.stdout)["error"]["subject"] == f"moment '{moment}'"


@pytest.mark.parametrize(("option", "text"), [("--run", ""), ("--run", "it %"), ("--reason", "x" * 501)])
def test_an_id_or_a_reason_that_airflow_would_not_take_is_refused_before_anything_is_looked_at(
    option: str, text: str, tmp_path: Path
) -> None:
    words = ["backup", "absent", "--json", option, text]
    ran = CliRunner().invoke(main, words, env={"HADOOP_DR_HOME": str(tmp_path / "absent")})
    assert (ran.exit_code, json.loads(ran.stdout)["error"]["subject"]) == (2, option)
