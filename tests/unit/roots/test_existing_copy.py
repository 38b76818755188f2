"""What is found in a root that is new to the service: what counts as foreign, and how it is told (I8, I10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.ledger.bodies.staged import NOT_STAGED
from hadoop_dr.domain.roots.existing_copy import (
    ExistingCopy,
    There,
    compare_file,
    copy_in_plan,
    copy_results,
    divergence_results,
    is_new,
    may_have_diverged,
)
from hadoop_dr.domain.state.service_state import Point, PointState, RootChange, ServiceState
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item
from support.entries import staged as all_staged
from support.entries import taken

ROOT = "/data/a b+%"
FILE = FileAttributes(FileKind.FILE, 3, "o", "g", 0o644, 1, 1024, 1000)
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o755, 0, 0, 1000)


def point(state: PointState, *, staged: bool = False, gone: tuple[str, ...] = (), root: str = ROOT) -> Point:
    return Point("p", 1, state, "r", 1, 1, taken("p", [root]), all_staged("p") if staged else NOT_STAGED, gone=gone)


@pytest.mark.parametrize(
    ("one", "new"),
    [
        (point(PointState.SEALED), False),
        (point(PointState.SEALED, gone=("east",)), False),
        (point(PointState.SEALED, gone=("west",)), True),
        (point(PointState.SEALED, root="/other ü"), True),
        (point(PointState.TAKEN), True),
        (point(PointState.STAGED, staged=True), False),
        (point(PointState.VOID, staged=True), False),
        (point(PointState.VOID), True),
        (Point("p", 1, PointState.CLAIMED, "r", 1, 1), True),
    ],
    ids=[
        "sealed", "gone on the primary", "gone", "another root", "taken", "staged", "placed and void", "void", "new",
    ],
)
def test_a_root_is_new_while_nothing_of_ours_can_lie_there(one: Point, new: bool) -> None:
    assert is_new(ServiceState({"p": one}), "west", ROOT) is new


def test_a_root_is_not_new_where_it_was_the_primary_nor_while_roots_change() -> None:
    state = ServiceState({"p": point(PointState.SEALED)})
    assert not is_new(state, "east", ROOT)
    assert is_new(state, "a third site", ROOT)
    gone = {"p": point(PointState.SEALED, gone=("west",))}
    assert not is_new(ServiceState(gone, change=RootChange((), (ROOT,), "r", "w")), "west", ROOT)
    assert is_new(ServiceState(gone, change=RootChange((ROOT,), ("/else",), "r", "w")), "west", ROOT)


@pytest.mark.parametrize(
    ("there_ms", "unequal", "kind"),
    [(999, True, There.OLDER), (1000, True, There.NEWER), (1001, True, There.NEWER), (1001, False, There.OLDER)],
)
def test_a_file_is_foreign_when_its_other_bytes_were_not_written_before_the_primarys(
    there_ms: int, unequal: bool, kind: There
) -> None:
    assert compare_file(FILE, replace(FILE, mtime_ms=there_ms), unequal=unequal) is kind


def item(
    old: str | None,
    new: str | None,
    was: FileAttributes | None,
    now: FileAttributes | None,
    content: Content = Content.SAME,
) -> Item:
    return Item(7, old, new, was, now, content=content)


def test_a_plan_tells_what_it_takes_away_and_replaces_and_of_equal_length_only_what_was_compared() -> None:
    later = replace(FILE, mtime_ms=2000)
    found = copy_in_plan(
        ROOT,
        [
            item("", "", DIRECTORY, DIRECTORY),
            item("same ü", "same ü", FILE, FILE),
            item(None, "comes", None, FILE, Content.WHOLE),
            item("dir", "dir", DIRECTORY, DIRECTORY, Content.WHOLE),
            item("theirs", None, DIRECTORY, None),
            item("their file", None, FILE, None),
            item("their other file", None, FILE, None),
            item("newer", "newer", later, FILE, Content.WHOLE),
            item("older", "older", FILE, later, Content.WHOLE),
            item("longer", "longer", replace(later, length=4, block_size=9), FILE, Content.WHOLE),
            item("other blocks", "other blocks", replace(later, block_size=9), FILE, Content.WHOLE),
        ],
        ["theirs/x", "theirs/y %"],
    )
    assert found.counts == {There.ONLY: 3, There.NEWER: 2, There.OLDER: 2}
    assert (found.files, found.foreign, found.count) == (4, 5, 7)
    assert list(found.lines()) == [
        f"{ROOT}/theirs (only there)",
        f"{ROOT}/their file (only there)",
        f"{ROOT}/their other file (only there)",
        f"{ROOT}/newer (written there later, with other content)",
        f"{ROOT}/longer (written there later, with other content)",
        f"{ROOT}/older (an older version)",
        f"{ROOT}/other blocks (an older version)",
    ]


def test_only_the_first_names_are_remembered_and_shown_and_all_are_counted() -> None:
    found = ExistingCopy(ROOT)
    for n in range(300):
        found.add(There.ONLY, f"f {n}", files=2)
    assert (len(list(found.lines())), found.count) == (200, 300)
    assert f"{ROOT}/f 3, {ROOT}/f 4 and 295 more (600 files)" in found.text("west")
    assert "f 5" not in found.text("west")


@pytest.mark.parametrize(("number", "more"), [(5, "f 4 (5 files)"), (6, "f 4 and 1 more (6 files)")])
def test_what_is_not_shown_is_counted(number: int, more: str) -> None:
    found = ExistingCopy(ROOT)
    for n in range(number):
        found.add(There.ONLY, f"f {n}", files=1)
    assert found.text("west").endswith(more)


def test_what_is_foreign_fails_or_warns_by_the_rule_and_older_versions_only_warn() -> None:
    only, newer, older, nothing = (ExistingCopy(ROOT) for _ in range(4))
    only.add(There.ONLY, "x", files=1)
    newer.add(There.NEWER, "n +")
    older.add(There.OLDER, "o")
    refused = copy_results("west", [only, newer, older, nothing], refuse=True)
    assert [one.mark for one in refused] == [Mark.FAIL, Mark.FAIL, Mark.WARN]
    assert {one.name for one in refused} == {"drift"}
    assert refused[2].detail == (
        f"west:{ROOT} is new to this service and has older versions of 1 file, to be replaced"
    )
    assert refused[0].detail == f"west:{ROOT} is new to this service, and the primary does not have {ROOT}/x (1 file)"
    assert "n + was written there later than on the primary" in refused[1].detail
    assert "remove it there, or set drift: restore" in refused[0].remedy
    assert "keeps them aside" in refused[2].remedy
    kept = copy_results("west", [only, newer, older, nothing], refuse=False)
    assert [one.mark for one in kept] == [Mark.WARN] * 3
    assert kept[0].detail.endswith("; the next backup keeps it aside, then deletes it")


@pytest.mark.parametrize(("number", "more"), [(5, f"{ROOT}/f 4 (an older version)"), (6, " and 1 more")])
def test_all_that_differs_on_a_former_primary_is_refused_by_name_where_nothing_tells_what_it_wrote(
    number: int, more: str
) -> None:
    found = ExistingCopy(ROOT)
    for n in range(number):
        found.add(There.OLDER, f"f {n}")
    [refused] = divergence_results("east", [found, ExistingCopy("/nothing")])
    assert (refused.mark, refused.name) == (Mark.FAIL, "drift")
    assert refused.detail.startswith(f"east was primary since the newest point, and no snapshot of east:{ROOT} tells")
    assert refused.detail.endswith(more)


def test_a_site_that_was_primary_since_the_newest_point_may_have_diverged() -> None:
    sealed = ServiceState({"p": point(PointState.SEALED)})
    assert [may_have_diverged(sealed, epoch) for epoch in (1, 2)] == [False, True]
    assert [may_have_diverged(ServiceState(), epoch) for epoch in (0, 1, 2)] == [False, False, True]
