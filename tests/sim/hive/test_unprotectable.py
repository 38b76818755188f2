"""Nobody's CREATE TABLE stops a service: what cannot be protected is left out or refused, by name (S2.11, I8)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import Row, row_of
from hadoop_dr.domain.catalog.thrift_struct import get_record, get_text, record, text, with_field
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.points.standing import Standing, Word
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.coverage import Coverage
from hadoop_dr.services.datasets.hive import CatalogExport
from hadoop_dr.services.datasets.hive.component import HiveTables
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.report import all_entries, explanation, points_document
from hadoop_dr.services.status import service_document
from schemas import validate
from sim.world import POLICY, TABLES, TableWorld, protecting
from support.catalogs import partition, table, with_parameters

STRICT = TABLES + "unprotectable: refuse\n"
THEIRS = protecting("hdfs: /lake/a b+%", policy=POLICY.replace("service: billing", "service: lake"))


@pytest.fixture
def world() -> TableWorld:
    """A service of two tables with one point, and another service on the same clusters that has one, too."""
    world = TableWorld(TABLES)
    world.create("t1")
    world.create("t2")
    world.clusters["east"].make_directory("/lake/a b+%/x ü", 0o755, parents=True)
    world.backup("first")
    world.others = (THEIRS,)
    return world


def beside(world: TableWorld, policy: str) -> TableWorld:
    """Another service on the same clusters and of the same controller."""
    other = copy.copy(world)
    other.policy, other.others = policy, tuple(one for one in (world.policy, *world.others) if one != policy)
    return other


def owners(world: TableWorld) -> dict[str, str]:
    return dict(Roles("east-west", world.files(), world.clock).read().state.owners)


def left_out(document: Any) -> dict[str, str]:
    """Objects that a backup or a point says it leaves out, with the class of the reason."""
    assert document["incomplete"]["count"] == len(document["incomplete"]["objects"])
    return {one["object"]: one["why"] for one in document["incomplete"]["objects"]}


def make(world: TableWorld, row: Row) -> None:
    """Somebody creates a table; its directory is made, as Hive does."""
    location = get_text(get_record(row.tree, f.TABLE_SD), f.SD_LOCATION)
    if location.startswith("hdfs://east/") and not any(word in location for word in ("gone", "..", ".snapshot")):
        path = location.removeprefix("hdfs://east").rstrip("/") or "/"
        world.clusters["east"].make_directory(path, 0o755, parents=True)
    world.metastores["east"].create([row])


def at(place: str, **parameters: str) -> Row:
    return table("bill", "new", location=place, **parameters)


def delta(place: str) -> Row:
    return at(place, **{"spark.sql.sources.provider": "delta"})


CREATED: dict[str, tuple[Row, str]] = {
    "another service's directory": (at("hdfs://east/lake/a b+%"), "no-root"),
    "inside another service's directory": (at("hdfs://east/lake/a b+%/x ü"), "no-root"),
    "above another service's directory": (at("hdfs://east/lake"), "no-root"),
    "the root of all": (at("hdfs://east/"), "outside"),
    "everybody's temporary files": (at("hdfs://east/tmp"), "no-root"),
    "everybody's home": (at("hdfs://east/user"), "no-root"),
    "up and away": (at("hdfs://east/wh/x/../../lake"), "outside"),
    "doubled slash": (at("hdfs://east/wh//x"), "outside"),
    "a snapshot": (at("hdfs://east/wh/.snapshot/s/x"), "outside"),
    "another cluster": (at("hdfs://localhost:9/x"), "other-address"),
    "another file system": (at("s3a://bucket/x"), "other-file-system"),
    "delta": (delta("hdfs://east/wh/new"), "delta"),
    "iceberg": (at("hdfs://east/wh/new", table_type="ICEBERG"), "iceberg"),
    "hudi": (at("hdfs://east/wh/new", **{"spark.sql.sources.provider": "hudi"}), "hudi"),
    "storage handler": (at("hdfs://east/wh/new", storage_handler="org.x.Jdbc"), "storage-handler"),
    "materialized": (table("bill", "new", location="hdfs://east/wh/new", kind=f.MATERIALIZED), "materialized-view"),
    "no directory": (at("hdfs://east/wh/gone ü"), "no-root"),
}


@pytest.mark.parametrize("case", CREATED)
def test_a_table_that_somebody_creates_where_or_as_it_cannot_be_protected_is_left_out_by_name(
    world: TableWorld, case: str
) -> None:
    row, why = CREATED[case]
    make(world, row)
    document = world.backup("second")
    validate("backup", document)
    assert left_out(document) == {"table bill.new": why}
    assert any("table bill.new" in warning for warning in document["warnings"])
    assert set(document["snapshots"]["west"]) >= {"/wh/t1 ü", "/wh/t2 ü"}
    assert world.metastores["west"].table_names("bill") == ["t1", "t2"]
    assert set(owners(world)) == {"/wh/t1 ü", "/wh/t2 ü"}
    assert {root for site in world.clusters for root in MemoryNameNode(world.clusters[site]).snapshottable()} == {
        "/wh/t1 ü", "/wh/t2 ü"}  # fmt: skip
    world.metastores["east"].drop([row])
    assert left_out(world.backup("third")) == {}


@pytest.mark.parametrize("case", CREATED)
def test_the_policy_may_have_such_a_run_refused_by_name_and_nothing_has_changed(world: TableWorld, case: str) -> None:
    row, _ = CREATED[case]
    make(world, row)
    world.policy = STRICT
    before = owners(world), world.context().ledger.read()
    with pytest.raises(Refused, match=r"table bill\.new .*unprotectable: leave_out"):
        world.backup("second")
    assert (owners(world), world.context().ledger.read()) == before


@pytest.mark.parametrize("place", ["/lake/a b+%", "/lake/a b+%/x ü", "/lake"])
@pytest.mark.parametrize("first", ["the table's", "the other"])
def test_a_table_in_another_services_data_is_never_backed_up_twice_whichever_service_ran_first(
    place: str, first: str
) -> None:
    world = TableWorld(TABLES, others=(THEIRS,))
    world.create("t1")
    world.clusters["east"].make_directory("/lake/a b+%/x ü", 0o755, parents=True)
    make(world, at(f"hdfs://east{place}"))
    other = beside(world, THEIRS)
    runs = {"the table's": world.backup, "the other": other.backup}
    order = [first, *(name for name in runs if name != first)]
    documents = {name: runs[name](name) for name in order}
    document = documents["the table's"]
    assert left_out(document) == {"table bill.new": "no-root"}
    [told] = [one["reason"] for one in document["incomplete"]["objects"]]
    assert "'lake'" in told
    assert "/lake/a b+%" in told
    assert owners(world) == {"/wh/t1 ü": "billing", "/lake/a b+%": "lake"}


def test_a_policy_that_comes_after_a_table_was_protected_there_is_refused_and_the_table_stays(
    world: TableWorld,
) -> None:
    policy = protecting("hdfs: /wh", policy=POLICY.replace("service: billing", "service: late"))
    late = beside(world, policy)
    world.others = (policy,)
    with pytest.raises(Refused, match=r"/wh holds /wh/t1 ü, a root of the service 'billing'"):
        late.backup("late")
    assert left_out(world.backup("second")) == {}
    assert any(r.name == "owners" and r.mark is Mark.WARN for r in RunChecks(world.context()).look())


def test_two_services_that_wanted_one_root_before_there_were_owners_part_it_by_name() -> None:
    world = TableWorld(protecting("hdfs: /wh/x"))
    world.clusters["east"].make_directory("/wh/x", 0o755, parents=True)
    world.create("t1")
    make(world, table("bill", "x", location="hdfs://east/wh/x"))
    other = beside(world, TABLES.replace("service: billing", "service: other"))
    world.backup("a1")
    assert left_out(other.backup("b1")) == {"table bill.x": "no-root"}
    assert world.backup("a2")["state"] == "sealed"
    assert left_out(other.backup("b2")) == {"table bill.x": "no-root"}


def racing() -> tuple[TableWorld, TableWorld]:
    """A table in a directory that another service wants, of which this controller has no policy."""
    world = TableWorld(TABLES)
    world.create("t1")
    make(world, at("hdfs://east/lake/a b+%"))
    return world, beside(world, THEIRS)


def effects_of_a_preflight() -> int:
    world, faults = racing()[0], Faults()
    world.stages("counted", faults=faults).preflight()
    return faults.count


@pytest.mark.parametrize("step", range(1, effects_of_a_preflight() + 1))
def test_a_table_in_a_directory_that_another_service_takes_at_any_step_is_left_out_or_keeps_it_and_the_run_seals(
    step: int,
) -> None:
    world, other = racing()
    ended: list[str] = []

    def takes() -> None:
        try:
            ended.append(other.backup("other's")["state"])
        except Refused as refused:
            ended.append(str(refused))

    document = world.backup("first", Faults(at=step, first=takes))
    place = owners(world)["/lake/a b+%"]
    assert left_out(document) == ({} if place == "billing" else {"table bill.new": "no-root"})
    assert (ended == ["sealed"]) == (place == "lake")
    assert ended == ["sealed"] or "a root of the service 'billing' too" in ended[0]


# ---------------------------------------------------------------- where it is told


def test_what_is_left_out_is_told_wherever_a_person_looks(world: TableWorld) -> None:
    make(world, delta("hdfs://east/wh/new"))
    [checked] = [r for r in RunChecks(world.context()).look() if r.name == "incomplete"]
    assert checked.mark is Mark.WARN
    assert "table bill.new (delta)" in checked.detail
    [covered] = [r for r in Coverage(world.context()).run() if "bill.new" in r.detail]
    assert covered.mark is Mark.WARN
    world.backup("second")
    ledger = world.context().ledger
    point = points_document("billing", ledger.read(), ("east", "west"))["points"][-1]
    validate("points", points_document("billing", ledger.read(), ("east", "west")))
    assert left_out(point) == {"table bill.new": "delta"}
    newest = ledger.read().newest_sound()
    assert newest is not None
    assert service_document(Standing(Word.OK, "", newest), 60.0, newest.moment_ms)["left_out"] == 1
    told = explanation("billing", all_entries(ledger.chain.deciding, ledger.chain.path), point["point"])["entries"]
    assert any(entry["kind"] == "taken" and "table bill.new" in entry["text"] for entry in told)


def test_where_the_policy_refuses_check_and_coverage_say_so(world: TableWorld) -> None:
    make(world, delta("hdfs://east/wh/new"))
    world.policy = STRICT
    checks = RunChecks(world.context()).look()
    assert any(r.mark is Mark.FAIL and "table bill.new (delta)" in r.detail for r in checks)
    assert any(r.mark is Mark.FAIL and "bill.new" in r.detail for r in Coverage(world.context()).run())


def test_transactional_tables_have_a_key_of_their_own(world: TableWorld) -> None:
    make(world, at("hdfs://east/wh/new", transactional="true"))
    with pytest.raises(Refused, match=r"table bill\.new \(acid\).*acid: skip"):
        world.backup("second")
    world.policy = TABLES + "acid: skip\n"
    assert left_out(world.backup("third")) == {"table bill.new": "acid"}
    world.policy = STRICT + "acid: skip\n"
    assert left_out(world.backup("fourth")) == {"table bill.new": "acid"}


def test_of_a_hundred_tables_and_more_the_first_are_named_and_all_are_counted(world: TableWorld) -> None:
    world.metastores["east"].create([
        table("bill", f"d{n:03}", location=f"hdfs://east/wh/d{n}", **{"spark.sql.sources.provider": "delta"})
        for n in range(130)
    ])  # fmt: skip
    incomplete = world.backup("second")["incomplete"]
    assert incomplete["count"] == 130
    assert len(incomplete["objects"]) == 100
    assert len([w for w in world.backup("third")["warnings"] if w.startswith("not protected")]) < 10


# ---------------------------------------------------------------- partitions, and what was there before


def partitioned(world: TableWorld) -> Callable[[str, str], Row]:
    """A table with one partition inside its directory; gives a maker of more."""
    make(world, table("bill", "p", keys=("p",), location="hdfs://east/wh/p+"))

    def add(value: str, place: str) -> Row:
        row = partition("bill", "p", ["p"], [value], location=f"hdfs://east{place}")
        world.clusters["east"].make_directory(place, 0o755, parents=True)
        world.metastores["east"].create([row])
        return row

    add("in", "/wh/p+/p=in")
    return add


def test_a_partition_outside_is_left_out_by_name_and_its_table_stays_with_all_others(world: TableWorld) -> None:
    add = partitioned(world)
    add("out", "/elsewhere ü/p=out")
    document = world.backup("second")
    assert left_out(document) == {"partition bill.p p=out": "outside"}
    west = world.metastores["west"]
    assert west.partition_names("bill", "p") == ["p=in"]
    assert world.backup("third")["entries"] == 0
    assert left_out(world.backup("fourth")) == {"partition bill.p p=out": "outside"}


def test_a_partition_that_was_moved_out_is_dropped_from_the_other_catalog_and_comes_back_when_it_does(
    world: TableWorld,
) -> None:
    add = partitioned(world)
    out = add("out", "/wh/p+/p=out")
    world.backup("second")
    assert world.metastores["west"].partition_names("bill", "p") == ["p=in", "p=out"]
    place = get_record(out.tree, f.PARTITION_SD)
    moved = record({**place, f.SD_LOCATION: text("hdfs://east/elsewhere ü")})
    world.metastores["east"].alter([row_of(out.key, with_field(out.tree, f.PARTITION_SD, moved))])
    assert left_out(world.backup("third")) == {"partition bill.p p=out": "outside"}
    assert world.metastores["west"].partition_names("bill", "p") == ["p=in"]
    world.metastores["east"].alter([out])
    assert left_out(world.backup("fourth")) == {}
    assert world.metastores["west"].partition_names("bill", "p") == ["p=in", "p=out"]


def test_a_table_that_cannot_be_protected_any_more_goes_from_the_other_catalog_and_its_data_stay(
    world: TableWorld,
) -> None:
    east, west = world.metastores["east"], world.metastores["west"]
    [row] = east.tables("bill", ["t2"])
    east.alter([with_parameters(row, **{"spark.sql.sources.provider": "delta"})])
    assert Preview(world.context()).run()["catalog"]["drop"] == 1
    document = world.backup("second")
    assert left_out(document) == {"table bill.t2": "delta"}
    assert west.table_names("bill") == ["t1"]
    assert world.clusters["west"].find("/wh/t2 ü/part 0").content == b"t2"
    east.alter([row])
    assert left_out(world.backup("third")) == {}
    assert west.table_names("bill") == ["t1", "t2"]


# ---------------------------------------------------------------- cost, and changes that do not count


def test_what_is_left_out_does_not_make_every_run_read_the_whole_catalog(
    world: TableWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(world, delta("hdfs://east/wh/new"))
    world.backup("second")
    begun: list[bool] = []
    real = CatalogExport.begin

    def begin(self: CatalogExport, *arguments: Any) -> Any:
        export = real(self, *arguments)
        if self._metastore.site == "east":
            begun.append(export.full)
        return export

    monkeypatch.setattr(CatalogExport, "begin", begin)
    world.backup("third")
    assert begun
    assert not any(begun)


def at_the_moment(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], None]) -> None:
    """Has something happen right before E0 is read, and once more right before E1 is."""
    for name in ("mark", "mark_end"):
        real = getattr(HiveTables, name)

        def mark(self: HiveTables, real: Callable[[HiveTables], None] = real) -> None:
            happen()
            real(self)

        monkeypatch.setattr(HiveTables, name, mark)


def test_one_that_comes_while_the_moment_is_armed_is_left_out_or_refused_as_the_policy_says(
    world: TableWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def happen() -> None:
        if "new" not in world.metastores["east"].table_names("bill"):
            make(world, delta("hdfs://east/wh/new"))

    at_the_moment(monkeypatch, happen)
    world.policy = STRICT
    with pytest.raises(Refused, match=r"table bill\.new \(delta\)"):
        world.backup("second")
    world.metastores["east"].drop([delta("hdfs://east/wh/new")])
    world.policy = TABLES
    assert left_out(world.backup("third")) == {"table bill.new": "delta"}


def test_a_table_that_is_left_out_may_change_so_that_nothing_tells_how_it_was(
    world: TableWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transactional one takes write ids all the time, of which the log says nothing more."""
    world.policy = TABLES + "acid: skip\n"
    make(world, at("hdfs://east/wh/new", transactional="true"))
    log = world.metastores["east"].log
    at_the_moment(monkeypatch, lambda: log.write("ALLOC_WRITE_ID_EVENT", "bill", "new"))
    assert left_out(world.backup("second")) == {"table bill.new": "acid"}
    assert "rearmed" not in [entry.kind for entry in world.context().ledger.chain.entries()]


