"""Small values that everything rests on: points, roots, the roles' reduction, the comparison of facts."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.errors import BadInput, CatalogMoved, ForeignFound, Protocol, Unreachable
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.ids import before_name, iso, moment_of, point_id, point_of_snapshot, snapshot_name
from hadoop_dr.domain.ledger import GENESIS, LedgerEntry, broken_at, decode, encode
from hadoop_dr.domain.ledger.bodies.ends import PointDamaged, PointsPruned, RootsChanged
from hadoop_dr.domain.ledger.bodies.pair import RolesSet, SiteFenced
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased, MomentRearmed, PointVoided
from hadoop_dr.domain.roots.decision import inside, keyed_by_declaration, nestings, resolve_roots
from hadoop_dr.domain.state.pair_state import PairState, reduce_pair
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.attribute_comparison import (
    OriginChecksum,
    Verdict,
    by_parent,
    checksum_answer,
    differing_fields,
    say_difference,
)
from hadoop_dr.domain.tree.file_attributes import Checksum, FileAttributes, FileKind
from hadoop_dr.domain.tree.intended import Lowered
from hadoop_dr.domain.tree.inventory import Held
from support.entries import claimed, entries, entry, sealed, taken

FILE = FileAttributes(FileKind.FILE, 5, "ü", "g", 0o640, 2, 1024, 7)
POINT = "20261120T020000.000Z"
PATH = "/.hadoop-dr/p/services/e%20 ü/ledger"


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_a_point_names_its_moment_to_the_millisecond(moment_ms: int) -> None:
    assert moment_of(point_id(moment_ms)) == moment_ms


def test_times_are_written_in_utc_with_milliseconds() -> None:
    assert iso(moment_of(POINT) + 7) == "2026-11-20T02:00:00.007Z"


def test_an_error_comes_whole_out_of_another_process() -> None:
    for kind in (BadInput, Unreachable, ForeignFound, CatalogMoved):
        error = pickle.loads(pickle.dumps(kind("/a b+%", "is not ü", remedy="Mend it")))
        assert (type(error), error.subject, error.problem, error.remedy) == (kind, "/a b+%", "is not ü", "Mend it")
        assert error.args == ("/a b+%", "is not ü", "Mend it")


@pytest.mark.parametrize("text", ["", "20261120T020000Z", "20261120T020000.000", "latest"])
def test_what_is_no_point_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match="not a point id"):
        moment_of(text)


def test_only_snapshots_of_the_service_itself_are_ours() -> None:
    name = snapshot_name("billing", 3, POINT)
    for ours in (name, snapshot_name("billing", 3, POINT, 2), before_name(name)):
        assert point_of_snapshot("billing", ours) == POINT
    for foreign in ("s1", f"{name}x", snapshot_name("billing-2", 3, POINT), "dr-billing-kept-1-1"):
        assert point_of_snapshot("billing", foreign) is None


def test_a_root_inside_another_is_no_root_of_its_own() -> None:
    assert resolve_roots(["/a b/c", "/a b", "/a bc", "/a b/c"]) == ("/a b", "/a bc")
    assert resolve_roots(["/", "/a b"]) == ("/",)
    assert inside("/a b", "/a b")
    assert nestings(["/a b", "/x"], ["/a b", "/a b/d", "/a b/c", "/a bc"]) == {"/a b": ["/a b/c", "/a b/d"]}
    assert nestings(["/a b/c"], ["/", "/a b", "/a b/c/d", "/a b/cd"]) == {"/a b/c": ["/", "/a b", "/a b/c/d"]}
    assert nestings(["/a b"], ["/a b", "/a bc"]) == {}
    assert keyed_by_declaration(["/a b/c", "/x"], {"/a b": "s"}) == {"/a b/c": "s"}


def role(n: int, epoch: int, primary: str) -> LedgerEntry:
    return entry(n, RolesSet(primary, "west", "b", "r"), epoch=epoch)


def test_a_role_entry_below_the_known_epoch_changes_nothing() -> None:
    state = reduce_pair([role(1, 2, "east"), role(2, 1, "west")])
    assert state == PairState(2, "east", "west", 2)
    assert state.other("east", ["east", "west"]) == "west"


def test_an_entry_with_another_number_is_not_of_the_chain() -> None:
    content = encode(role(2, 1, "east"))
    assert broken_at(1, GENESIS, [content], PATH) == (1, "its number says 2")
    assert broken_at(1, GENESIS, [b"no"], PATH) is not None
    with pytest.raises(Protocol):
        decode(b'{"v":1}', "here")


def test_entries_about_points_that_are_gone_change_nothing() -> None:
    void, pruned = PointVoided(1, POINT, ""), PointsPruned((("west", POINT),))
    released, rearmed = ClaimReleased(9, ""), MomentRearmed(1, "p2", 1, "p0")
    changed = RootsChanged(1, "east", ("/a b",), ("/a",), (("east", POINT),), "why")
    state = reduce_service(entries(void, pruned, released, rearmed, changed))
    assert [(p.point, p.state) for p in state.points.values()] == [("p2", PointState.CLAIMED)]
    assert state.points["p2"].origin == state.points["p2"].destination == ""


def test_a_point_that_rotted_stays_sealed_and_is_marked() -> None:
    damaged = PointDamaged(POINT, "bits")
    state = reduce_service(entries(claimed(POINT), damaged, SiteFenced("east", "forced", {}), claimed(POINT)))
    assert state.points[POINT].damaged == "bits"
    named = reduce_service(entries(replace(damaged, files=(("/a b", "ü/e%20"),))), state)
    assert load_state(json.loads(json.dumps(dump_state(named)))) == named
    assert named.points[POINT].bad_files == (("/a b", "ü/e%20"),)
    lifted = reduce_service(entries(replace(damaged, reason="")), state)
    assert lifted.points[POINT].damaged == ""
    assert reduce_service(entries(replace(damaged, point="forgotten")), state) == state
    assert state.claim is not None
    assert state.claim.n == 4
    assert [p.point for p in state.unfinished()] == [POINT]
    assert state.newest_sealed() is None


def test_the_newest_sound_point_is_the_newest_that_nothing_is_known_against() -> None:
    def sealed(name: str, damaged: str = "") -> Point:
        return Point(name, 1, PointState.SEALED, "r", 1, 1, damaged=damaged)

    state = ServiceState({"p1": sealed("p1"), "p2": sealed("p2"), "p3": sealed("p3", "bits")})
    assert [found and found.point for found in (state.newest_sound(), state.newest_sealed())] == ["p2", "p3"]


def test_the_last_run_sealed_its_point_once_its_claim_has_ended_and_no_later_one_was_given_up() -> None:
    sealed_point = Point("p1", 1, PointState.SEALED, "r", 1, claim_n=4)
    given_up = Point("p2", 2, PointState.VOID, "r2", 1, claim_n=9)
    assert not ServiceState().newest_is_sealed()
    assert ServiceState({"p1": sealed_point}).newest_is_sealed()
    assert not ServiceState({"p2": given_up, "p1": sealed_point}).newest_is_sealed()
    at_work = reduce_service(entries(claimed(POINT)), ServiceState({"p1": sealed_point}))
    assert not at_work.newest_is_sealed()


def test_a_sealed_point_says_how_much_it_holds_of_a_root_and_no_other_does() -> None:
    held = {"/a b": Held(3, 4)}
    sealed_point = Point(POINT, 1, PointState.SEALED, "r", 1, 1, sealed=sealed(POINT, live=held))
    assert (sealed_point.held("/a b"), sealed_point.held("/other")) == (Held(3, 4), None)


def test_a_point_that_its_target_has_no_more_is_none_to_go_back_to() -> None:
    here = Point("p1", 1, PointState.SEALED, "r", 1, 1, taken=taken("p1"), gone=("east",))
    away = Point("p2", 2, PointState.SEALED, "r", 1, 1, taken=taken("p2"), gone=("east", "west"))
    assert ServiceState({"p1": here, "p2": away}).newest_sound() == here
    assert ServiceState({"p2": away}).newest_sound() is None


@pytest.mark.parametrize(("moment_ms", "ahead"), [(1, True), (2, True), (3, False)])
def test_a_moment_comes_after_that_of_the_newest_point(moment_ms: int, ahead: bool) -> None:
    newest = Point("p2", 2, PointState.SEALED, "r", 1, 1)
    assert ServiceState({"p2": newest}).ahead_of(moment_ms) == (newest if ahead else None)
    assert ServiceState().ahead_of(moment_ms) is None


def test_a_root_is_retired_on_a_site_once_no_point_there_names_it() -> None:
    def point(name: str, state: PointState, roots: list[str], *gone: str) -> Point:
        return Point(name, 1, state, "r", 1, 1, taken=taken(name, roots), gone=gone)

    state = ServiceState({
        "p1": point("p1", PointState.SEALED, ["/a b", "/ü"], "east"),
        "p2": point("p2", PointState.VOID, ["/void"]),
        "p3": point("p3", PointState.SEALED, ["/a b"]),
        "p4": Point("p4", 1, PointState.CLAIMED, "r", 1, 1),
        "p5": point("p5", PointState.TAKEN, ["/new"]),
    })  # fmt: skip
    assert state.retired_roots("east") == ["/void", "/ü"]
    assert state.retired_roots("west") == ["/void"]


def test_a_root_is_held_while_a_point_that_is_not_void_has_a_snapshot_of_it_on_either_site() -> None:
    def point(name: str, state: PointState, root: str, *gone: str) -> Point:
        return Point(name, 1, state, "r", 1, 1, taken=taken(name, [root]), gone=gone)

    state = ServiceState({
        "p1": point("p1", PointState.SEALED, "/a b", "east"),
        "p2": point("p2", PointState.VOID, "/void"),
        "p3": point("p3", PointState.SEALED, "/gone", "east", "west"),
        "p4": Point("p4", 1, PointState.CLAIMED, "r", 1, 1),
        "p5": point("p5", PointState.TAKEN, "/new ü"),
    })  # fmt: skip
    assert state.held_roots() == {"/a b", "/new ü"}
    assert state.held_roots("east") == {"/new ü"}
    assert state.sealed_roots() == {"/a b", "/gone"}  # what the service has had, pruned or not


def test_what_cannot_be_read_is_told_and_counts_as_unreadable_only_once_the_site_answered() -> None:
    verdict, other = Verdict(), Verdict()
    other.unread(Finding("/r ü", "a", "gone"))
    other.unread(Finding("/r ü", "b", "no answer", settled=False))
    verdict.add(other)
    assert (verdict.cannot_tell, verdict.unreadable, verdict.word) == (
        [Finding("/r ü", "a", "gone"), Finding("/r ü", "b", "no answer", settled=False)],
        [Finding("/r ü", "a", "gone")], "cannot tell")  # fmt: skip


def test_a_finding_is_told_with_the_object_it_is_about() -> None:
    told = {
        Finding("/data/a b+", "ü/e%20", "content differs: SHA-256"): "/data/a b+/ü/e%20: content differs: SHA-256",
        Finding("/data/a b", "", "snapshot is gone"): "/data/a b: snapshot is gone",
        Finding("", "west", "no HiveServer2"): "west: no HiveServer2",
        Finding("", "", "table bill.t is missing"): "table bill.t is missing",
    }
    assert {one: str(one) for one in told} == told
    assert [one.subject for one in told] == ["/data/a b+/ü/e%20", "/data/a b", "west", ""]


def test_every_attribute_of_a_file_counts_and_only_those_of_a_directory_that_it_has() -> None:
    for name, value in {
        "kind": FileKind.SYMLINK,
        "length": 6,
        "owner": "x",
        "group": "x",
        "storage_policy": 12,
        "has_acl": True,
        "mode": 0o641,
        "replication": 3,
        "block_size": 9,
        "mtime_ms": 8,
    }.items():
        assert differing_fields(FILE, replace(FILE, **{name: value})) == [name]
    directory = replace(FILE, kind=FileKind.DIRECTORY)
    assert differing_fields(directory, replace(directory, length=9, replication=9)) == []
    assert differing_fields(directory, replace(directory, mtime_ms=1), untimed=True) == []
    other = replace(directory, kind=FileKind.FILE, owner="x", group="x", mode=0o641, storage_policy=12, has_acl=True)
    assert differing_fields(directory, other) == ["kind", "owner", "group", "mode", "storage_policy", "has_acl"]
    assert say_difference("/p", ["owner", "mode"], FILE, other) == "/p: owner x instead of ü, mode 641 instead of 640"
    assert say_difference("/p", ["kind"], FILE, directory) == "/p: kind d instead of f"


def test_unequal_block_lengths_say_nothing_about_equal_bytes() -> None:
    one = OriginChecksum(Checksum("MD5", "a"), (4, 4))
    assert checksum_answer(one, one) is True
    assert checksum_answer(one, OriginChecksum(Checksum("MD5", "b"), (4, 4))) is False
    assert checksum_answer(one, OriginChecksum(Checksum("MD5", "a"), (8,))) is None
    assert checksum_answer(one, OriginChecksum(Checksum("CRC", "a"), (4, 4))) is None


def test_the_worst_answer_names_a_verdict() -> None:
    verdict = Verdict(match=1)
    assert verdict.word == "match"
    verdict.add(Verdict(1, [], [Finding("", "x", "why")]))
    assert verdict.word == "cannot tell"
    verdict.add(Verdict(0, [Finding("", "path", "y")], []))
    assert (verdict.word, verdict.match) == ("mismatch", 2)


def test_what_one_verdict_says_is_added_to_what_another_said_and_replaces_none_of_it() -> None:
    first, then = Finding("/r ü", "a", "first"), Finding("/r ü", "b", "then")
    lowered = [Lowered("/r ü", path, "replication", "3", "2") for path in "ab"]
    verdict = Verdict(1, [first], [first], [first], lowered[:1])
    verdict.add(Verdict(2, [then], [then], [then], lowered[1:]))
    assert (verdict.match, verdict.mismatch, verdict.cannot_tell, verdict.unreadable) == (3, *[[first, then]] * 3)
    assert verdict.lowered == lowered


def test_the_root_itself_is_listed_by_nobody() -> None:
    assert by_parent({"": FILE, "a": FILE, "d/b c": FILE}) == {"": {"a": FILE}, "d": {"b c": FILE}}
