"""What ``explain`` says of entries that have more than one thing to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.ledger import Body
from hadoop_dr.domain.ledger.bodies.ends import PointDamaged
from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept, UndoDone
from hadoop_dr.domain.ledger.bodies.pair import RootsOwned
from hadoop_dr.domain.ledger.bodies.runs import MomentRearmed
from hadoop_dr.domain.ledger.bodies.taken import Incomplete, LeftOut, OpenFile, OpenFiles
from hadoop_dr.domain.ledger.bodies.values import NO_POLICY
from hadoop_dr.domain.ledger.entry_text import entry_text
from hadoop_dr.domain.ledger.kept_changes import BEFORE, Kept
from support.entries import claimed, entry, taken

POINT = "20261120T020000.000Z"
ORDERED = replace(NO_POLICY, reason="the ü % moves", approve_deletions=True, mode="full")
KEPT = ChangesKept(1, POINT, 0, "west", {"/a b": "kept ü"}, ("/a b/x was created",), 3, "refuse")
OPEN = OpenFiles(3, (OpenFile("/a b/log %", 40),))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (claimed(POINT), f"run r (try 1) wants point {POINT}"),
        (claimed(POINT, ORDERED), "wants point 20261120T020000.000Z, full, deletions approved, because the ü % moves"),
        (claimed(POINT, replace(ORDERED, unprotects=True)), "run r takes the service to unprotect it, because the ü %"),
        (taken(POINT), f"point {POINT} taken on east: 0 snapshots"),
        (taken(POINT, open_files=OPEN), "3 files were being written: /a b/log % at 40 bytes, 2 more"),
        (PointDamaged(POINT, "", ()), f"point {POINT} read back as it was sealed; it is not damaged"),
        (MomentRearmed(1, POINT, 5, "p0"), f"moment p0 was missed or touched; armed anew as {POINT}"),
        (MomentRearmed(1, POINT, 5, "p0", "had passed"), f"moment p0 had passed; armed anew as {POINT}"),
        (KEPT, "kept in /a b/.snapshot/kept ü and left alone: /a b/x was created and 2 more"),
        (replace(KEPT, rule=BEFORE), "deletes or replaces earlier content of west, which is kept in /a b/"),
    ],
)
def test_an_entry_says_all_it_has_to_say(body: Body, said: str) -> None:
    assert said in entry_text(entry(1, body, run="r"))


def some(n: int) -> tuple[str, ...]:
    return tuple(f"/a b/{number}" for number in range(n))


def left_out(n: int, named: int) -> Body:
    objects = tuple(LeftOut(f"bill.t{number} ü", "acid", "no") for number in range(named))
    return taken(POINT, incomplete=Incomplete(n, objects))


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        (RootsOwned("svc", some(1)), "owns /a b/0"),
        (RootsOwned("svc", some(5)), "/a b/3, /a b/4"),
        (RootsOwned("svc", some(6)), "/a b/3, /a b/4 and 1 more"),
        (taken(POINT), "late by 0 ms"),
        (taken(POINT, open_files=OpenFiles(1, OPEN.files)), "; 1 file was being written: /a b/log % at 40 bytes"),
        (taken(POINT, open_files=OpenFiles(unknown=some(1))), "late by 0 ms; open files are not known: /a b/0"),
        (taken(POINT, open_files=replace(OPEN, unknown=some(6))), ", 2 more; open files are not known: "
         "/a b/0, /a b/1, /a b/2, /a b/3, /a b/4 and 1 more"),
        (left_out(0, 0), "late by 0 ms"),
        (left_out(2, 2), "; 2 objects are left out: bill.t0 ü (no), bill.t1 ü (no)"),
        (left_out(7, 6), "bill.t4 ü (no), 2 more"),
        (replace(KEPT, count=1), ": /a b/x was created"),
        (UndoDone(1, POINT, POINT, "west", "no", "k", some(3), {}), "/a b/0; /a b/1; /a b/2; kept in snapshots k"),
        (UndoDone(1, POINT, POINT, "west", "no", "k", some(4), {}), "/a b/2 and 1 more; kept in snapshots k"),
    ],
)
def test_of_many_the_first_are_named_and_the_others_counted_and_nothing_is_said_of_none(body: Body, ends: str) -> None:
    said = entry_text(entry(1, body, run="r"))
    assert said.endswith(ends), said


@pytest.mark.parametrize(
    ("count", "said"), [(1, "0"), (3, "0; 1; 2"), (4, "0; 1; 2 and 1 more"), (9, "0; 1; 2 and 6 more")]
)
def test_what_is_kept_tells_the_first_changes_and_counts_the_others(count: int, said: str) -> None:
    found = tuple(str(number) for number in range(min(count, 5)))
    kept = Kept(1, POINT, 0, "west", {"/a": "k", "/b": "l"}, found, count, "refuse", n=4)
    assert kept.text() == f"west:/a/.snapshot/k, west:/b/.snapshot/l: {counted(count, 'foreign change')} ({said})"
    assert replace(kept, found=()).changes() == "what was there before"
    commands = replace(kept, snapshots=dict.fromkeys(some(count), "k")).removal_text()
    assert commands.endswith(f" and so on for {count - 3} more") is (count > 3)
