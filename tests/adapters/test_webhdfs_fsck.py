"""The pages on which a NameNode names open files and block ids, as they were seen on a real one (faults 9 and 10)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoop_dr.adapters.webhdfs.fsck import each_once, listed_blocks, named_open, whole_lines
from hadoop_dr.domain.errors import NotFound, NotReady

HEAD = "FSCK started by hdfs (auth:SIMPLE) from /127.0.0.1 for path /d ü at Sat Nov 21 13:13:30 UTC 2026\n\n"
END = "Status: HEALTHY\n Number of data-nodes:\t2\n Total size:\t0 B\n\n\nThe filesystem under path '/d ü' is HEALTHY"


def whole(text: str) -> list[str]:
    return list(whole_lines(text.split("\n"), "/d ü", "http://nn/fsck?path=x"))


def page(text: str, end: str = END) -> list[str]:
    return named_open("\n".join(whole(HEAD + text + end)), "/d ü")


def test_several_open_files_on_one_line_are_told_apart() -> None:
    first = "/d ü/a b 字%20 5 bytes 0 bytes, replicated: replication=1, 0 block(s), OPENFORWRITE: "
    second = "/d ü/ap=pend # 1 bytes, erasure-coded: policy=RS-6-3-1024k, 1 block(s), OPENFORWRITE: \n"
    third = "..\n./d ü/line\nbreak\n/x 1 bytes, replicated: replication=1, 1 block(s), OPENFORWRITE: \n"
    assert page(first + second + third) == ["/d ü/a b 字%20 5 bytes", "/d ü/ap=pend #", "/d ü/line\nbreak\n/x"]


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


def test_block_ids_are_told_by_file_whatever_its_name() -> None:
    text = """
/d ü <dir>
/d ü/e+ <dir>
/d ü/e+/a 5 bytes, replicated: x 7 bytes, replicated: replication=2, 2 block(s):  OK
0. BP-1-127.0.0.1-2:blk_1073742914_2091 len=4 Live_repl=2
1. BP-1-127.0.0.1-2:blk_1073742920_2097 len=3 Live_repl=2

/d ü/empty 0 bytes, replicated: replication=2, 0 block(s):  OK

/d ü/line
break 7 bytes, replicated: replication=2, 1 block(s):  OK
0. BP-1-127.0.0.1-2:blk_1073742999_2091 len=7 Live_repl=2

/d ü/open 9 bytes, replicated: replication=2, 1 block(s), OPENFORWRITE:  OK
0. BP-1-127.0.0.1-2:blk_1073743000_2091 len=9 Live_repl=2

/d ü/ec 9 bytes, erasure-coded: policy=RS-6-3-1024k, 1 block(s):  OK
0. BP-1-127.0.0.1-2:blk_-9223372036854775792_1001 len=9 Live_repl=7

/d ü/worn 4 bytes, replicated: replication=2, 1 block(s):  Under replicated BP-1-127.0.0.1-2:blk_1073743001_2. Target 2.
0. BP-1-127.0.0.1-2:blk_1073743001_2 len=4 Live_repl=1

"""
    assert dict(listed_blocks(whole(HEAD + text + END), "/d ü")) == {
        "e+/a 5 bytes, replicated: x": (1073742914, 1073742920),
        "line\nbreak": (1073742999,),
        "open": (1073743000,),
        "ec": (-9223372036854775792,),
        "worn": (1073743001,),
    }


def snapshot(*items: str) -> dict[str, tuple[int, ...]]:
    """What is read of a check of a snapshot that names these, each as a NameNode prints it."""
    text = "/d ü/.snapshot/s <dir>\n" + "".join(f"/d ü/.snapshot/s/{item}\n" for item in items)
    return dict(listed_blocks(whole(HEAD + text + END), "/d ü/.snapshot/s"))


def told(name: str, *ids: int, damage: str = " OK") -> str:
    blocks = "".join(f"{n}. BP-1-127.0.0.1-2:blk_{one}_1 len=4 Live_repl=2\n" for n, one in enumerate(ids))
    return f"{name} 4 bytes, replicated: replication=2, {len(ids)} block(s): {damage}\n{blocks}"


@pytest.mark.parametrize("name", [
    "a\nb", "\n", "a\n", "d\n/x", "d\ne/f%20\n+", "x\n/d ü/f 4 bytes", "x <dir>\ny", "f\nStatus HEALTHY",
    "0. BP_1\n1. blk_9_1 len=4",
])  # fmt: skip
def test_the_block_ids_of_a_file_with_a_line_break_in_its_name_are_told_and_those_of_no_other_are_hidden(
    name: str,
) -> None:
    assert snapshot(told("f", 1, 2), told(name, 3, 4), told("g", 5)) == {"f": (1, 2), name: (3, 4), "g": (5,)}
    assert snapshot(told("f", 1, 2), told(name), told("g", 5)) == {"f": (1, 2), "g": (5,)}
    assert snapshot(told("f", 1, 2), f"{name} <dir>", told(f"{name}/z", 6)) == {"f": (1, 2), f"{name}/z": (6,)}
    assert snapshot(told("f", 1, 2), f"{name} <dir>") == {"f": (1, 2)}


def test_the_block_ids_of_a_file_with_a_broken_block_are_told_as_well() -> None:
    broken = "\n/d ü/.snapshot/s/f: CORRUPT blockpool BP-1 block blk_2\n CORRUPT 1 blocks of total size 4 B"
    missing = " MISSING 1 blocks of total size 4 B"
    assert snapshot(told("f", 1, 2, damage=broken), told("g", 3, damage=missing)) == {"f": (1, 2), "g": (3,)}


def test_block_ids_come_before_their_page_is_whole_and_a_page_that_breaks_off_is_an_error_at_its_end() -> None:
    """A large tree's page is never held; who reads it must not conclude anything before its end."""
    line = "/d ü/{} 1 bytes, replicated: replication=2, 1 block(s):  OK\n0. BP-1-127.0.0.1-2:blk_{}_1 len=1\n"
    lines = iter((HEAD + line.format("a", 7) + line.format("b", 8)).split("\n"))
    told = listed_blocks(whole_lines(lines, "/d ü", "http://nn/fsck"), "/d ü")
    assert next(told) == ("a", (7,))
    with pytest.raises(NotReady, match="failed"):
        list(told)


def test_what_was_told_before_an_answer_broke_off_is_told_once_and_nothing_is_left_out() -> None:
    rows, reach = [(f"f {n}", (n,)) for n in range(6)], iter([2, 5, 6])

    def ask() -> Iterator[tuple[str, tuple[int, ...]]]:
        until = next(reach)
        yield from rows[:until]
        if until < len(rows):
            raise NotReady("http://nn/fsck", "its fsck ended early")

    assert list(each_once(ask)) == rows


def test_an_answer_that_comes_no_further_than_the_one_before_is_the_last() -> None:
    asked = []

    def ask() -> Iterator[tuple[str, tuple[int, ...]]]:
        asked.append(1)
        yield "f+", (1,)
        raise NotReady("http://nn/fsck", "its fsck ended early")

    with pytest.raises(NotReady):
        list(each_once(ask))
    assert len(asked) == 2
