"""I8: what counts as a deletion, against what it is measured, and who is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.config.quantities import DeletionLimit
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.paths import parent
from hadoop_dr.domain.plan.deleted_files import FileCount, count_files, moved_between, of_files
from hadoop_dr.domain.plan.deletions import DeletionKind, Deletions, Figure, refuse_unapproved, together
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item

A_FILE = FileAttributes(FileKind.FILE, 3, "o", "g", 0o644, 1, 1024, 7)
A_DIRECTORY = replace(A_FILE, kind=FileKind.DIRECTORY, length=0)
ROOT = "/data/a b+%"
A_TENTH = DeletionLimit()
EVERYTHING = DeletionLimit(Fraction(1))


def item(inode: int, old: str | None, new: str | None, *, directory: bool = False) -> Item:
    facts = A_DIRECTORY if directory else A_FILE
    return Item(inode, old, new, None if old is None else facts, None if new is None else facts)


def files(old: list[str], new: list[str]) -> list[Item]:
    """Files that go and files that come, each with an inode of its own."""
    return [item(n, path, None) for n, path in enumerate(old, 1)] + [
        item(1000 + n, None, path) for n, path in enumerate(new)]  # fmt: skip


def directory(inode: int, old: str | None, new: str | None) -> Item:
    return item(inode, old, new, directory=True)


# -- files
def test_one_file_written_anew_among_eight_is_no_deletion() -> None:
    """INSERT OVERWRITE of one table's only file in a service of eight."""
    assert count_files(ROOT, 8, files(["t ü/000000_0"], ["t ü/000000_1"])).deleted == 0


def test_files_are_counted_net_for_each_directory_and_never_below_zero() -> None:
    count = count_files(ROOT, 9, files(["a/1", "a/2", "a/3", "b/1"], ["a/4", "c/1", "c/2", "c/3"]))
    assert count == FileCount(ROOT, live=9, left=9, gone=4, deleted=2 + 1)


def test_every_file_below_a_deleted_directory_counts_and_the_directories_do_not() -> None:
    going = [directory(1, "d", None), directory(2, "d/e", None), item(3, "d/1", None), item(4, "d/e/2", None)]
    assert count_files(ROOT, 5, going) == FileCount(ROOT, 5, 3, gone=2, deleted=2)


def test_files_below_a_directory_that_has_no_items_for_them_count_too() -> None:
    count = count_files(ROOT, 5, [directory(-1, "only here", None)], below=["only here/1", "only here/e%20/2"])
    assert count == FileCount(ROOT, 5, 3, gone=2, deleted=2)


@pytest.mark.parametrize("then", ["d", "d/e", "elsewhere"])
def test_a_move_is_neither_gone_nor_new(then: str) -> None:
    moved = [item(1, "a", f"{then}/b"), directory(2, "x", f"{then}/x"), item(3, "x/f", f"{then}/x/f")]
    assert count_files(ROOT, 4, moved) == FileCount(ROOT, 4, 4, gone=0, deleted=0)


def test_a_file_that_moved_in_makes_up_for_none_that_went() -> None:
    assert count_files(ROOT, 4, [item(1, "d/a", None), item(2, "e/b", "d/b")]).deleted == 1


def test_a_partition_dropped_and_made_again_is_the_same_directory() -> None:
    items = [directory(1, "p=1", None), item(2, "p=1/a", None), directory(3, None, "p=1"), item(4, None, "p=1/b")]
    assert count_files(ROOT, 1, items).deleted == 0


def test_a_directory_that_moved_is_the_same_directory() -> None:
    """Also one below it that went, and one below that: each where it would be now."""
    moved = [directory(1, "old", "new"), directory(2, "old/p=1", None), directory(3, "old/p=1/q", None),
             directory(4, None, "new/p=1"), directory(5, None, "new/p=1/q")]  # fmt: skip
    went = [item(6, "old/a", None), item(7, "old/p=1/q/a", None)]
    came = [item(8, None, "new/b"), item(9, None, "new/p=1/q/b")]
    assert count_files(ROOT, 2, moved + went + came) == FileCount(ROOT, 2, 2, gone=2, deleted=0)
    assert count_files(ROOT, 2, moved + went).deleted == 2


def test_a_rewritten_file_is_no_deletion() -> None:
    assert count_files(ROOT, 1, [replace(item(1, "a", "a"), content=Content.WHOLE)]).gone == 0


