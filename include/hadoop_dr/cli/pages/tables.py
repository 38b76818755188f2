"""Tables for people: as wide as the terminal, and never cutting what they show.

A cell is what somebody may have to type again, so none is shortened. What does not fit side by side is broken at its
blanks; what does not fit even so is told row by row, a line for each cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from hadoop_dr.cli.pages.printable import columns_of, printable

_APART = 2


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[object]], width: int | None) -> Iterator[str]:
    """Lays out a table, one text for each line of the terminal.

    Args:
        columns: Headings.
        rows: Cells, as many in each row as there are headings.
        width: Of the terminal; None where there is none, and lines may be as long as they like.
    """
    cells = [[printable(str(cell)) for cell in row] for row in (columns, *rows)]
    widest = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
    for apart in (_APART, 1):
        if (widths := _fitting(cells, widest, width, apart)) is not None:
            for row in cells:
                yield from _row(row, widths, apart)
            return
    yield from _records(cells)


def _fitting(
    cells: Sequence[Sequence[str]], widest: Sequence[int], width: int | None, apart: int
) -> Sequence[int] | None:
    """Widths of the columns that fill the terminal at most; None when a word would have to be broken."""
    if width is None:
        return widest
    room = width - apart * (len(widest) - 1)
    words = ((word for cell in column for word in cell.split(" ")) for column in zip(*cells, strict=True))
    least = [max(map(columns_of, column)) for column in words]
    if sum(least) > room:
        return None
    widths = list(least)
    while (spare := room - sum(widths)) > 0 and widths != list(widest):
        # The one that wants least more gets it first, so that as few columns as possible are broken.
        at = min((n for n, w in enumerate(widths) if w < widest[n]), key=lambda n: widest[n] - widths[n])
        widths[at] += min(spare, widest[at] - widths[at])
    return widths


def _row(row: Sequence[str], widths: Sequence[int], apart: int) -> Iterator[str]:
    broken = [_broken(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*broken, fillvalue=""):
        padded = (part + " " * (width - columns_of(part)) for part, width in zip(parts, widths, strict=True))
        yield (" " * apart).join(padded).rstrip()


def _broken(cell: str, width: int) -> list[str]:
    """A cell in lines of at most that width, broken at blanks alone."""
    lines = [""]
    for word in cell.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns_of(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _records(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    names = cells[0]
    longest = max(map(columns_of, names))
    for row in cells[1:]:
        for number, (name, cell) in enumerate(zip(names, row, strict=True)):
            if number == 0:
                yield f"{name} {cell}"
            else:
                yield f"  {name}{' ' * (longest - columns_of(name))}  {cell}"
