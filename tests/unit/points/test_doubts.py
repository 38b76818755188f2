"""What verification could not tell is told with its reason, once, and in few lines."""

from __future__ import annotations

from hadoop_dr.domain.ledger.bodies.sealed import Verified
from hadoop_dr.domain.points.doubts import doubt_warnings


def test_nothing_is_said_of_a_point_that_matches() -> None:
    assert doubt_warnings(Verified("match", 3), []) == []


def test_each_reason_is_told_and_what_hindered_an_audit_only_where_the_audit_is() -> None:
    verified = Verified("cannot tell", 3, ("west: no HiveServer2 to run 'ü %'", "/a b: full inventory not compared"))
    assert doubt_warnings(verified, ["/a b: full inventory not compared"]) == [
        "not verified: west: no HiveServer2 to run 'ü %'"
    ]


def test_many_reasons_are_counted() -> None:
    told = doubt_warnings(Verified("cannot tell", 0, tuple(f"/d/f{n}: not read" for n in range(7))), [])
    assert len(told) == 6
    assert told[-1] == "not verified: 2 more; the point's document verdict-*.json names them"
    assert doubt_warnings(Verified("cannot tell", 0, tuple(f"/d/f{n}: not read" for n in range(6))), [])[5:] == [
        "not verified: 1 more; the point's document verdict-*.json names them"
    ]
    assert doubt_warnings(Verified("cannot tell", 0, tuple(f"/d/f{n}: not read" for n in range(5))), []) == [
        f"not verified: /d/f{n}: not read" for n in range(5)
    ]
