"""The documents in ZooKeeper: written and read back, and refused when they are not ours to understand."""

from __future__ import annotations

import json

import pytest

from hadoop_dr.domain.errors import Protocol, Refused
from hadoop_dr.domain.roles.identity import (
    Access,
    Identity,
    Role,
    access_path,
    decode_access,
    decode_identity,
    encode,
    identity_path,
    recorded_roles,
)
from hadoop_dr.domain.state.pair_state import PairState

WHERE = "east: /hadoop-dr/a b/identity"
HELD = Identity("east", Role.PRIMARY, 0, "2026-11-20T02:00:00.000Z", "ü=1#/00ff", "g=1 h# e%20")


@pytest.mark.parametrize("by", ["ü", "w\udce9"])
def test_who_wrote_it_may_be_called_by_bytes_that_are_no_text(by: str) -> None:
    held = Identity("east", Role.PRIMARY, 0, "2026-11-20T02:00:00.000Z", by, "")
    assert decode_identity(encode(held), "here") == held


def test_an_identity_is_read_as_it_was_written() -> None:
    assert decode_identity(encode(HELD), WHERE) == HELD


@pytest.mark.parametrize("site", ["west", None])
def test_an_access_is_read_as_it_was_written(site: str | None) -> None:
    held = Access(site, 3, "2026-11-20T02:00:00.000Z", "ü", "e%20", "f+")
    assert decode_access(encode(held), WHERE) == held


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_format_version_not_known_is_refused(version: object) -> None:
    data = json.dumps({**json.loads(encode(HELD)), "v": version}).encode()
    for decode in (decode_identity, decode_access):
        with pytest.raises(Refused, match="format version") as told:
            decode(data, WHERE)
        assert told.value.subject == WHERE
        assert told.value.remedy == "Use the version of hadoop-dr that wrote it"


@pytest.mark.parametrize("change", [
    {"role": "leader"}, {"epoch": -1}, {"epoch": "1"}, {"epoch": True}, {"site": None}, {"reason": 7},
])
def test_a_field_of_another_kind_is_named(change: dict[str, object]) -> None:
    data = json.dumps({**json.loads(encode(HELD)), **change}).encode()
    with pytest.raises(Protocol) as told:
        decode_identity(data, WHERE)
    assert told.value.subject == WHERE
    assert "does not hold a readable identity (" in told.value.problem
    assert "(None)" not in told.value.problem


def test_a_field_that_an_access_lacks_is_named() -> None:
    data = json.dumps({"v": 1, "site": "east", "epoch": 3, "at": "", "by": "", "reason": ""}).encode()
    with pytest.raises(Protocol) as told:
        decode_access(data, WHERE)
    assert str(told.value).startswith(f"{WHERE}: does not hold a readable access ('alarm'). Announce")


def test_a_document_is_the_same_bytes_however_it_was_made_and_can_be_read_by_people() -> None:
    held = Access(None, 3, "2026-11-20T02:00Z", "ü", "e%20", "f+")
    assert encode(held).decode() == (
        '{"alarm": "f+", "at": "2026-11-20T02:00Z", "by": "ü", "epoch": 3, "reason": "e%20", "site": null, "v": 1}'
    )


@pytest.mark.parametrize(("data", "why"), [
    (b"", "JSON (Expecting"), (b"{", "JSON (Expecting"), (b"\xff\xfe", "JSON (Expecting"),
    (b"[]", "versioned JSON object (no field v)"), (b"7", "versioned JSON object (no field v)"),
    (b"{}", "versioned JSON object (no field v)"), (b'{"v":1}', ""),
])
def test_bytes_that_are_no_document_are_an_error_not_a_role(data: bytes, why: str) -> None:
    for decode, kind in ((decode_identity, "identity"), (decode_access, "access")):
        with pytest.raises(Protocol) as told:
            decode(data, WHERE)
        said = why or f"{kind} ('site')"
        assert str(told.value).startswith(f"{WHERE}: does not hold a readable {said}")
        assert told.value.remedy == "Announce the identity of the site again"


def test_role_and_access_of_a_pair_lie_in_documents_of_their_own() -> None:
    assert (identity_path("east-west"), access_path("east-west")) == (
        "/hadoop-dr/east-west/identity", "/hadoop-dr/east-west/access")  # fmt: skip


def test_the_roles_of_a_change_that_has_not_come_to_its_end_are_not_announced() -> None:
    assert recorded_roles("p", PairState(2, "west", done_epoch=2, closed=("a b",)), ["east", "west"]) == {
        "east": Role.SECONDARY, "west": Role.PRIMARY,
    }  # fmt: skip
    with pytest.raises(Refused, match="change of roles to west, epoch 2, has not come to its end"):
        recorded_roles("p", PairState(2, "west", done_epoch=1), ["east", "west"])
