"""Entries of a ledger and what is read from them, without any site."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hadoop_dr.domain.errors import Protocol, Refused
from hadoop_dr.domain.ledger import (
    GENESIS,
    Body,
    Fork,
    LedgerEntry,
    broken_at,
    decode,
    digest,
    encode,
    entry_path,
    find_fork,
    kept_document,
    pair_chain,
    point_directory,
    service_chain,
)
from hadoop_dr.domain.ledger.bodies.ends import PointsPruned
from hadoop_dr.domain.ledger.bodies.foreign import KeptRemoved, UndoDone
from hadoop_dr.domain.ledger.bodies.runs import MomentRearmed, PointVoided, ServiceClaimed
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import PointState, ServiceState
from support.entries import claimed, entries, entry, record, sealed, staged, taken

PATH = "/.hadoop-dr/p/services/e%20 ü/ledger"


def claim_body(point: str = "20261120T020000.000Z") -> ServiceClaimed:
    return claimed(point, moment_ms=1_795_140_000_000)


def void_body(point: str = "20261120T020000.000Z") -> PointVoided:
    return PointVoided(1, point, "hostile name %2F ü")


def test_an_entry_reads_back_as_it_was_written() -> None:
    entry = LedgerEntry(7, 3, "run ü", "2026-11-20T02:00:00.000Z", void_body(), GENESIS, 2)
    assert decode(encode(entry), "here") == entry


def test_every_service_and_every_point_has_a_place_of_its_own_below_its_pair() -> None:
    assert service_chain("east-west", "billing") == "/.hadoop-dr/east-west/services/billing/ledger"
    assert kept_document("east-west", "billing", "a.parquet") == (
        "/.hadoop-dr/east-west/services/billing/kept/a.parquet"
    )
    assert point_directory("east-west", "billing", "20261120T020000.000Z") == (
        "/.hadoop-dr/east-west/services/billing/points/20261120T020000.000Z")  # fmt: skip


def test_an_entry_lies_among_a_thousand_others_and_the_pair_has_a_chain_of_its_own() -> None:
    assert entry_path(pair_chain("east-west"), 12_345) == "/.hadoop-dr/east-west/ledger/12/000000012345.json"


def test_the_same_entry_has_the_same_bytes_and_names_stay_readable() -> None:
    body = PointVoided(1, "20261120T020000.000Z", "ü %")
    content = encode(LedgerEntry(1, 1, "r", "", body, GENESIS, 1))
    assert "ü %" in content.decode()
    assert list(json.loads(content)) == sorted(json.loads(content))
    assert content.endswith(b"}\n")


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("abc", "abc", None), ("abc", "ab", None), ("", "abc", None),
        ("abc", "abXY", Fork(2, 3, 4)), ("X", "abc", Fork(0, 1, 3)),
    ],
)  # fmt: skip
def test_two_copies_fork_where_they_differ_and_a_beginning_is_none(first: str, second: str, found: Fork | None) -> None:
    assert find_fork(list(first), list(second)) == found


def test_a_chain_is_whole_while_each_entry_follows_the_one_before_it() -> None:
    whole: list[bytes] = []
    for n in range(1, 4):
        whole.append(encode(LedgerEntry(n, 1, f"r{n}", "", void_body(), digest(whole[-1]) if whole else GENESIS, 1)))
    assert broken_at(1, GENESIS, whole, PATH) is None
    assert broken_at(2, digest(whole[0]), whole[1:], PATH) is None
    assert broken_at(1, GENESIS, [whole[0].replace(b"r1", b"rX"), *whole[1:]], PATH) == (
        2, "it does not follow the entry before it (prev differs)")  # fmt: skip
    assert broken_at(1, GENESIS, [whole[0], whole[2]], PATH) == (2, "its number says 3")
    found = broken_at(1, GENESIS, [whole[0], b"{"], PATH)
    assert found is not None
    assert found[0] == 2


def test_a_fork_behind_a_checkpoint_is_named_by_the_numbers_of_the_chain() -> None:
    assert find_fork(["a", "b"], ["a", "c", "d"], start_n=1001) == Fork(1001, 1002, 1003)


def test_an_entry_of_a_newer_format_is_refused_and_not_guessed_at() -> None:
    content = encode(LedgerEntry(1, 1, "r", "", void_body(), GENESIS, 1)).replace(b'"v":1', b'"v":2')
    with pytest.raises(Refused, match="ledger format 2"):
        decode(content, "here")


@pytest.mark.parametrize("kind", ["claim", "taken", "sealed"])
def test_an_entry_without_what_its_kind_needs_is_no_entry(kind: str) -> None:
    content = encode(LedgerEntry(1, 1, "r", "", KeptRemoved(1), GENESIS, 1))
    with pytest.raises(Protocol, match=f"{kind} lacks" if kind != "claim" else "claim has|claim lacks"):
        decode(content.replace(b'"unkept"', f'"{kind}"'.encode()).replace(b'{"kept":1}', b"{}"), "here")


def test_a_state_survives_being_written_down() -> None:
    rearmed = MomentRearmed(1, "20261120T030000.000Z", 9, claim_body().point)
    state = reduce_service(entries(claim_body(), rearmed))
    assert load_state(json.loads(json.dumps(dump_state(state)))) == state
    assert state.points[claim_body().point].state is PointState.VOID
    assert state.claim is not None
    assert state.claim.point == "20261120T030000.000Z"


def state_of(points: dict[str, bool]) -> ServiceState:
    """Sealed points taken on east, and whether they were compared whole."""
    told_of: list[Body] = []
    for point, audited in points.items():
        told_of += [claim_body(point), taken(point, {"/a b": f"s{point}"}), staged(point)]
        told_of += [sealed(point, {"/a b": f"t{point}"}, audited=audited)]
    return reduce_service(entries(*told_of))


def told(state: ServiceState, body: Body) -> ServiceState:
    return reduce_service([entry(99, body)], state)


OLD, MIDDLE, NEW = (f"2026112{n}T020000.000Z" for n in range(3))


def base_of(state: ServiceState, site: str = "east", root: str = "/a b") -> str | None:
    found = state.audit_base(site, root)
    return found.name if found else None


def test_an_audit_looks_back_to_the_newest_point_that_was_compared_whole_where_it_still_lies() -> None:
    state = state_of({OLD: True, MIDDLE: True, NEW: False})
    assert base_of(state) == f"s{MIDDLE}"
    assert base_of(state, "west") == f"t{MIDDLE}", "whichever way it went"
    assert base_of(told(state, PointsPruned((("east", MIDDLE),)))) == f"s{OLD}"
    assert (state.audit_bases("east"), state.audit_bases("west")) == ({MIDDLE}, {MIDDLE})


def test_a_point_that_was_neither_audited_nor_compared_whole_is_nothing_to_look_back_to() -> None:
    """What happened between the last audit and that point would never be looked at."""
    state = state_of({OLD: False, MIDDLE: False, NEW: False})
    for point, whole in ((MIDDLE, ()), (NEW, ("/a b",))):
        kept = state.points[point].sealed
        made = replace(kept, baseline=OLD, summary=replace(kept.summary, whole=whole))
        state = replace(state, points={**state.points, point: replace(state.points[point], sealed=made)})
    assert base_of(state) == f"s{OLD}"
    without_old = told(state, PointsPruned((("east", OLD),)))
    assert base_of(without_old) == f"s{NEW}"
    assert base_of(told(without_old, PointsPruned((("east", NEW),)))) is None


def test_an_audit_that_looks_back_knows_the_blocks_that_the_point_before_had_where_it_was_copied_to() -> None:
    state = state_of({OLD: True, NEW: True})
    assert state.audited_blocks("west", "/a b") == (f"t{NEW}", "")
    newest = state.points[NEW]
    points = {**state.points, NEW: replace(newest, sealed=replace(newest.sealed, blocks={"/a b": "5f"}))}
    state = replace(state, points=points)
    assert state.audited_blocks("west", "/a b") == (f"t{NEW}", "5f")
    assert state.audited_blocks("east", "/a b") == (f"s{NEW}", ""), "those are blocks of the other site"
    assert state.audited_blocks("west", "/never") is None
    assert state.audited_blocks("north", "/a b") is None


def test_while_no_point_was_audited_an_audit_looks_back_to_the_oldest_that_still_lies_there() -> None:
    state = state_of({OLD: False, NEW: False})
    assert base_of(state) == f"s{OLD}"
    assert base_of(told(state, PointsPruned((("east", OLD),)))) == f"s{NEW}"
    assert base_of(state, "north") is None
    assert ServiceState().audit_bases("east") == set()


def test_the_audit_of_a_root_that_came_later_looks_back_to_its_own_first_point() -> None:
    state = state_of({OLD: True, NEW: False})
    later = replace(state.points[NEW], taken=taken(NEW, {"/a b": f"s{NEW}", "/c %": "c"}))
    state = replace(state, points={**state.points, NEW: later})
    assert base_of(state, root="/c %") == "c"
    assert base_of(state) == f"s{OLD}"


def test_a_point_that_lost_roots_to_a_change_of_roots_keeps_those_of_the_others() -> None:
    state = state_of({OLD: True})
    partly = replace(state.points[OLD], gone=("east",), yielded=("/a b",))
    assert (partly.lies_on("east", "/a b"), partly.lies_on("east", "/none")) == (None, None)
    other = replace(partly, yielded=("/b",)).lies_on("east", "/a b")
    assert other is not None
    assert other.name == f"s{OLD}"
    assert replace(partly, yielded=("/b",), gone=("east", "west")).lies_on("east", "/a b") is None


def test_after_an_undo_plans_bind_to_the_snapshots_it_left() -> None:
    state = state_of({OLD: True})
    assert state.points[OLD].live_on("west")["/a b"].name == f"t{OLD}"
    undone = told(state, UndoDone(1, "", OLD, "west", "", "kept", (), {"/a b": record("undo")}))
    assert undone.points[OLD].live_on("west")["/a b"].name == "undo"


WHERE = "/.hadoop-dr/p/services/e%20 ü/ledger/0000000000000001.json"


def changed(**fields: object) -> bytes:
    """An entry with other fields around its body; those of None are left out."""
    kept = {**json.loads(encode(entry(1, void_body()))), **fields}
    return json.dumps({name: value for name, value in kept.items() if value is not None}).encode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (changed(v=2), "ledger format 2 is not known to this version, only 1"),
        (changed(kind="of tomorrow"), "ledger entries of kind 'of tomorrow' are not known to this version"),
    ],
)
def test_what_a_newer_version_wrote_is_refused_by_its_file_with_what_helps(content: bytes, told: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(content, WHERE)
    assert (refused.value.subject, refused.value.problem) == (WHERE, told)
    assert refused.value.remedy


def test_a_field_of_tomorrow_is_refused_by_its_file_with_what_helps() -> None:
    with pytest.raises(Refused) as refused:
        decode(changed(tomorrow=1), WHERE)
    assert (refused.value.subject, "tomorrow" in refused.value.problem) == (WHERE, True)
    assert refused.value.problem.startswith("ledger entry ")
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "JSONDecodeError"), (b"[]", "TypeError"), (b"{}", "KeyError"), (b"\xff", "UnicodeDecodeError"),
        (changed(body=None), "KeyError"),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_named_by_its_file_with_the_command_that_compares(content: bytes, why: str) -> None:
    with pytest.raises(Protocol) as found:
        decode(content, WHERE)
    assert (found.value.subject, found.value.problem) == (WHERE, f"not a ledger entry ({why})")
    assert found.value.remedy == "Compare with the other site: hadoop-dr ledger check."


def test_an_entry_with_a_field_of_another_kind_says_which() -> None:
    with pytest.raises(Protocol) as found:
        decode(changed(n="one"), WHERE)
    assert found.value.problem == "not a ledger entry (n is 'one' and no whole number)"


def test_an_entry_of_a_newer_version_in_a_chain_is_no_damage_and_says_which_file_it_is() -> None:
    with pytest.raises(Refused) as refused:
        broken_at(7, GENESIS, [changed(v=2)], PATH)
    assert refused.value.subject == f"{PATH}/0/000000000007.json"
