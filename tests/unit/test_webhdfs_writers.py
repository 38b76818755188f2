"""The page on which a NameNode names open files, as it was seen on a real one (fault 9)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.webhdfs.writers import named_open
from hadoop_dr.domain.errors import NotFound, NotReady

HEAD = "FSCK started by hdfs (auth:SIMPLE) from /127.0.0.1 for path /d ü at Sat Nov 21 13:13:30 UTC 2026\n\n"
END = "Status: HEALTHY\n Number of data-nodes:\t2\n Total size:\t0 B\n\n\nThe filesystem under path '/d ü' is HEALTHY"


def page(text: str, end: str = END) -> list[str]:
    return named_open(HEAD + text + end, "/d ü", "http://nn/fsck")


def test_several_open_files_on_one_line_are_told_apart() -> None:
    first = "/d ü/a b 字%20 5 bytes 0 bytes, replicated: replication=1, 0 block(s), OPENFORWRITE: "
    second = "/d ü/ap=pend # 1 bytes, erasure-coded: policy=RS-6-3-1024k, 1 block(s), OPENFORWRITE: \n"
    assert page(first + second) == ["/d ü/a b 字%20 5 bytes", "/d ü/ap=pend #"]


def test_damage_told_between_open_files_is_not_taken_for_one() -> None:
    broken = "\n/d ü/x: MISSING 1 blocks of total size 5 B.\n"
    found = "/d ü/y 7 bytes, replicated: replication=3, 1 block(s), OPENFORWRITE: "
    assert page(broken + found + broken, END.replace("HEALTHY", "CORRUPT")) == ["/d ü/y"]
    assert page("") == []


def test_a_page_without_its_end_is_no_answer() -> None:
    with pytest.raises(NotReady, match="standby"):
        page("FSCK ended\n", "Operation category READ is not supported in state standby")
    with pytest.raises(NotFound):
        page("\nPath '/d ü' does not exist", "")
