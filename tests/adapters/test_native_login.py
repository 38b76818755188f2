"""Who the data plane acts as: one user in a process, and a second one is refused before anything is written as him."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from hadoop_dr.adapters.native.login import SimpleLogin
from hadoop_dr.domain.errors import BadInput


@pytest.fixture
def nobody_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that acts as nobody, and is given back as it was."""
    acting = SimpleLogin._of_the_process
    kept = list(acting)
    monkeypatch.setenv("HADOOP_USER_NAME", "somebody of the shell")
    acting.clear()
    yield
    acting[:] = kept


@pytest.mark.usefixtures("nobody_yet")
def test_a_process_acts_as_one_user_and_refuses_another_one_by_name() -> None:
    for _ in ("east", "west"):
        SimpleLogin("dr").enter()
    assert os.environ["HADOOP_USER_NAME"] == "dr"
    with pytest.raises(BadInput) as refused:
        SimpleLogin("somebody ü").enter()
    assert str(refused.value) == (
        "HDFS user somebody ü: this process acts as dr already. Give both sites of a pair the same HDFS user"
    )
    assert os.environ["HADOOP_USER_NAME"] == "dr"


def test_a_user_who_proves_nothing_needs_no_argument_of_a_client() -> None:
    assert SimpleLogin("dr").arguments() == {}
