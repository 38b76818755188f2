"""What the pages of a snapshot difference cost when one directory has very many changes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from statistics import median

import pytest

from hadoop_dr.adapters.webhdfs.reading import diff_pages
from hadoop_dr.domain.tree.file_attributes import DiffEntry, DiffPage

PAGE = 1000


def listing(entries: int) -> Iterator[DiffPage]:
    """Pages of one directory in which so many files were made; the last of each page comes again with the next."""

    def ask(_: str, index: int) -> tuple[DiffPage, str, int]:
        first, to = max(index, 0), max(index, 0) + PAGE
        made = tuple(DiffEntry(n, 1, f"d 0+%/ü {n}") for n in range(max(first - 1, 0), to))
        return DiffPage(created=made), *(("d 0+%", to) if to < entries else ("", -1))

    return diff_pages("/root", ask)


@pytest.mark.parametrize("pages", [20, 60])
def test_a_page_of_a_large_directory_costs_what_is_in_it_and_not_what_came_before(pages: int) -> None:
    """Counted in bytes: what is taken beyond what stays. Only a table that grows takes more, and that is seldom."""
    tracemalloc.start()
    try:
        taken, kept, found, listed = list[int](), 0, 0, listing(pages * PAGE)
        for _ in range(pages):
            tracemalloc.reset_peak()
            found += len(next(listed).created)
            kept, peak = tracemalloc.get_traced_memory()
            taken.append(peak - kept)
    finally:
        tracemalloc.stop()
    assert found == pages * PAGE, "what comes twice at a border is given once"
    assert median(taken[-10:]) <= 400 * PAGE
    assert kept <= 150 * found, "of an entry that was given only a number stays"