BUSY: dict[str, Row] = {
    "acid": at("hdfs://east/wh/new", transactional="true"),
    "delta": delta("hdfs://east/wh/new"),
    "another service's": at("hdfs://east/lake/a b+%/x ü"),
    "another cluster's": at("hdfs://localhost:9/x"),
}


@pytest.mark.parametrize("case", BUSY)
def test_changes_of_a_table_that_is_left_out_arm_no_moment_again(world: TableWorld, case: str) -> None:
    """Somebody alters it every 0.3 seconds, and writes into it, at every look and all the time."""
    row = BUSY[case]
    world.policy = TABLES + "acid: skip\n"
    make(world, row)
    east = world.metastores["east"]
    asleep, count = world.clock.sleep_until, 0

    def busy(monotonic_s: float) -> None:
        nonlocal count
        count += 1
        asleep(monotonic_s)
        east.alter([with_parameters(east.tables("bill", ["new"])[0], n=str(count))])
        east.log.write("ALLOC_WRITE_ID_EVENT", "bill", "new")
        east.log.write("INSERT", "bill", "new")

    world.clock.sleep_until = busy  # type: ignore[method-assign]
    document = world.backup("second")
    assert count > 1
    assert document["proof"] == "bounded"
    kinds = [entry.kind for entry in world.context().ledger.chain.entries()]
    assert "rearmed" not in kinds
    assert left_out(document).keys() == {"table bill.new"}


