"""Documents of a point are read back as they were written, and no others are."""

from __future__ import annotations

import json
import re

import pytest

from hadoop_dr.domain.errors import Protocol, Refused
from hadoop_dr.domain.formats.manifest import (
    MANIFEST,
    DeletedKind,
    Manifest,
    PlannedDeletions,
    PlanSummary,
    StoredDocument,
    StoredPlan,
    StoredRoot,
)
from hadoop_dr.domain.ledger import NEWER
from hadoop_dr.domain.tree.inventory import Audit, Held

SUMMARY = PlanSummary(2, 3, 1, 4096, 5, {"tables": 1}, {"park": 2}, {"catalog": {"create": 1, "drop": 3}}, audited=True,
                      hindered=("/a b is closed",), notes=("ü %",))  # fmt: skip
PLAN = StoredPlan(
    "20261120T020000.000Z", (StoredRoot("/data/a b+%", None, "new ü", "old =", 2, Audit.STREAMED, waits=True),),
    (((0, 0), (0, 1)),), {"/data/a b+%": Held(3, 4)},
    PlannedDeletions({"files": DeletedKind(5, 9, 100)}, ("5 of 9 files",)),
    SUMMARY)  # fmt: skip
WRITTEN = Manifest({"items-0.parquet": StoredDocument("ab" * 32, 3)}, PLAN)


def test_a_plan_is_read_back_as_it_was_written_and_the_same_plan_has_the_same_bytes() -> None:
    content = MANIFEST.encode(WRITTEN)
    assert MANIFEST.decode(content, "here") == WRITTEN
    assert MANIFEST.encode(MANIFEST.decode(content, "here")) == content
    assert "ü %" in content.decode()


def test_a_plan_of_another_format_or_with_a_field_nobody_knows_is_refused() -> None:
    fields = json.loads(MANIFEST.encode(WRITTEN))
    newer = ({**fields, "v": 2}, "of format 2 is not known to this version, only 1")
    for changed, said in (newer, ({**fields, "more": 1}, "more")):
        with pytest.raises(Refused, match=said) as refused:
            MANIFEST.decode(json.dumps(changed).encode(), "here")
        assert (refused.value.subject, refused.value.remedy) == ("here", NEWER)


@pytest.mark.parametrize(("content", "why"), [
    (b"", "JSONDecodeError"), (b"[]", "TypeError"), (b"{}", "KeyError"), (b"null", "AttributeError"),
    (b"\xff", "UnicodeDecodeError"), (MANIFEST.encode(WRITTEN)[:-9], "JSONDecodeError"),
    (b'{"v":1}', "lacks documents, plan"),
])  # fmt: skip
def test_what_is_no_plan_is_said_to_be_none(content: bytes, why: str) -> None:
    with pytest.raises(Protocol, match=re.escape(f"not a manifest of a point ({why})")) as refused:
        MANIFEST.decode(content, "here")
    assert (refused.value.subject, refused.value.remedy) == ("here", "Restore it from the other site.")
