"""Other tables under ``protect`` than the last point had: the next one holds exactly what is selected (S2.1, S2.9)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import BadInput, DrError, Refused
from hadoop_dr.domain.formats.manifest import PlannedDeletions, StoredPlan
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.datasets.hive.destination_catalog import DestinationCatalog
from hadoop_dr.services.report import points_document
from sim.world import TableWorld, protecting
from support.catalogs import database, function, table
from support.entries import NOTHING_PLANNED
from support.selected import holds_what_is_selected, tables_on
from support.thinned import thinned


def hive(*patterns: str, more: str = "") -> str:
    return protecting(*(f"hive: {pattern}" for pattern in patterns)) + more


def two_databases(policy: str) -> TableWorld:
    world = TableWorld(policy)
    for name, owner in (("t1", "bill"), ("t2", "bill"), ("c1", "crm")):
        world.create(name, owner)
    world.metastores["east"].create([function("bill", "f", "hdfs://east/wh/t1 ü/udf.jar")])
    return world


def left(warnings: list[str]) -> list[str]:
    return [warning for warning in warnings if "not protected any more" in warning]


@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_the_tables_of_an_added_database_are_in_the_next_point(mode: str) -> None:
    world = two_databases(hive("bill"))
    world.backup("first")
    world.policy = hive("bill", "crm")
    document = world.backup("second", mode=mode)
    assert "/wh/c1 ü" in document["snapshots"]["west"]
    assert world.metastores["west"].table_names("crm") == ["c1"]
    holds_what_is_selected(world, document)
    assert left(document["warnings"]) == []


def test_a_full_run_reads_the_whole_catalog_again() -> None:
    """What the log of events lost is found by whoever asks for everything."""
    world = two_databases(hive("bill"))
    world.backup("first")
    log = world.metastores["east"].log
    held, log.write = log.write, lambda *_, **__: None  # type: ignore[method-assign]
    world.create("silent")
    log.write = held  # type: ignore[method-assign]
    assert "/wh/silent ü" in world.backup("second", mode="full")["snapshots"]["west"]


def test_a_database_taken_out_seals_without_it_stays_on_the_secondary_and_is_named_once() -> None:
    world = two_databases(hive("bill", "crm"))
    world.backup("first")
    world.policy = hive("bill")
    world.metastores["east"].drop([table("crm", "c1", location="hdfs://east/wh/c1 ü")])
    second = world.backup("second")
    assert set(second["snapshots"]["west"]) == {"/wh/t1 ü", "/wh/t2 ü"}
    holds_what_is_selected(world, second)
    [warning] = left(second["warnings"])
    assert "database crm" in warning
    assert "table crm.c1" in warning
    assert "bill" not in warning
    assert left(world.backup("third")["warnings"]) == []
    assert tables_on(world, "west") == {"bill.t1", "bill.t2", "crm.c1"}
    assert world.clusters["west"].find("/wh/c1 ü/part 0").content == b"c1"


def test_what_was_taken_out_is_named_as_the_policy_named_it_when_the_older_points_documents_are_gone() -> None:
    world = two_databases(hive("bill", "crm.c*"))
    point = world.backup("first")["point"]
    for files in world.files().values():
        files.remove(world.context().directory(point))
    world.policy = hive("bill")
    [warning] = left(world.backup("second")["warnings"])
    assert "hive: crm.c*; what west has of it stays" in warning


def test_the_last_table_taken_out_leaves_the_directories() -> None:
    world = two_databases(protecting("hdfs: /data/a b+%", "hive: crm"))
    world.clusters["east"].make_directory("/data/a b+%/d", 0o755, parents=True)
    world.backup("first")
    world.policy = protecting("hdfs: /data/a b+%")
    second = world.backup("second")
    assert set(second["snapshots"]["west"]) == {"/data/a b+%"}
    assert "table crm.c1" in left(second["warnings"])[0]
    assert tables_on(world, "west") == {"crm.c1"}


def test_a_pattern_that_widens_to_the_database_brings_its_functions_and_its_own_attributes() -> None:
    world = two_databases(hive("bill.t1"))
    world.backup("first")
    assert world.metastores["west"].functions() == []
    world.policy = hive("bill")
    document = world.backup("second")
    assert [row.key.name for row in world.metastores["west"].functions()] == ["f"]
    holds_what_is_selected(world, document)
    assert left(document["warnings"]) == []


def test_a_database_that_narrows_to_a_pattern_leaves_the_rest_and_names_it() -> None:
    world = two_databases(hive("bill"))
    world.backup("first")
    world.policy = hive("bill.t1")
    document = world.backup("second")
    holds_what_is_selected(world, document)
    [warning] = left(document["warnings"])
    assert "database bill, function bill f, table bill.t2" in warning
    assert "t1" not in warning
    assert tables_on(world, "west") == {"bill.t1", "bill.t2"}
    assert [row.key.name for row in world.metastores["west"].functions()] == ["f"]


def test_a_database_that_was_only_made_for_a_table_is_not_named_when_the_table_is_taken_out() -> None:
    world = two_databases(hive("bill.t1", "crm"))
    world.backup("first")
    world.policy = hive("crm")
    assert "any more: table bill.t1; what" in left(world.backup("second")["warnings"])[0]


def test_whatever_the_policy_says_now_a_point_is_planned_placed_and_verified_by_what_it_selects() -> None:
    world = two_databases(hive("bill", more="drift: restore\n"))
    world.metastores["west"].create([database("crm"), table("crm", "own"), database("bill"), table("bill", "old")])
    begun(world, "moment")
    world.policy = hive("crm", more="drift: restore\n")
    context = world.context()
    [point] = context.ledger.read().points.values()
    catalog, documents = DestinationCatalog(context), context.documents(point)
    assert catalog.plan(point, documents).figures == {"catalog": {"create": 3, "alter": 1, "drop": 1}}
    documents.seal_manifest(StoredPlan(None, (), (), {}, PlannedDeletions(), NOTHING_PLANNED))
    catalog.drop(point, documents, lambda: None)
    assert tables_on(world, "west") == {"crm.own"}
    catalog.create(point, documents, lambda: None)
    assert tables_on(world, "west") == {"crm.own", "bill.t1", "bill.t2"}
    assert catalog.verify(point, documents, 0)[0].word == "match"


def test_patterns_that_overlap_are_refused_and_the_same_ones_in_another_order_are_the_same() -> None:
    with pytest.raises(BadInput, match="overlaps 'hive: bill'"):
        two_databases(hive("bill", "bill.t*")).context()
    world = two_databases(hive("crm", "bill"))
    world.backup("first")
    world.policy = hive("bill", "crm")
    asked = list[str]()
    east = world.metastores["east"]
    real = east.table_names
    east.table_names = lambda database: asked.append(database) or real(database)  # type: ignore[assignment,func-returns-value]
    world.backup("second")
    world.policy = hive("crm", "bill")
    world.backup("third")
    assert asked == [], "the export was read whole though nothing was selected anew"


def test_a_table_that_was_made_again_while_it_was_not_protected_is_made_again_on_the_secondary() -> None:
    world = two_databases(hive("bill", "crm"))
    world.backup("first")
    world.policy = hive("bill")
    world.backup("second")
    old = world.metastores["west"].tables("crm", ["c1"])[0].identity
    gone = table("crm", "c1", location="hdfs://east/wh/c1 ü")
    world.metastores["east"].drop([gone])
    world.metastores["east"].create([table("crm", "c1", location="hdfs://east/wh/c1 ü", names=("a", "c"))])
    world.policy = hive("bill", "crm")
    holds_what_is_selected(world, world.backup("third"))
    assert world.metastores["west"].tables("crm", ["c1"])[0].identity != old


STAGES = ("moment", "plan", "stage", "place", "verify")


def begun(world: TableWorld, until: str) -> None:
    """A run that ended after a stage, in a process of its own."""
    world.host.name = "ended"
    stages = world.stages("ended")
    stages.preflight()
    for name in STAGES[: STAGES.index(until) + 1]:
        if name == "stage":
            for shard in range(stages.plan()["shards"]):
                stages.stage(shard)
        else:
            getattr(stages, name)()
    world.host.dead.add("ended")


@pytest.mark.parametrize("until", STAGES)
@pytest.mark.parametrize(
    ("old", "new"), [(("bill",), ("bill", "crm")), (("bill", "crm"), ("bill",)), (("bill.t1",), ("crm",))]
)
def test_a_point_of_an_earlier_run_is_carried_to_its_end_under_its_own_selection(
    until: str, old: tuple[str, ...], new: tuple[str, ...]
) -> None:
    world = two_databases(hive("bill.t2"))
    world.backup("before")
    world.policy = hive(*old)
    begun(world, until)
    world.policy = hive(*new)
    document = world.backup("next")
    sealed = world.context().ledger.read().sealed()
    assert [list(point.taken.protect["hive"]) for point in sealed] == [["bill.t2"], sorted(old), sorted(new)]
    assert all(point.sealed.verified.word == "match" for point in sealed)
    holds_what_is_selected(world, document)
    assert tables_on(world, "west") >= {"bill.t2"} | {"bill.t1"}


def test_a_carried_point_keeps_the_rules_and_queries_of_the_policy_it_was_begun_with() -> None:
    """The queries of a later policy ask for tables that this point does not have."""
    world = two_databases(hive("bill", more='rpo: 2h\nsmoke: ["select 1 from bill.t1"]\n'))
    begun(world, "plan")
    world.policy = hive("bill", "crm", more='smoke: ["select 1 from crm.c1"]\n').replace('"5"', '"9"')
    world.backup("next")
    carried, own = world.context().ledger.read().sealed()
    assert (carried.sealed.retention.secondary, own.sealed.retention.secondary) == ("5", "9")
    assert "bill.t1" in carried.sealed.verified.cannot_tell[0]
    assert "crm.c1" in own.sealed.verified.cannot_tell[0]


def test_what_verification_could_not_tell_is_said_by_the_run_and_the_point() -> None:
    world = two_databases(hive("bill", more='smoke: ["select \'ü %\' from bill.t1"]\n'))
    document = world.backup("one")
    why = "west: no HiveServer2 to run 'select 'ü %' from bill.t1'"
    assert (document["verified"], document["warnings"][-1]) == ("cannot tell", f"not verified: {why}")
    state = world.context().ledger.read()
    [point] = points_document("billing", state, ("east", "west"))["points"]
    assert (point["verified"], point["cannot_tell"]) == ("cannot tell", [why])
    world.policy = hive("bill")
    document = world.backup("two")
    assert (document["verified"], document["warnings"]) == ("match", [])


@pytest.mark.parametrize("taken", [True, False])
def test_a_try_that_begins_again_under_another_policy_does_not_change_the_point_it_took(taken: bool) -> None:
    """Before its moment a run that is asked again is one under the policy of now."""
    world = two_databases(hive("bill"))
    world.host.name = "one"
    stages = world.stages("one")
    stages.preflight()
    if taken:
        stages.moment()
    world.policy = hive("crm").replace('"5"', '"9"')
    again = world.stages("one", 2)
    again.preflight()
    again.moment()
    for shard in range(again.plan()["shards"]):
        again.stage(shard)
    again.place()
    again.verify()
    document = again.seal()
    assert set(document["snapshots"]["west"]) == ({"/wh/t1 ü", "/wh/t2 ü"} if taken else {"/wh/c1 ü"})
    assert tables_on(world, "west") == ({"bill.t1", "bill.t2"} if taken else {"crm.c1"})
    [point] = world.context().ledger.read().sealed()
    assert point.sealed.retention.secondary == ("5" if taken else "9")


def changing() -> TableWorld:
    world = two_databases(hive("bill"))
    world.backup("first")
    world.policy = hive("bill.t1", "crm")
    world.create("c2", "crm")
    return world


HOW = ("dies before", "dies after", "loses")
CHANGING, COUNTED = changing(), Faults()
CHANGING.clone().backup("counted", COUNTED)


@pytest.mark.parametrize(("at", "how"), thinned(((at, HOW[at % 3]) for at in range(1, COUNTED.count + 1)), 4))
def test_whatever_interrupts_the_run_that_changes_the_selection_the_next_one_holds_what_is_selected_then(
    at: int, how: str
) -> None:
    world, dies = CHANGING.clone(), how.startswith("dies")
    with suppress(Died, DrError):
        world.backup("first try", Faults(at=at, die=dies, lose=not dies, after=how != "dies before"))
    world.host.dead.add("first try")
    world.policy = hive("bill.t2", "crm")
    document = world.backup("next")
    holds_what_is_selected(world, document)
    assert set(document["snapshots"]["west"]) == {"/wh/t2 ü", "/wh/c1 ü", "/wh/c2 ü"}
    assert tables_on(world, "west") == {"bill.t1", "bill.t2", "crm.c1", "crm.c2"}
    assert {p.state for p in world.context().ledger.read().points.values()} <= {PointState.SEALED, PointState.VOID}


SELECTIONS = st.sampled_from(
    [("bill",), ("crm",), ("bill", "crm"), ("bill.t1",), ("bill.t*",), ("bill.*",), ("b*l.t2", "crm"), ("bill.n*",)]
)
CHANGES = st.sampled_from(["", "make", "drop", "make again", "grow"])


@settings(max_examples=15)
@given(st.lists(st.tuples(SELECTIONS, CHANGES), min_size=2, max_size=5))
def test_after_any_sequence_of_selections_each_point_holds_exactly_what_is_selected(
    rounds: list[tuple[tuple[str, ...], str]],
) -> None:
    world = two_databases(hive("bill", "crm"))
    world.create("n0")
    world.clusters["east"].make_directory("/data/a b+%", 0o755, parents=True)
    seen = set[str]()
    for number, (patterns, change) in enumerate(rounds):
        world.policy = protecting("hdfs: /data/a b+%", *(f"hive: {pattern}" for pattern in patterns))
        dropped = changed(world, number, change)
        before = tables_on(world, "west")
        document = world.backup(f"run {number}", approve_deletions=True)
        holds_what_is_selected(world, document)
        gone = before - tables_on(world, "west")
        assert gone <= dropped | seen, f"{gone} were dropped on the secondary and not on the primary"
        seen |= dropped


def changed(world: TableWorld, number: int, change: str) -> set[str]:
    """What a user does between two backups; gives the tables that went."""
    east, place = world.metastores["east"], "hdfs://east/wh/t1 ü"
    if change == "make":
        world.create(f"n{number + 1}", "crm" if number % 2 else "bill")
    elif change == "grow":
        world.clusters["east"].extend(world.clusters["east"].find("/wh/c1 ü/part 0"), b"more")
    elif change and "t1" in east.table_names("bill"):
        east.drop([table("bill", "t1", location=place)])
        if change == "make again":
            east.create([table("bill", "t1", location=place, names=("a", f"b{number}"))])
        return {"bill.t1"}
    return set()


def test_a_mistyped_database_is_named_by_check_and_by_the_point_and_alone_it_is_refused() -> None:
    world = two_databases(hive("bil"))
    [told] = [one for one in RunChecks(world.context()).look() if one.name == "tables"]
    assert (told.mark, told.detail) == (Mark.FAIL, "nothing is protected: 'hive: bil' matches no table now")
    with pytest.raises(Refused, match="'hive: bil' matches no table now"):
        world.backup("mistyped")
    assert world.context().ledger.read().claim is None
    world.policy = hive("bil", "crm")
    [told] = [one for one in RunChecks(world.context()).look() if one.name == "tables"]
    assert told.mark is Mark.WARN
    assert "'hive: bil' matches no table now" in world.backup("half")["warnings"]


def test_what_was_dropped_on_the_primary_is_no_mistyped_name() -> None:
    world = two_databases(hive("crm"))
    world.backup("first")
    east = world.metastores["east"]
    east.drop([table("crm", "c1", location="hdfs://east/wh/c1 ü")])
    east.drop([database("crm", "hdfs://east/wh/crm")])
    assert "'hive: crm' matches no table now" in world.backup("dropped", approve_deletions=True)["warnings"]
