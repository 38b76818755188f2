"""Formats are frozen: a fixture of each kind reads as it was written, and what is not known is refused or skipped.

The fixtures in ``tests/fixtures/formats`` are never written again; see ``support.format_samples``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.errors import Protocol, Refused
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.ledger import GENESIS, LedgerEntry, Skipped, broken_at, decode, digest, encode
from hadoop_dr.domain.ledger.bodies.sealed import NOT_SEALED
from hadoop_dr.domain.ledger.bodies.staged import NOT_STAGED
from hadoop_dr.domain.ledger.bodies.taken import NOT_TAKEN, Incomplete, LeftOut
from hadoop_dr.domain.ledger.entry_kinds import KINDS, OPTIONAL
from hadoop_dr.domain.ledger.entry_text import entry_text, points_named
from hadoop_dr.domain.points.incomplete import all_incomplete, incomplete_document
from hadoop_dr.domain.state.packed_state import without_what_is_over
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state, load_pair_state, reduce_pair
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import ServiceState
from support.format_samples import (
    BODIES,
    FIXTURES,
    JSON,
    NEXT,
    OLD,
    PAIR,
    SERVICE,
    TABLES,
    P,
    contents,
    entry,
    state_entries,
    states,
)

PATH = "/.hadoop-dr/p/services/e%20 ü/ledger"
WRITTEN = sorted(str(path.relative_to(FIXTURES)) for path in FIXTURES.rglob("*") if path.is_file())


def fixture(kind: str) -> bytes:
    return (FIXTURES / f"ledger/{kind}.json").read_bytes()


def changed(content: bytes, **fields: Any) -> bytes:
    """The same entry with other fields around its body; None takes one out."""
    told = {**json.loads(content), **fields}
    return json.dumps({name: one for name, one in told.items() if one is not None}).encode()


def test_everything_that_is_stored_has_a_fixture_and_every_fixture_is_of_something() -> None:
    assert sorted(BODIES) == sorted(KINDS)
    assert sorted([*contents(), *(f"documents/{name}.parquet" for name in TABLES)]) == WRITTEN


@pytest.mark.parametrize("path", sorted(contents()))
def test_what_is_written_today_has_the_bytes_that_were_written_then(path: str) -> None:
    assert contents()[path] == (FIXTURES / path).read_bytes()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_entry_of_an_older_version_reads_as_it_was_and_is_written_in_the_same_bytes(kind: str) -> None:
    read = decode(fixture(kind), "here")
    assert (read, read.kind) == (entry(kind), kind)
    assert encode(read) == fixture(kind)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_entry_of_another_version_is_refused_and_told_what_helps(kind: str) -> None:
    with pytest.raises(Refused, match=r"ledger format 2 is not known to this version, only 1.*or a newer one"):
        decode(changed(fixture(kind), v=2), "here")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_field_that_a_newer_version_gave_a_kind_is_refused_by_name(kind: str) -> None:
    body = {**json.loads(fixture(kind))["body"], "exclude_ü": []}
    with pytest.raises(Refused, match=f"ledger entry {kind} has fields that are not known to this version: exclude_ü"):
        decode(changed(fixture(kind), body=body), "here")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_entry_without_its_body_is_no_entry(kind: str) -> None:
    with pytest.raises(Protocol, match="not a ledger entry"):
        decode(changed(fixture(kind), body=None), "here")


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b"null", b'{"v":1}', b'{"v":1,"body":{}}', b"\xff"])
def test_what_is_no_entry_is_called_so(content: bytes) -> None:
    with pytest.raises(Protocol, match="not a ledger entry"):
        decode(content, "here")


def test_a_kind_that_is_not_known_is_refused_by_name_unless_it_says_that_it_is_optional() -> None:
    unknown = changed(fixture("unkept"), kind="later ü", body={"x": [1, "ü"]})
    with pytest.raises(Refused, match=r"kind 'later ü' are not known to this version.*or a newer one"):
        decode(unknown, "here")
    skipped = decode(changed(unknown, optional=True), "here")
    assert skipped.body == Skipped("later ü", {"x": [1, "ü"]})
    assert decode(encode(skipped), "here") == skipped
    assert json.loads(encode(skipped))["optional"] is True
    assert entry_text(skipped) == "a newer version of this product wrote this: later ü"


def test_an_entry_that_is_skipped_changes_no_state_and_breaks_no_chain() -> None:
    before = state_entries()
    skipped = LedgerEntry(99, 3, "newer", "", Skipped("later", {"point": P}), GENESIS, 1)
    assert reduce_service([*before, skipped]) == reduce_service(before)
    assert reduce_pair([skipped]) == PairState(n=99)
    first = LedgerEntry(1, 1, "r", "", Skipped("later", {}), GENESIS, 1)
    second = LedgerEntry(2, 1, "r", "", BODIES["unkept"], digest(encode(first)), 1)
    assert broken_at(1, GENESIS, [encode(first), encode(second)], PATH) is None
    assert broken_at(1, GENESIS, [encode(first), encode(first)], PATH) == (2, "its number says 1")


def test_a_chain_with_an_entry_of_a_newer_version_is_not_called_broken() -> None:
    with pytest.raises(Refused, match="ledger format 2"):
        broken_at(1, GENESIS, [changed(fixture("pin"), v=2)], PATH)


def test_only_a_kind_of_the_table_is_optional() -> None:
    assert set(KINDS) >= OPTIONAL
    assert "pin" not in OPTIONAL  # whoever skipped it would prune what is held


def test_a_checkpoint_of_an_older_version_reads_as_it_was() -> None:
    assert load_state(states()["service"]) == reduce_service(state_entries())
    for name, load, dump in (("service", load_state, dump_state), ("pair", load_pair_state, dump_pair_state)):
        kept = json.loads((FIXTURES / f"checkpoints/{name}.json").read_bytes())
        assert dump(load(kept)) == kept  # type: ignore[operator]


def document(name: str) -> bytes:
    return (FIXTURES / f"documents/{name}").read_bytes()


@pytest.mark.parametrize("name", sorted(JSON))
def test_a_document_reads_as_it_was_and_another_version_or_field_is_refused(name: str) -> None:
    form, value = JSON[name]
    stored = document(f"{name}.json")
    assert form.decode(stored, "here") == value
    assert form.encode(form.decode(stored, "here")) == stored
    version, later = ({"v": 2}, "of format 2 is not known to this"), ({"later ü": 1}, "to this version: later ü")
    for field, said in (version, later):
        with pytest.raises(Refused, match=said):
            form.decode(json.dumps({**json.loads(stored), **field}).encode(), "here")


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b"{}", b'{"v":1}', b'{"v":1,"plan":{},"documents":{}}'])
def test_what_is_no_manifest_is_called_so(content: bytes) -> None:
    with pytest.raises(Protocol, match="not a manifest of a point"):
        JSON["manifest"][0].decode(content, "here")


BASE = state_entries()[:4]
BEGUN = [SERVICE["claim"], SERVICE["taken"]]


def what_stays(state: ServiceState) -> ServiceState:
    """A state without what no checkpoint keeps of points that are gone."""
    return replace(state, points={name: without_what_is_over(point) for name, point in state.points.items()})


@given(st.lists(st.sampled_from(list(SERVICE.values())), max_size=8), st.integers(0, 8))
def test_a_state_goes_through_a_checkpoint_after_any_entry(bodies: list[Any], at: int) -> None:
    told = [*BASE, *(LedgerEntry(n, 3, "r", "", body, GENESIS, 1) for n, body in enumerate([*BEGUN, *bodies], 5))]
    through = load_state(json.loads(json.dumps(dump_state(reduce_service(told[: 6 + at])))))
    assert what_stays(reduce_service(told[6 + at :], through)) == what_stays(reduce_service(told))


@given(st.lists(st.sampled_from(list(PAIR.values())), max_size=8), st.integers(0, 8))
def test_a_pairs_state_goes_through_a_checkpoint_after_any_entry(bodies: list[Any], at: int) -> None:
    told = [LedgerEntry(n, n, "r", "", body, GENESIS, 0) for n, body in enumerate(bodies, 1)]
    through = load_pair_state(json.loads(json.dumps(dump_pair_state(reduce_pair(told[:at])))))
    assert reduce_pair(told[at:], through) == reduce_pair(told)


def test_a_fence_keeps_the_quotas_of_before_the_first_one_until_it_is_lifted() -> None:
    fence = PAIR["fence"]
    own = type(fence)("east", "fenced", {"/data/a b+%": type(fence.quotas["/data/a b+%"])(1, 1)})  # type: ignore[union-attr,call-arg,arg-type]
    told = [LedgerEntry(n, 1, "r", "", body, GENESIS, 0) for n, body in enumerate((fence, own), 1)]
    again = reduce_pair(told).fences["east"]
    assert (again.grade, again.quotas) == ("fenced", fence.quotas)  # type: ignore[union-attr]
    assert reduce_pair([LedgerEntry(3, 1, "r", "", PAIR["unfence"], GENESIS, 0)], reduce_pair(told)).fences == {}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_told_in_words(kind: str) -> None:
    assert entry_text(entry(kind))
    assert "object at" not in entry_text(entry(kind))


def test_entries_name_the_points_they_are_about() -> None:
    assert set(points_named(SERVICE["rearmed"])) == {OLD, P}
    assert set(points_named(SERVICE["pruned"])) == {OLD}
    assert set(points_named(SERVICE["root_change"])) == set(points_named(SERVICE["unprotected"])) == {P}
    assert set(points_named(SERVICE["pin"])) == {P}
    assert set(points_named(SERVICE["unkept"])) == set(points_named(Skipped("x", {"point": NEXT}))) == set()


def test_what_is_not_there_yet_is_as_empty_as_nothing() -> None:
    assert (NOT_TAKEN.snapshots, NOT_TAKEN.point, NOT_STAGED.point, NOT_SEALED.point) == ({}, "", "", "")


def test_a_table_of_another_form_is_refused_by_the_form_that_stands_in_it() -> None:
    form = forms.PROOFS
    form.check(form.stamp, "here")
    for stamp in ("", "proofs 2", "items 1"):
        with pytest.raises(Refused, match=f"is a table of form '{stamp}', and only 'proofs 1' is known here"):
            form.check(stamp, "here")


def test_a_point_whose_moment_came_is_known_by_that() -> None:
    points = reduce_service(state_entries()).points
    assert points[OLD].was_taken
    assert not reduce_service([entry("claim")]).points[P].was_taken


def test_what_kinds_of_data_sets_leave_out_is_told_together() -> None:
    one = Incomplete(2, (LeftOut("table a.b ü", "acid", "it is transactional"),))
    assert incomplete_document(all_incomplete([one, Incomplete(), one])) == {
        "count": 4,
        "objects": [{"object": "table a.b ü", "why": "acid", "reason": "it is transactional"}] * 2,
    }
