"""Bars, drawn by rich; imported only where one is drawn, because it takes a tenth of each start."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Bar:
    """One bar on stderr that begins anew with each stage and is gone at the end."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<10}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._progress.start()

    def stop(self) -> None:
        """Removes the bar from the terminal."""
        self._progress.stop()

    def stage(self, name: str, total: int | None) -> None:
        """Begins a stage; ``total`` counts its items when it is known."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(name, total=total)

    def advance(self, done: int) -> None:
        """Counts items of the present stage."""
        if self._task is not None:
            self._progress.advance(self._task, done)
