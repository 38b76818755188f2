"""Homes on the lab for tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.cli import CliHome, cli_home


@pytest.fixture
def home(lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliHome]:
    """A home of the test's own."""
    with cli_home(tmp_path_factory) as found:
        yield found


@pytest.fixture(scope="module")
def shared(lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliHome]:
    """A home that the tests of a file share; each has a service of its own."""
    with cli_home(tmp_path_factory) as found:
        yield found