def test_a_file_that_moved_to_another_root_is_gone_in_neither() -> None:
    landing, archive = [item(1, "f", None), item(2, "g", None)], [item(1, None, "x/f"), item(3, None, "x/h")]
    moved = moved_between([landing, archive])
    counts = [count_files("/landing", 2, landing, elsewhere=moved), count_files("/archive", 5, archive, (), moved)]
    assert counts == [FileCount("/landing", 2, 0, 1, 1), FileCount("/archive", 5, 7, 0, 0)]
    assert moved_between([landing + archive]) == frozenset()


def test_new_files_make_up_for_none_of_a_root_that_the_service_has_no_point_of() -> None:
    """What goes there was never copied by the service: it is somebody else's."""
    theirs = files(["d ü/theirs 1", "d ü/theirs 2"], ["d ü/1", "d ü/2", "d ü/3"])
    assert count_files(ROOT, 60, theirs, ours=False).deleted == 2
    assert count_files(ROOT, 60, theirs).deleted == 0


def test_only_what_left_one_root_and_came_into_another_moved_between_them() -> None:
    here = [item(1, None, "new ü"), item(2, "gone", None), item(3, "old", "renamed"), item(4, "away", None)]
    there = [item(5, None, "new"), item(6, "gone %", None), item(4, None, "away"), directory(7, None, "d")]
    assert moved_between([here, there, [directory(7, "d", None)]]) == {4}


def test_every_file_that_moved_between_roots_is_counted_in_what_is_left() -> None:
    leave = [item(n, f"a/{n} ü", None) for n in (1, 2, 3)]
    come = [item(n, None, f"a/{n}") for n in (4, 5)]
    gone = [item(9, "a/9", None)]
    assert count_files(ROOT, 6, leave + come + gone, elsewhere={1, 2, 3, 4, 5}).left == 6 - 3 + 2 - 1
    all_gone = count_files(ROOT, 4, leave + gone, elsewhere={1, 2, 3})
    assert of_files([all_gone]).emptied == (f"{ROOT} would lose all of its 4 files",)


def test_a_root_that_loses_its_last_file_is_said_and_one_whose_files_moved_away_is_not() -> None:
    counts = [FileCount("/x", 8, 0, 8, 8), FileCount("/y", 3, 0, 0, 0), FileCount("/z", 3, 1, 3, 2),
              FileCount("/w", 0, 0, 0, 0)]  # fmt: skip
    found = of_files(counts)
    assert found.emptied == ("/x would lose all of its 8 files",)
    assert found.figures == (Figure(DeletionKind.FILES, 10, 14),)
    assert found.files == 10


names = st.sampled_from(["a", "a b", "p=1", "p=1/q", "ü/e%20"])
trees = st.sets(st.tuples(names, st.integers(0, 5)), max_size=12).map(lambda found: {f"{d}/{n}" for d, n in found})


@given(trees, trees, st.integers(0, 5))
def test_any_change_of_files_is_counted_by_directory_and_the_files_left_are_those_there_are(
    before: set[str], after: set[str], kept: int
) -> None:
    stay = sorted(before & after)[:kept]
    gone, came = sorted(before - set(stay)), sorted(after - set(stay))
    count = count_files(ROOT, len(before), files(gone, came))
    went, new = Counter(map(parent, gone)), Counter(map(parent, came))
    assert (count.live, count.left, count.gone) == (len(before), len(after), len(gone))
    assert count.deleted == sum(max(0, went[d] - new[d]) for d in went)
    assert max(0, len(gone) - len(came)) <= count.deleted <= count.gone


@given(trees, trees, st.sampled_from(["a b", "p=1", "ü"]), st.sampled_from(["new", "ü2/deep"]))
def test_whether_a_directory_was_renamed_changes_no_figure(
    before: set[str], after: set[str], directory_name: str, its_new_name: str
) -> None:
    def there(path: str) -> str:
        inside = path == directory_name or path.startswith(f"{directory_name}/")
        return its_new_name + path[len(directory_name):] if inside else path

    gone, came = sorted(before), sorted(after)
    plain = count_files(ROOT, len(before), files(gone, came))
    renamed = [directory(900, directory_name, its_new_name), *files(gone, [there(path) for path in came])]
    assert count_files(ROOT, len(before), renamed) == plain


