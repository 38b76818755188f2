"""Stages that are called one by one, each in a process of its own."""

from __future__ import annotations

from typing import Any

from hadoop_dr.services.backup.stages import BackupStages
from sim.world import World

STAGES = ("preflight", "moment", "plan", "stage", "place", "verify", "seal")


def task(world: World, run: str, stage: str, try_no: int = 1) -> Any:
    """One task: a process of its own that knows the run by its id alone."""
    stages = BackupStages(world.context(), run, try_no)
    return stages.stage(0) if stage == "stage" else getattr(stages, stage)()
