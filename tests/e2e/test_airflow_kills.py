"""Every stage of a backup through Airflow killed at its beginning, at its end and in between (I6, faults 68, 71).

Four services die side by side, several times in a run. Who dies is the task, its supervisor, or both; a task that lost
its supervisor works on beside its next try. The seed is printed; ``HADOOP_DR_CRASH_SEED`` chooses another one.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing

import pytest

from support.airflow import Airflow
from support.home import LabHome
from support.installation import installed
from support.victims import (
    BEGINNING,
    BETWEEN,
    BOTH,
    CHILD,
    END,
    POLICY,
    STAGES,
    SUPERVISOR,
    Kill,
    Victim,
    die_side_by_side,
)

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.chaos, pytest.mark.timeout(1800)]
SEED = int(os.environ.get("HADOOP_DR_CRASH_SEED", "20261122"))
SERVICES = ("victim-1", "victim-2", "victim-3", "victim-4")
EVERY = [
    *(Kill(stage, when, BOTH) for stage in STAGES for when in (BEGINNING, END)),
    *(Kill(stage, BETWEEN, who) for stage in STAGES for who in (CHILD, SUPERVISOR)),
    *[Kill(stage, BETWEEN, BOTH) for stage in ("moment", "stage", "place") for _ in range(3)],
]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LabHome, Airflow]]:
    print(f"seed {SEED}")
    with installed(tmp_path_factory.mktemp("airflow"), dict.fromkeys((*SERVICES, "survivor"), POLICY)) as found:
        yield found


def test_a_task_or_its_supervisor_killed_anywhere_in_any_stage_is_followed_by_a_sealed_run(
    installation: tuple[LabHome, Airflow],
) -> None:
    kills = random.Random(SEED).sample(EVERY, len(EVERY))
    shares = {service: kills[n :: len(SERVICES)] for n, service in enumerate(SERVICES)}
    die_side_by_side(*installation, shares, SEED)


def test_a_scheduler_that_dies_and_starts_again_during_a_run_is_no_more_than_a_pause(
    installation: tuple[LabHome, Airflow],
) -> None:
    home, airflow = installation
    with closing(Victim(home, airflow, "survivor", SEED)) as survivor:
        for stage, alone in (("plan", True), ("stage", False), ("place", False), ("seal", True)):
            survivor.outlives(stage, lambda alone=alone: airflow.restart("scheduler", alone=alone))  # type: ignore[misc]
