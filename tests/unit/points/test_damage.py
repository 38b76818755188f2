"""What the ledger remembers of damage is bounded, and what it leaves out is never relied on (fault 80)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.points import damage
from hadoop_dr.domain.points.damage import Damage, damage_warnings, distrusted, known_damage, points_on, with_more
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from support.entries import sealed, taken

A, B = "/a b+%", "/a b+%/ü#=1"
NAME, OTHER = "20261120T020000.000Z", "20261120T030000.000Z"
POINT = Point(NAME, 0, PointState.SEALED, "run", 1, 1, taken(NAME, {A: "n"}), sealed=sealed(NAME, {A: "n"}))


def marked(*files: tuple[str, str], unnamed: tuple[tuple[str, str], ...] = (), **other: object) -> Point:
    return replace(POINT, damaged="rot", bad_files=files, unnamed=unnamed, **other)  # type: ignore[arg-type]


def state(*points: Point) -> ServiceState:
    return ServiceState({point.point: point for point in points})


def test_what_is_found_is_added_to_what_is_known_and_named_first() -> None:
    found = with_more(marked((A, "old"), (A, "both")), Damage(((A, "both"), (A, "e%20"))), NAME)
    assert found == Damage(((A, "both"), (A, "e%20"), (A, "old")))


def test_of_what_was_read_back_only_what_was_found_counts() -> None:
    known = marked((A, "mended"), (A, "still"), (B, "unread"))
    found = with_more(known, Damage(((A, "still"),)), NAME, read=((A, "mended"), (A, "still")))
    assert found.files == ((A, "still"), (B, "unread"))


def test_beyond_the_bound_the_root_is_named_with_the_point_that_copied_the_files() -> None:
    files = tuple((A, f"ü {number}") for number in range(damage.MOST_FILES + 1))
    found = with_more(POINT, Damage((*files, (B, "x"))), NAME)
    assert (found.files, found.unnamed) == (files[:-1], ((A, NAME), (B, NAME)))
    assert with_more(POINT, Damage(files[:-1]), NAME) == Damage(files[:-1])


def test_long_names_take_room_so_that_fewer_are_named() -> None:
    long = tuple((A, f"{number}" + "ü" * 50_000) for number in range(6))
    found = with_more(POINT, Damage(long), NAME)
    assert (found.files, found.unnamed) == (long[:3], ((A, NAME),))
    fits = (A, "ü" * (200_000 - len(A)))
    assert with_more(POINT, Damage((fits,)), NAME) == Damage((fits,))
    assert with_more(POINT, Damage(((A, fits[1] + "ü"),)), NAME) == Damage((), ((A, NAME),))


def test_who_copied_files_that_were_known_before_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(damage, "MOST_FILES", 1)
    found = with_more(marked((B, "old"), unnamed=((A, OTHER),)), Damage(((A, "new"),), ((A, NAME),)), NAME)
    assert found == Damage(((A, "new"),), ((A, NAME), (A, OTHER), (B, "")))


def test_damage_says_another_one_when_nothing_of_that_is_missing() -> None:
    whole = known_damage(marked((A, "x"), (A, "y"), unnamed=((A, NAME),)))
    assert whole.says(Damage(((A, "y"),)))
    assert whole.says(whole)
    assert not whole.says(Damage(((A, "z"),)))
    assert not whole.says(Damage((), ((B, NAME),)))


def test_only_points_whose_copy_is_there_count() -> None:
    gone, elsewhere = marked((A, "x"), gone=("west",)), replace(POINT, point=OTHER, taken=replace(
        POINT.taken, origin="west", destination="east"))  # fmt: skip
    assert points_on(state(gone, elsewhere), "west") == []
    assert points_on(state(gone, elsewhere), "east") == [elsewhere]
    assert points_on(state(replace(POINT, state=PointState.VOID)), "west") == []
    assert damage_warnings(state(marked(), replace(POINT, point=OTHER)), "west") == [f"point {NAME} is damaged: rot"]


def test_named_files_are_distrusted_wherever_their_root_lies_now() -> None:
    known = state(marked((A, "ü#=1/x"), (A, "y")))
    assert all(path in distrusted(known, "west", A) for path in ("ü#=1/x", "y"))
    assert "x" in distrusted(known, "west", B)
    assert "y" not in distrusted(known, "west", B)
    assert "a b+%/y" in distrusted(known, "west", "")
    assert "y" not in distrusted(known, "east", A)
    assert "y" not in distrusted(state(replace(POINT, bad_files=((A, "y"),))), "west", A)


@pytest.mark.parametrize("root", [A, B])
def test_where_more_is_damaged_than_is_named_the_whole_root_is_distrusted(root: str) -> None:
    assert "anything ü" in distrusted(state(marked(unnamed=((A, NAME),))), "west", root)


def test_a_root_inside_of_which_more_is_damaged_is_distrusted_there_only() -> None:
    bad = distrusted(state(marked(unnamed=((B, NAME),))), "west", A)
    assert "ü#=1/any" in bad
    assert "ü#=1" in bad
    assert "ü#=12" not in bad
    assert "any" not in distrusted(state(marked(unnamed=((B, NAME),))), "west", "/a b+%x")
