"""Tables at every width, and text that is shown and never obeyed (what must be typed again is whole)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.cli.pages.printable import columns_of, printable
from hadoop_dr.cli.pages.tables import table_lines

POINTS = ("point", "state", "proof", "skew ms", "entries", "copied", "epoch", "on", "verified")
IDS = ["20261120T212450.342Z", "20261120T212500.067Z"]
ROWS = [
    (IDS[0], "sealed", "atomic", 4.133, 7, "1.1 MiB", 1, "east", "match"),
    (IDS[1], "sealed", "bounded", 123.497, 1234567, "644.5 KiB", 1, "east, west", "cannot tell"),
]
HOSTILE = ["[/data/b]", "[bold]x[/bold]", ":smile:", "[link=http://x]y", "a\nb", "\x1b[31mred", "\udcff", "ü e%20 #",
           "\u202eevil", "日本 語", "", " ", "\\[x]"]  # fmt: skip
WORDS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from([*HOSTILE, *IDS])


@pytest.mark.parametrize("width", [None, 200, 100, 80, 60, 40, 20, 1])
def test_every_id_is_whole_at_every_width(width: int | None) -> None:
    lines = list(table_lines(POINTS, ROWS, width))
    words = [word for line in lines for word in line.split()]
    assert [word for word in words if word in IDS] == IDS
    for text in ("1234567", "123.497", "bounded", "cannot", "tell"):
        assert text in words


@pytest.mark.parametrize("width", [200, 100, 80])
def test_a_table_of_points_stays_a_table_that_fits(width: int) -> None:
    lines = list(table_lines(POINTS, ROWS, width))
    assert lines[0].split()[:2] == ["point", "state"]
    assert all(columns_of(line) <= width for line in lines)


def test_without_a_terminal_each_row_is_one_line() -> None:
    rows = [(*row[:-1], "x" * 500) for row in ROWS]
    assert len(list(table_lines(POINTS, rows, None))) == 3


def test_what_cannot_stand_side_by_side_is_told_row_by_row() -> None:
    assert list(table_lines(("point", "state"), [(IDS[0], "sealed"), (IDS[1], "no point")], 22)) == [
        f"point {IDS[0]}", "  state  sealed", f"point {IDS[1]}", "  state  no point",
    ]  # fmt: skip


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=4), st.none() | st.integers(1, 120))
def test_nothing_is_lost_obeyed_or_broken_whatever_the_cells_hold(
    rows: list[tuple[str, str, str]], width: int | None
) -> None:
    lines = list(table_lines(("one", "two words", "three"), rows, width))
    said = " ".join(" ".join(lines).split())
    for row in rows:
        for cell in row:
            for word in printable(cell).split():
                assert word in said
    assert not any(line != printable(line) for line in lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", "a\\nb"), ("\x1b[31m", "\\x1b[31m"), ("\udcff", "\\udcff"), ("\u202e", "\\u202e"), ("ü e%20", "ü e%20"),
     ("\x9b1m", "\\x9b1m"), ("日本", "日本"), ("[/b]:smile:", "[/b]:smile:"), ("\u2028", "\\u2028"),
     ("e\u0301", "e\u0301")],
)  # fmt: skip
def test_a_name_is_shown_as_it_is_or_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_what_is_printable_stays_one_line_and_printable(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")
