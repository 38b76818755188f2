"""Data for the benchmarks on the lab, the product's own figures for it, and how a line of figures is printed."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from support.much_data import MuchData

TO_THE_SEAL = ("moment", "plan", "stage", "place", "verify", "seal")
REPORT = os.environ.get("HADOOP_DR_BENCH_REPORT", "")


@dataclass(frozen=True)
class Ours:
    """One backup through the command line.

    Attributes:
        command_s: The whole command, from the start of its process to its end.
        sealed_s: From T0 to the ledger's entry that makes the point visible: start, preflight and prune are not in it.
        moving_s: Plan, stage and place alone.
        cpu_s: Processor time of the whole command.
        document: What it printed.
    """

    command_s: float
    sealed_s: float
    moving_s: float
    cpu_s: float
    document: Mapping[str, Any]


class Bench(MuchData):
    """A home on the lab whose data lie below ``/t/bench``.

    Args:
        path: An empty directory.
    """

    def __init__(self, path: Path, sites: Mapping[str, Any] | None = None) -> None:
        super().__init__(path, "/t/bench", sites)

    def url(self, site: str, path: str) -> str:
        """A path as DistCp wants it."""
        return f"{self.sites[site]['hdfs']}{path}"

    patience_s = 3000.0

    def measure(self, service: str) -> Ours:
        """Runs a backup and reads its clocks."""
        begun_s, used_s = time.monotonic(), _used_s()
        document = self.backup(service)
        command_s, cpu_s = time.monotonic() - begun_s, _used_s() - used_s
        moving = sum(document["seconds"].get(stage, 0.0) for stage in ("plan", "stage", "place"))
        return Ours(command_s, self._sealed_s(service, document), moving, cpu_s, document)

    def _sealed_s(self, service: str, document: Mapping[str, Any]) -> float:
        told = self.run("explain", service, "--point", document["point"], "--json").document("explain")
        [sealed] = [entry["at"] for entry in told["entries"] if entry["kind"] == "sealed"]
        return (datetime.fromisoformat(sealed) - datetime.fromisoformat(document["moment"])).total_seconds()


@contextmanager
def bench_home(path: Path) -> Iterator[Bench]:
    """A home for as long as the block lasts; its data go with it."""
    home = Bench(path)
    try:
        yield home
    finally:
        home.close()


def _used_s() -> float:
    """Processor time of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


LINES: list[str] = []
"""What was said in this run, to be said once more at its end."""


def say(case: str, **figures: object) -> None:
    """Prints one line of figures, with the load of the machine; also kept in HADOOP_DR_BENCH_REPORT, if that is set."""
    rounded = {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}
    line = json.dumps({"case": case, **rounded, "load": [round(one, 1) for one in os.getloadavg()]})
    LINES.append(line)
    print(f"\n{line}", flush=True)
    if REPORT:
        with Path(REPORT).open("a", encoding="utf-8") as report:
            report.write(line + "\n")


def sizes(variable: str, usual: str) -> list[int]:
    """Sizes that an environment variable may choose, separated by commas."""
    return [int(size) for size in os.environ.get(variable, usual).split(",")]


def asked(document: Mapping[str, Any]) -> dict[str, int]:
    """Requests of a run by site, of the audit's listings and through the data plane, and trips up to the seal."""
    counts = {"east": 0, "west": 0, "audit": 0, "data": 0, "trips": 0}
    for stage, found in document["requests"].items():
        for name, count in found.items():
            if name == "trips":
                counts["trips"] += count if stage in TO_THE_SEAL else 0
            else:
                counts["audit" if stage == "audit" else name] += count
    return counts