# ---------------------------------------------------------------- directories that are gone


def database_root() -> TableWorld:
    """A service whose tables lie in a declared directory."""
    world = TableWorld(protecting("hive: bill", "hdfs: /wh"))
    world.create("t1")
    return world


def test_a_partition_that_never_had_a_directory_is_left_out_and_stops_nothing(world: TableWorld) -> None:
    add = partitioned(world)
    add("gone", "/wh/p+/p=gone")
    world.clusters["east"].delete("/wh/p+/p=gone", recursive=True)
    assert left_out(world.backup("second")) == {"partition bill.p p=gone": "no-directory"}
    assert world.metastores["west"].partition_names("bill", "p") == ["p=in"]
    world.policy = STRICT
    with pytest.raises(Refused, match=r"partition bill\.p p=gone \(no-directory\)"):
        world.backup("third")


def test_a_table_in_a_root_that_never_had_a_directory_is_left_out(world: TableWorld) -> None:
    world = database_root()
    make(world, at("hdfs://east/wh/gone ü"))
    assert left_out(world.backup("first")) == {"table bill.new": "no-directory"}
    assert world.metastores["west"].table_names("bill") == ["t1"]
    world.clusters["east"].make_directory("/wh/gone ü", 0o755, parents=True)
    assert left_out(world.backup("second")) == {}
    assert world.metastores["west"].table_names("bill") == ["new", "t1"]


