"""Which roots have to make way for others, and what is said of it (DESIGN.md section 6)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.root_change import nesting, replaced_roots

A, B, C, LAKE = "/data/ü %", "/data/ü %/b", "/data/ü %/b/c+", "/lake"


@pytest.mark.parametrize(
    ("held", "new", "gone"),
    [
        ((B, LAKE), (A, LAKE), (B,)),  # widened
        ((A, LAKE), (B, LAKE), (A,)),  # narrowed
        ((B, C + "x", LAKE), (A,), (B, C + "x")),
        ((A,), (B, C + "x"), (A,)),
        ((A, LAKE), (A,), ()),  # taken out: it stands beside what stays
        (("/data/ü",), (A,), ()),  # a name that begins alike
        ((), (A,), ()),
        ((C,), ("/data",), (C,)),
    ],
)
def test_what_lies_in_a_new_root_or_holds_one_has_to_make_way(
    held: tuple[str, ...], new: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    assert replaced_roots(held, new) == gone


def test_whose_snapshots_stand_in_the_way_decides_what_helps() -> None:
    ours, theirs = nesting("east", A, B, {B, LAKE}), nesting("east", A, B, {LAKE})
    assert "--change-roots" in ours.mend
    assert f"Declare {B} again" in ours.mend
    assert theirs.mend == f"Protect {B} instead, or run: hdfs dfsadmin -disallowSnapshot {B}"
