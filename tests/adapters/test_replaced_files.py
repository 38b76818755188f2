"""A file on a gateway host is the old one or the new one, whole, and readable for its programs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hadoop_dr.adapters.system.files import replace_text
from hadoop_dr.domain.errors import Failed


def test_a_file_is_replaced_at_once_and_only_if_it_says_something_else(tmp_path: Path) -> None:
    path = tmp_path / "conf ü%" / "core-site.xml"
    assert replace_text(path, "ü 1")
    with path.open(encoding="utf-8") as reader:
        assert (replace_text(path, "ü 1"), replace_text(path, "2")) == (False, True)
        assert reader.read() == "ü 1", "who had it open reads the old one to its end"
    assert path.read_text("utf-8") == "2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["core-site.xml"]


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left_there(tmp_path: Path) -> None:
    (tmp_path / "x.xml").mkdir()
    with pytest.raises(Failed, match=r"x\.xml: cannot be written"):
        replace_text(tmp_path / "x.xml", "a")
    assert [one.name for one in tmp_path.iterdir()] == ["x.xml"]
