"""Small notes beside a plan that say how far a stage came, for a try after it."""

from __future__ import annotations

from dataclasses import dataclass

from hadoop_dr.domain.formats.form import JsonForm


@dataclass(frozen=True, slots=True)
class NoteOfStage:
    """Something was begun or done; that the note is there is all it says."""


MARK = JsonForm("note of a stage", NoteOfStage)
"""How it is stored."""

