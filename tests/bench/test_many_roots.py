"""An unchanged service of few and of very many roots: seconds from T0 to the seal, and requests.

``HADOOP_DR_BENCH_ROOTS`` (3,60,500,1500) chooses the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.many_roots import many_roots
from bench.scene import Bench, asked, bench_home, say, sizes

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(3600)]


@pytest.fixture
def bench(lab: object, tmp_path: Path) -> Iterator[Bench]:
    with bench_home(tmp_path / "home") as home:
        yield home


@pytest.mark.parametrize("roots", sizes("HADOOP_DR_BENCH_ROOTS", "3,60,500,1500"))
def test_an_unchanged_service(bench: Bench, roots: int) -> None:
    many_roots(bench, "many", roots)
    first, second, third = (bench.measure("many") for _ in range(3))
    requests = asked(third.document)
    say(
        f"unchanged service of {roots} roots", sealed_s=min(second.sealed_s, third.sealed_s),
        command_s=min(second.command_s, third.command_s), first_command_s=first.command_s, requests=requests,
        cpu_s=min(second.cpu_s, third.cpu_s),
        requests_per_root=(requests["east"] + requests["west"]) / roots, skew_ms=third.document["skew_ms"],
        seconds=third.document["seconds"])
    assert third.document["files_copied"] == 0