# -- the decision
def test_what_is_over_is_named_with_its_figure_what_is_live_and_the_limit() -> None:
    found = Deletions(
        (Figure(DeletionKind.FILES, 58, 60), Figure(DeletionKind.TABLES, 2, 3), Figure(DeletionKind.VIEWS, 0, 9)),
        ("database bill would be dropped",),
    )
    with pytest.raises(Refused) as refused:
        refuse_unapproved("billing", found, A_TENTH, approved=False)
    said = str(refused.value)
    assert "58 of 60 files would be deleted, the limit is 30 (10%, or the smaller of 100 and half of them)" in said
    assert "2 of 3 tables would be dropped, the limit is 0 (10%)" in said
    assert "database bill would be dropped" in said
    assert "views" not in said
    assert "hadoop-dr backup billing --approve-deletions" in said
    assert "'Approve deletions'" in said
    assert "\n" not in said


def test_approved_it_goes_and_is_told() -> None:
    found = Deletions((Figure(DeletionKind.FILES, 3, 3),), ("/x would lose all of its 3 files",))
    told = refuse_unapproved("billing", found, DeletionLimit(at_least=0), approved=True)
    assert told == ("3 of 3 files would be deleted, the limit is 0 (10%)", "/x would lose all of its 3 files")


def test_within_the_limit_nobody_is_asked_and_nothing_is_told() -> None:
    found = Deletions((Figure(DeletionKind.FILES, 4, 9), Figure(DeletionKind.PARTITIONS, 9, 99)))
    assert refuse_unapproved("billing", found, A_TENTH, approved=False) == ()


def test_a_root_or_a_database_that_loses_everything_asks_at_any_limit() -> None:
    found = Deletions((Figure(DeletionKind.FILES, 3, 3),), ("/x would lose all of its 3 files",))
    assert found.over(EVERYTHING) == ("/x would lose all of its 3 files",)
    with pytest.raises(Refused, match="/x would lose all"):
        refuse_unapproved("billing", found, EVERYTHING, approved=False)


def test_whatever_is_above_the_limit_is_said_at_once_with_the_service() -> None:
    found = Deletions((Figure(DeletionKind.FILES, 3, 3),), ("/x would lose all", "/y would lose all"))
    with pytest.raises(Refused, match=r"^billing ü: too many deletions: 3 of 3 files .*; /x would lose all; /y would"):
        refuse_unapproved("billing ü", found, DeletionLimit(at_least=0), approved=False)


def test_objects_of_a_catalog_have_no_floor() -> None:
    of_one_kind = {kind: Deletions((Figure(kind, 1, 9),)).over(A_TENTH) for kind in DeletionKind}
    assert [kind for kind, over in of_one_kind.items() if not over] == [DeletionKind.FILES]


def test_every_kind_has_a_figure_if_of_zero() -> None:
    files = Deletions((Figure(DeletionKind.FILES, 1, 20),), ("a",))
    found = together((files, Deletions((Figure(DeletionKind.TABLES, 1, 2),), ("b",))))
    assert found.emptied == ("a", "b")
    assert found.document(A_TENTH) == {
        "files": {"deleted": 1, "live": 20, "allowed": 10},
        "databases": {"deleted": 0, "live": 0, "allowed": 0},
        "tables": {"deleted": 1, "live": 2, "allowed": 0},
        "views": {"deleted": 0, "live": 0, "allowed": 0},
        "partitions": {"deleted": 0, "live": 0, "allowed": 0},
        "functions": {"deleted": 0, "live": 0, "allowed": 0},
    }


def test_another_kind_of_data_sets_counts_by_its_own_word_and_has_no_floor() -> None:
    found = together((Deletions((Figure("topics", 1, 9),)), Deletions((Figure("topics", 1, 1),))))
    assert found.document(A_TENTH)["topics"] == {"deleted": 2, "live": 10, "allowed": 1}
    assert found.over(A_TENTH) == ("2 of 10 topics would be dropped, the limit is 1 (10%)",)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=6, max_size=6), st.integers(0, 100),
       st.integers(0, 200))  # fmt: skip
def test_nobody_is_asked_exactly_when_each_kind_keeps_its_limit(
    figures: list[tuple[int, int]], percent: int, at_least: int
) -> None:
    limit = DeletionLimit(Fraction(percent, 100), at_least)
    found = Deletions(tuple(Figure(kind, *figure) for kind, figure in zip(DeletionKind, figures, strict=True)))

    def keeps(kind: str, deleted: int, live: int) -> bool:
        floor = kind == DeletionKind.FILES and deleted <= at_least and 2 * deleted <= live
        return deleted * 100 <= percent * live or floor

    assert (found.over(limit) == ()) is all(keeps(f.kind, f.deleted, f.live) for f in found.figures)
