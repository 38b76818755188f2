"""Paths of a root's work, and the token that names a work area and fences it (I3)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.plan.work_order import Area, Token, WorkOrder
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind

ROOT = "/data/a b+%"
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "ü", "g", 0o750, 0, 0, 7)


def order(base: str | None) -> WorkOrder:
    plan = make_plan([], unit_files=1, unit_bytes=1, directory_limit=10)
    return WorkOrder(0, ROOT, "/origin #", "new ü", base, {}, plan, DIRECTORY, "billing", 3, 17, turn=1000)


def test_bytes_are_read_in_the_origins_snapshot_and_lie_in_the_destinations_live_tree() -> None:
    work = order("old =")
    assert (work.origin_path("x y"), work.origin_path("")) == (
        "/origin #/.snapshot/new ü/x y", "/origin #/.snapshot/new ü")  # fmt: skip
    assert (work.live_path("x y"), work.live_path("")) == (f"{ROOT}/x y", ROOT)


def test_what_was_before_is_read_in_the_base_or_in_the_live_tree_where_there_is_none() -> None:
    assert (order("old =").base_path("x"), order(None).base_path("x"), order(None).base_path("")) == (
        f"{ROOT}/.snapshot/old =/x", f"{ROOT}/x", ROOT)  # fmt: skip


@pytest.mark.parametrize("name", ["X", "in X", "ends in a space ", "#"])
def test_the_end_of_a_name_belongs_to_its_path(name: str) -> None:
    work = order("old =")
    assert (work.origin_path(name), work.base_path(name), work.live_path(name)) == (
        f"/origin #/.snapshot/new ü/{name}", f"{ROOT}/.snapshot/old =/{name}", f"{ROOT}/{name}")  # fmt: skip


def test_each_use_of_an_area_within_a_claim_has_a_name_and_paths_of_its_own() -> None:
    area = order(None).area(1002)
    assert area == Area(ROOT, Token("billing", 3, 17, 1002))
    top = f"{ROOT}/.hadoop-dr/billing-3-17.1002"
    assert (area.base, area.top, area.stage, area.park, area.made, area.parked(9)) == (
        f"{ROOT}/.hadoop-dr", top, f"{top}/stage", f"{top}/park", f"{top}/made", f"{top}/park/9")  # fmt: skip


@pytest.mark.parametrize("token", [Token("x", 1, 2), Token("a-b-1", 10, 2), Token("x", 1, 2, 1001)], ids=str)
def test_a_token_is_read_back_from_its_name(token: Token) -> None:
    assert Token.parse(str(token)) == token


@pytest.mark.parametrize("name", ["", "billing", "billing-1", "billing-1-", "billing-1-01", "billing-1-2.0",
                                  "Billing-1-2", "billing-1-2.1.1", "billing-١-2", "probe-billing-1-2 "])  # fmt: skip
def test_what_no_area_of_ours_is_called_is_no_token(name: str) -> None:
    assert Token.parse(name) is None


def test_a_later_epoch_claim_or_turn_takes_over() -> None:
    ranked = [Token("x", 1, 9, 9), Token("x", 2, 1), Token("x", 2, 1, 1), Token("x", 2, 2)]
    assert max(ranked[:3], key=lambda token: token.rank) == ranked[2]
    assert sorted(ranked, key=lambda token: token.rank) == ranked
