"""A home on the lab for tests that call the product in their own process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.cli import CliHome, cli_home
from support.home import USER


@pytest.fixture
def home(
    lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CliHome]:
    """A pair of its own that has its roles; acts as the lab's superuser."""
    monkeypatch.setenv("HADOOP_USER_NAME", USER)
    with cli_home(tmp_path_factory) as found:
        yield found
