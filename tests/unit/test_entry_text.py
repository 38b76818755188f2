"""What ``explain`` says of entries that have more than one thing to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.ledger import Body
from hadoop_dr.domain.ledger.bodies.ends import PointDamaged
from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept
from hadoop_dr.domain.ledger.bodies.runs import MomentRearmed
from hadoop_dr.domain.ledger.bodies.taken import OpenFile, OpenFiles
from hadoop_dr.domain.ledger.bodies.values import NO_POLICY
from hadoop_dr.domain.ledger.entry_text import entry_text
from hadoop_dr.domain.ledger.kept_changes import BEFORE
from support.entries import claimed, entry, taken

POINT = "20261120T020000.000Z"
ORDERED = replace(NO_POLICY, reason="the ü % moves", approve_deletions=True, mode="full")
KEPT = ChangesKept(1, POINT, 0, "west", {"/a b": "kept ü"}, ("/a b/x was made",), 3, "refuse")
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
        (KEPT, "kept in /a b/.snapshot/kept ü and left alone: /a b/x was made and 2 more"),
        (replace(KEPT, rule=BEFORE), "takes away or replaces what lay on west before it; that is kept in /a b/"),
    ],
)
def test_an_entry_says_all_it_has_to_say(body: Body, said: str) -> None:
    assert said in entry_text(entry(1, body, run="r"))
