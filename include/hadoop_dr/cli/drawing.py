"""Tables and bars, drawn by rich; imported only where something is drawn, because it takes a tenth of each start."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table


def draw_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Draws a table on stdout; wide terminals and pipes get every column whole."""
    drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else 200).print(drawn)


class Bar:
    """One bar on stderr that begins anew with each stage and is gone at the end."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._progress.start()

    def stop(self) -> None:
        """Takes the bar away."""
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
