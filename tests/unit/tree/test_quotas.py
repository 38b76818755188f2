"""Which directories are asked for their quotas, and how what is known follows them (S2.12)."""

from __future__ import annotations

from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.quotas import (
    NONE_SET,
    QuotaSet,
    RootQuotas,
    changed_directories,
    quota_lines,
    quota_rows,
    quotas_from_rows,
)

TEN, FULL = QuotaSet(10, -1), QuotaSet(7, 4096, (("SSD", 1024),))
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o755, 0, 0, 1)
FILE = FileAttributes(FileKind.FILE, 1, "o", "g", 0o644, 1, 1024, 1)


def item(inode: int, old: str | None, new: str | None, facts: FileAttributes = DIRECTORY) -> Item:
    return Item(inode, old, new, facts if old is not None else None, facts if new is not None else None)


def test_only_directories_that_are_still_there_are_asked_about_the_root_among_them() -> None:
    items = [item(1, "", ""), item(2, None, "ü dir"), item(3, "a b", None), item(4, "f#", "f#", FILE)]
    assert changed_directories(items) == ["", "ü dir"]


def test_what_is_known_moves_with_its_directory_and_goes_with_it() -> None:
    paths = frozenset({"a b/d", "gone/e"})
    earlier = RootQuotas({"a b": TEN, "a b/c%": FULL, "gone": TEN, "stays": TEN}, paths, paths)
    followed = earlier.follow([item(1, "a b", "moved+"), item(2, "gone", None), item(3, None, "a b")])
    there = frozenset({"moved+/d"})
    assert followed == RootQuotas({"moved+": TEN, "moved+/c%": FULL, "stays": TEN}, there, there)


def test_what_changed_and_what_was_left_out_is_to_be_asked_about_the_shallow_first() -> None:
    known = RootQuotas({"x": TEN}, frozenset({"x", "x/y", "new"})).doubting(["deep/er/st", "new", ""], due=True)
    every = frozenset({"", "x", "x/y", "new", "deep/er/st"})
    assert known == RootQuotas({"x": TEN}, every, every)
    assert known.to_ask(4) == (["", "new", "x", "x/y"], frozenset({"deep/er/st"}))
    assert known.to_ask(0) == ([], known.unasked)


def test_where_counting_is_dear_only_those_are_asked_that_had_a_quota_and_the_rest_waits() -> None:
    known = RootQuotas({"x": TEN, "y z": FULL}).doubting(["", "x", "x/y", "new"], due=False)
    assert known.to_ask(9) == (["x"], frozenset({"", "x/y", "new"}))
    assert known.to_ask(0) == ([], known.unasked)


def test_what_is_due_and_was_left_out_waits_for_no_audit() -> None:
    first = RootQuotas().doubting(["", "a b", "c%"], due=True)
    chosen, left = first.to_ask(1)
    later = first.answered(dict.fromkeys(chosen, TEN), left).doubting(["new"], due=False)
    assert later == RootQuotas({"": TEN}, frozenset({"a b", "c%", "new"}), frozenset({"a b", "c%"}))
    assert later.to_ask(9) == (["a b", "c%"], frozenset({"new"}))


def test_an_answer_replaces_what_was_known_and_a_lifted_quota_is_forgotten() -> None:
    known = RootQuotas({"a": TEN, "b": TEN, "left": TEN})
    after = known.answered({"a": FULL, "b": QuotaSet(), "c": QuotaSet()}, frozenset({"left"}))
    assert after == RootQuotas({"a": FULL, "left": TEN}, frozenset({"left"}))


def test_every_quota_is_named_with_all_its_limits() -> None:
    own = {"/data/ü #": TEN, "/data/x": NONE_SET}
    below = {"/data/x": RootQuotas({"": TEN, "e%20": FULL}), "/data/ü #": RootQuotas({"": QuotaSet(1, 1)})}
    assert quota_lines(own, below) == [
        "/data/x: 10 names", "/data/x/e%20: 7 names and 4096 bytes and 1024 bytes of SSD", "/data/ü #: 10 names",
    ]  # fmt: skip


def test_a_limit_of_nothing_is_a_limit_and_is_named() -> None:
    assert quota_lines({"/data/ü #": QuotaSet(-1, 0)}, {}) == ["/data/ü #: 0 bytes"]


def test_quotas_survive_being_written_down_also_those_not_asked_about() -> None:
    roots = {
        "/data/ü #": RootQuotas({"a=1": FULL, "left": TEN}, frozenset({"left", "never asked"}), frozenset({"left"})),
        "/data/x": RootQuotas({"e%20": TEN}),
        "/data/waits": RootQuotas({}, frozenset({"z"})),
    }
    assert quotas_from_rows(quota_rows({**roots, "/data/none": RootQuotas()})) == roots