def test_a_directory_that_came_right_after_the_snapshots_arms_the_moment_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, calls = database_root(), list[int]()
    make(world, at("hdfs://east/wh/gone ü"))

    def happen() -> None:
        calls.append(1)
        if len(calls) == 2:  # E0 is read, the snapshots are taken
            world.clusters["east"].make_directory("/wh/gone ü", 0o755, parents=True)

    at_the_moment(monkeypatch, happen)
    assert left_out(world.backup("first")) == {}
    assert [entry.kind for entry in world.context().ledger.chain.entries()].count("rearmed") == 1
    assert world.metastores["west"].table_names("bill") == ["new", "t1"]


def test_what_a_point_had_stays_in_the_catalog_while_its_directory_is_gone_as_on_the_primary(world: TableWorld) -> None:
    """Engines that overwrite a partition delete its directory first, and may write it for an hour."""
    add = partitioned(world)
    add("over", "/wh/p+/p=over")
    world.backup("second")
    world.clusters["east"].delete("/wh/p+/p=over", recursive=True)
    document = world.backup("third")
    assert left_out(document) == {}
    assert "registered without a directory, as on the primary: partition bill.p p=over" in document["warnings"]
    assert world.metastores["west"].partition_names("bill", "p") == ["p=in", "p=over"]
    assert [child.name for child in MemoryNameNode(world.clusters["west"]).list("/wh/p+")] == ["p=in"]
    world.clusters["east"].make_directory("/wh/p+/p=over", 0o755, parents=True)
    assert not any("without a directory" in text for text in world.backup("fourth")["warnings"])


def test_a_location_that_is_a_placeholder_is_left_out_by_name(world: TableWorld) -> None:
    make(world, at("hdfs://east/wh/gone-__PLACEHOLDER__"))
    assert left_out(world.backup("second")) == {"table bill.new": "placeholder"}
