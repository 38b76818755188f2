"""One line about an error that nobody foresaw, whatever it is."""

from __future__ import annotations

from hadoop_dr.domain.last_words import ended_by


class Silent(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def test_any_error_is_told_in_one_short_line() -> None:
    assert ended_by(KeyError("n")) == "ended by KeyError: 'n'"
    assert ended_by(MemoryError()) == "ended by MemoryError"
    assert ended_by(ValueError("one\n  two\t[/three]")) == "ended by ValueError: one two [/three]"
    assert ended_by(Silent()) == "ended by Silent: an error that cannot be written"
    assert len(ended_by(ValueError("x" * 10**6))) < 400
