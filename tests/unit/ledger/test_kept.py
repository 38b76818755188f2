"""What the ledger says is kept of foreign changes, from its first entry until a person removed it (I10)."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept, KeptDocument, KeptRemoved, UndoBegun, UndoDone
from hadoop_dr.domain.ledger.bodies.runs import PointVoided
from hadoop_dr.domain.ledger.kept_changes import BEFORE, MAX_LINES, Kept
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import ServiceState
from support.entries import claimed, entries, entry, taken
from support.entries import staged as all_staged

POINT = "20261120T020000.000Z"
NAME = f"dr-billing-kept-{POINT}.0"


def changes(rule: str, found: tuple[str, ...], number: int) -> ChangesKept:
    return ChangesKept(1, POINT, number, "west", {"/r": NAME}, found, len(found), rule)


def kept(n: int, rule: str = "refuse", found: tuple[str, ...] = ("/r/ü was created",), number: int = 0) -> LedgerEntry:
    return entry(n, changes(rule, found, number))


def staged() -> list[LedgerEntry]:
    return entries(claimed(POINT), taken(POINT), all_staged(POINT))


def test_what_is_kept_is_known_until_a_person_removed_it() -> None:
    state = reduce_service([*staged(), kept(4)])
    assert state.kept == (Kept(1, POINT, 0, "west", {"/r": NAME}, ("/r/ü was created",), 1, "refuse", n=4),)
    assert state.kept[0].text() == f"west:/r/.snapshot/{NAME}: 1 foreign change (/r/ü was created)"
    assert reduce_service([entry(5, KeptRemoved(9))], state).kept == state.kept
    assert reduce_service([entry(5, KeptRemoved(4))], state).kept == ()


def test_of_much_only_the_first_is_written_out() -> None:
    many = tuple(f"/r/{number} was created" for number in range(MAX_LINES + 1))
    [one] = reduce_service([*staged(), kept(4, found=many)]).kept
    assert (len(one.found), one.count) == (MAX_LINES, MAX_LINES + 1)
    assert one.text().endswith(f"(/r/0 was created; /r/1 was created; /r/2 was created and {MAX_LINES - 2} more)")


def test_what_lay_there_before_a_point_is_told_as_such_and_nobody_waits_for_a_word_about_it() -> None:
    state = reduce_service([*staged(), kept(4, BEFORE, ("/r/ü (only there)",), number=-1)])
    assert state.foreign(state.points[POINT]) is None
    said = f"west:/r/.snapshot/{NAME}: 1 thing that point {POINT} deleted or replaced (/r/ü (only there))"
    assert state.kept[0].text() == said
    assert load_state(json.loads(json.dumps(dump_state(state)))).kept == state.kept


def test_a_staged_point_waits_for_a_person_while_its_last_word_is_refuse() -> None:
    state = reduce_service([*staged(), kept(4)])
    point = state.points[POINT]
    assert state.foreign(point) == state.kept[0]
    restored = reduce_service([kept(5, "restore", number=1)], state)
    assert restored.foreign(point) is None
    void = reduce_service([entry(5, PointVoided(1, POINT, "x"))], state)
    assert void.foreign(void.points[POINT]) is None
    assert ServiceState().foreign(point) is None


def test_an_undo_keeps_what_it_finds_and_says_so_once_it_is_done() -> None:
    undoing = entry(4, UndoBegun(1, "", POINT, "west", ("/r",), "dr-b-kept-1-4", "x"))
    state = reduce_service([*staged(), kept(3), undoing])
    one = Kept(1, "", 0, "west", {"/r": "dr-b-kept-1-4"}, (), 0, "", n=4)
    assert state.kept[1] == one
    assert one.text() == "west:/r/.snapshot/dr-b-kept-1-4: the content before an undo"
    undone = entry(5, UndoDone(1, "", POINT, "west", "x", "dr-b-kept-1-4", ("/r/ü was created",), {}))
    after = reduce_service([undone], state).kept
    assert (after[0], after[1].found, after[1].count) == (state.kept[0], ("/r/ü was created",), 1)


def test_the_commands_that_remove_what_is_kept_can_be_pasted_into_a_shell() -> None:
    roots = {"/r/a b+%ü#": NAME, "/r/it's $HOME `x`": NAME}
    one = Kept(1, POINT, 0, "west", roots, (), 1, "refuse", n=4)
    assert [shlex.split(command) for command in one.removals] == [
        ["hdfs", "dfs", "-deleteSnapshot", root, NAME] for root in roots
    ]
    first, second = one.removals
    assert one.removal_text() == f"Copy what you need out of it, then remove it (on west): {first} ; {second}"
    document = "/.hadoop-dr/p/services/billing/kept/ü 1.parquet"
    held = Kept(1, POINT, -1, "west", {}, (), 1, "refuse", document=KeptDocument("hive", document, 7), n=4)
    assert shlex.split(held.removals[0]) == ["hdfs", "dfs", "-rm", document]
    assert "(on west, the file on the other site, too)" in held.removal_text()


def test_of_many_directories_only_the_first_commands_are_written_out() -> None:
    said = Kept(1, POINT, 0, "west", {f"/r/{n}": NAME for n in range(5)}, (), 1, "refuse", n=4).removal_text()
    assert said.count("-deleteSnapshot") == 3
    assert said.endswith(" and so on for 2 more")


def test_a_checkpoint_has_all_that_is_kept() -> None:
    state = reduce_service([*staged(), kept(4)])
    assert load_state(json.loads(json.dumps(dump_state(state)))) == state
    without = {**dump_state(state)}
    without["rest"] = {name: value for name, value in without["rest"].items() if name != "kept"}
    assert load_state(without).kept == ()


def test_of_a_catalog_a_document_is_kept_and_it_is_behind_a_checkpoint_too() -> None:
    document = "/.hadoop-dr/p/services/billing/kept/ü.parquet"
    body = replace(changes("refuse", ("table bill.ü was created",), -1), snapshots={},
                   document=KeptDocument("hive", document, 7))  # fmt: skip
    state = reduce_service([*staged(), entry(4, body)])
    [held] = state.kept
    assert (held.document, held.places) == (body.document, [document])
    assert held.text() == f"west:{document}: 1 foreign change (table bill.ü was created)"
    assert state.foreign(state.points[POINT]) == held
    assert load_state(json.loads(json.dumps(dump_state(state)))) == state
