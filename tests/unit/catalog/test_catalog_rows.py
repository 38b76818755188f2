"""Rows are told apart by content, not by what each metastore makes up (S2.3, S2.7; faults 42, 44, 45, 47)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.address_rewrite import (
    Reference,
    Rewrite,
    aliases,
    references,
    refuse_references,
    rewrite_rows,
)
from hadoop_dr.domain.catalog.changes.catalog_comparison import compare
from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.changes.object_difference import FieldDifference, HowDifferent, ObjectDifference
from hadoop_dr.domain.catalog.partition_names import DEFAULT_VALUE, escape, partition_name, partition_values, unescape
from hadoop_dr.domain.catalog.protect.locations import CatalogPlace, catalog_layout, locations, table_roots
from hadoop_dr.domain.catalog.protect.uncovered import Uncovered, fallen_keys, judge_kinds, without
from hadoop_dr.domain.catalog.rows import (
    CatalogKey,
    Kind,
    is_plain_managed,
    pack_rows,
    row_of,
    statistics_row,
    unpack_rows,
)
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.catalog.thrift_struct import (
    LIST,
    MAP,
    STRING,
    STRUCT,
    Items,
    Pairs,
    flag,
    get_map,
    get_number,
    get_record,
    get_text,
    i32,
    i64,
    record,
    records,
    text,
    text_map,
    with_field,
)
from hadoop_dr.domain.errors import BadInput, Mismatch
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.roots.layout import TablePlace
from support.catalogs import (
    EAST,
    VALUES,
    database,
    everything,
    foreign_key,
    function,
    partition,
    primary_key,
    table,
    view,
    with_parameters,
)

BILL = selection_of(["bill"])


def test_rows_of_every_kind_survive_a_document() -> None:
    rows = everything()
    again = unpack_rows(pack_rows(rows))
    assert catalog_of(again) == catalog_of(rows)
    assert [row.key.kind for row in again][:2] == [Kind.DATABASE, Kind.TABLE]
    two = unpack_rows(pack_rows([table("crm", "a"), table("bill", "z")]))
    assert [row.key.database for row in two] == ["bill", "crm"]
    assert [row.tree for row in again] == [catalog_of(rows)[row.key].tree for row in again]


def test_what_a_metastore_makes_up_does_not_change_the_hash() -> None:
    row = table("bill", "t", a="1")
    made_up = {4: i32(5), 5: i32(6), 19: i64(0), 22: (3, 8), 25: i64(9), 13: record({}), 15: flag(False)}
    tree = {**row.tree, **made_up, 9: text_map({"transient_lastDdlTime": "7", "a": "1", "EXTERNAL": "TRUE"})}
    skew = record({1: (LIST, Items(STRING, [])), 3: (MAP, Pairs(LIST, STRING, []))})
    tree[7] = record({**tree[7][1], 11: skew, 12: flag(False)})
    other = row_of(row.key, dict(reversed(tree.items())))
    assert other.hash == row.hash
    assert (row.identity, other.identity) == (f"{f.EXTERNAL}|0|0", f"{f.EXTERNAL}|5|9")
    assert database("bill").identity == ""
    assert other.table_type == f.EXTERNAL


@pytest.mark.parametrize("change", [{3: text("x")}, {9: text_map({"EXTERNAL": "TRUE", "a": "2"})}, {6: i32(1)},
                                    {12: text(f.MANAGED)}, {777: text("novel")}, {777: text("")}])
def test_everything_else_changes_the_hash(change: dict[int, tuple[int, object]]) -> None:
    row = table("bill", "t", a="1")
    assert row_of(row.key, {**row.tree, **change}).hash != row.hash


def test_a_field_at_its_default_is_as_good_as_absent_however_deep_it_lies() -> None:
    row = table("bill", "t")

    def digest(*zero: tuple[int, tuple[int, int]], pairs: int) -> str:
        keys = [({**dict(zero), 2: i32(number)}, b"v") for number in (5, 7)][::pairs]
        return row_of(row.key, {
            **row.tree, 777: records([{**dict(zero), 2: text("x")}]),
            778: (MAP, Pairs(STRING, STRUCT, [(b"k", {**dict(zero), 2: text("x")})])),
            779: (MAP, Pairs(STRUCT, STRING, keys)),
        }).hash  # fmt: skip

    assert digest((1, i32(0)), pairs=1) == digest(pairs=-1)
    assert digest((1, i32(3)), pairs=1) != digest(pairs=-1)


def test_statistics_do_not_depend_on_the_order_of_columns_and_empty_ones_are_none() -> None:
    key = CatalogKey(Kind.TABLE_STATS, "bill", "t")
    objects = [{1: text(name), 2: text("int"), 3: record({})} for name in ("b", "a")]
    assert statistics_row(key, objects) == statistics_row(key, objects[::-1])
    assert statistics_row(key, []) is None
    for name, whole in (("", True), ("p=a b", False)):
        kind = Kind.TABLE_STATS if whole else Kind.PARTITION_STATS
        row = statistics_row(CatalogKey(kind, "bill", "t", name), objects)
        assert row is not None
        assert get_number(get_record(row.tree, f.STATS_DESC), f.DESC_TABLE_LEVEL) == whole
        assert get_text(row.tree, f.STATS_ENGINE) == "hive"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1))
def test_partition_values_are_escaped_once(values: list[str]) -> None:
    name = partition_name([f"k{n}" for n in range(len(values))], values)
    assert partition_values(name) == values
    assert name.count("/") == len(values) - 1


def test_partition_names_are_the_metastores() -> None:
    assert partition_name(("P",), ("q'\"#*?\\{[]^",)) == "p=q%27%22%23%2A%3F%5C%7B%5B%5D%5E"
    assert partition_name(("p", "q"), ("", "a b")) == f"p={DEFAULT_VALUE}/q=a b"
    assert (escape("e%20"), unescape("e%2520"), unescape("100%")) == ("e%2520", "e%20", "100%")
    assert (unescape("%3a%2F"), partition_values("p=a=b/q=c%3Dd")) == (":/", ["a=b", "c=d"])
    with pytest.raises(ValueError, match="zip"):
        partition_name(("p",), ("a", "b"))


# -- selection


def test_a_selection_is_a_database_a_table_or_a_pattern() -> None:
    one = selection_of(["Billing", "crm.inv*", "x*.t"])
    assert (one.whole("billing"), one.whole("crm"), one.database("crm"), one.database("other")) == (
        True, False, True, False)
    assert (one.table("crm", "invoices"), one.table("crm", "people"), one.table("x1", "t")) == (True, False, True)
    assert one.owns(CatalogKey(Kind.FUNCTION, "billing", "", "fn"))
    assert not one.owns(CatalogKey(Kind.FUNCTION, "crm", "", "fn"))
    assert one.keeps(CatalogKey(Kind.DATABASE, "crm"))
    assert not one.keeps(CatalogKey(Kind.DATABASE, "other"))
    for bad in ("", ".", "a.b.c", "a b", "a/b", "a.", "a[b]"):
        with pytest.raises(BadInput) as refused:
            selection_of([bad])
        assert (refused.value.subject, refused.value.problem, refused.value.remedy) == (
            bad, "is not a database, a table or a pattern of tables", "Write billing, billing.invoices or billing.inv*")


# -- addresses


def test_every_text_that_names_the_source_is_rewritten_whatever_its_length() -> None:
    rewrite = Rewrite((EAST, "hdfs://east"), "hdfs://west")
    for length in range(130):
        row = table("bill", "t", location=f"{EAST}/" + "x" * length)
        assert references([rewrite.row(row)], [EAST]) == []
        assert EAST.encode() not in rewrite.row(row).raw


def test_addresses_in_parameters_serdes_jars_skews_and_lists_are_rewritten() -> None:
    row = table("bill", "t", location="hdfs://east/t", **{"avro.schema.url": "HDFS://East/s.avsc",
                                                         "jars": "hdfs://east/a.jar,hdfs://east:8020/b.jar"})
    descriptor = with_field(get_record(row.tree, 7), 7, record({2: text("x"), 3: text_map({"path": "hdfs://east"})}))
    skewed = record({3: (MAP, Pairs(LIST, STRING, [(Items(STRING, [b"a"]), b"hdfs://east/t/a")]))})
    tree = with_field(row.tree, 7, record({**descriptor, 11: skewed, 900: (14, Items(STRUCT, [{5: text("hdfs://east")}]))}))
    rows = [row_of(row.key, tree), function("bill", "fn", "hdfs://east/x.jar")]
    found = {reference.field for reference in references(rows, aliases("hdfs://east"))}
    assert found == {"sd.location", "sd.serdeInfo.parameters[path]", "sd.skewedInfo.skewedColValueLocationMaps[...]",
                     "sd.900[0].5", "parameters[avro.schema.url]", "parameters[jars]", "resourceUris[0].uri"}
    done = rewrite_rows(rows, Rewrite(aliases("hdfs://east"), "hdfs://west"))
    assert references(done, aliases("hdfs://east")) == []
    assert get_map(done[0].tree, 9)["jars"] == "hdfs://west/a.jar,hdfs://west/b.jar"
    assert done[0].hash != rows[0].hash
    assert done[0].identity == rows[0].identity


def test_an_address_is_found_in_other_letters_in_a_key_and_beside_bytes_that_are_no_text() -> None:
    row = table("bill", "t", location="HDFS://East/t ü")
    assert references([row], ["hdfs://east"]) == [Reference(row.key, "sd.location", "HDFS://East/t ü")]
    assert get_text(get_record(Rewrite(("hdfs://east",), "hdfs://west").row(row).tree, 7), 2) == "hdfs://west/t ü"
    odd = (MAP, Pairs(STRING, STRING, [(b"hdfs://east/k\xff", b"v"), (b"k\xff", b"hdfs://east/\xff")]))
    row = row_of(row.key, {9: odd})
    assert list(map(str, references([row], ["hdfs://east"]))) == [
        "table bill.t, field parameters[hdfs://east/k\ufffd]: hdfs://east/k\ufffd",
        "table bill.t, field parameters[k\ufffd]: hdfs://east/\ufffd",
    ]
    (_, pairs), = Rewrite(("hdfs://east",), "hdfs://west").row(row).tree.values()
    assert pairs.pairs == [(b"hdfs://west/k\xff", b"v"), (b"k\xff", b"hdfs://west/\xff")]


@pytest.mark.parametrize("kept", ["hdfs://east2/x", "hdfs://east:9000/x", "webhdfs://east/x", "hdfs://east.example/x",
                                  "hdfs://my-east/x", "xhdfs://east/x", "hdfs://eas", "x.hdfs://east/"])
def test_other_addresses_are_left_alone(kept: str) -> None:
    row = table("bill", "t", location=kept)
    assert Rewrite(("hdfs://east",), "hdfs://west").row(row) == row
    assert references([row], ["hdfs://east"]) == []


def test_references_to_the_other_site_are_an_error_that_lists_them() -> None:
    rows = [table("bill", f"t{n}", location="hdfs://east/x") for n in range(12)]
    listed = r"12 texts still name site east.*table bill\.t0, field sd\.location.*and 2 more"
    with pytest.raises(Mismatch, match=listed):
        refuse_references(rows, ["hdfs://east"], "east")
    with pytest.raises(Mismatch) as refused:
        refuse_references(rows[:2], ["hdfs://east"], "east")
    both = "; ".join(f"table bill.t{n}, field sd.location: hdfs://east/x" for n in range(2))
    assert (refused.value.subject, refused.value.problem) == ("catalog", f"2 texts still name site east: {both}")
    assert refused.value.remedy.startswith("Add the address to the pair's file")
    with pytest.raises(Mismatch, match=r"field sd\.location: hdfs://east/x\. Add"):
        refuse_references(rows[:10], ["hdfs://east"], "east")
    refuse_references(rows, ["hdfs://west"], "west")
    refuse_references(rows, [], "nobody")
    assert Rewrite((), "hdfs://west").row(rows[0]) is rows[0]
    assert Rewrite(("hdfs://east",), "hdfs://west").text("see hdfs://east/a b") == "see hdfs://west/a b"


def test_an_address_is_also_known_with_and_without_the_usual_port() -> None:
    assert aliases("hdfs://east") == ("hdfs://east", "hdfs://east:8020")
    assert aliases("hdfs://nn:8020") == ("hdfs://nn:8020", "hdfs://nn")
    assert aliases("hdfs://nn:9000") == ("hdfs://nn:9000",)


# -- places


def test_locations_are_paths_of_tables_partitions_and_skewed_values() -> None:
    skewed = table("bill", "s", location="hdfs://east/data/s")
    skew = record({3: (MAP, Pairs(LIST, STRING, [(Items(STRING, [b"a"]), b"hdfs://east/data/s/a b")]))})
    skewed = row_of(skewed.key, with_field(skewed.tree, 7, record({**get_record(skewed.tree, 7), 11: skew})))
    rows = [database("bill", "hdfs://east/x"), skewed, view("bill", "v", "select 1"),
            partition("bill", "s", ("p",), ("e%20",), location="hdfs://east/data/s2/p=e%2520/"),
            table("bill", "f", location="file:/tmp/x"), table("bill", "n", location="/data/s/n"),
            table("bill", "g", location="hdfs://east"), partition("bill", "s", ("p",), ("none",))]
    assert [place.path for place in locations(rows)] == [
        "/data/s", "/data/s/a b", "/data/s2/p=e%2520", "/tmp/x", "/data/s/n", "/"]
    assert table_roots(rows) == ["/", "/data/s", "/data/s/a b", "/data/s/n", "/tmp/x"]


@pytest.mark.parametrize(("location", "address", "path"), [
    ("hdfs://east/a b/tX/", "hdfs://east", "/a b/tX"), ("hdfs://east/a://b", "hdfs://east", "/a://b"),
    ("file:/x/ü ", "file://", "/x/ü "), ("file:/X/aX/", "file://", "/X/aX"), ("file:/a:/b", "file://", "/a:/b"),
    ("/a:/bX/", "", "/a:/bX"), ("/", "", "/"), ("hdfs://east", "hdfs://east", "/"),
])  # fmt: skip
def test_a_location_is_an_address_and_a_path_byte_by_byte(location: str, address: str, path: str) -> None:
    row = table("bill", "t", location=location)
    assert locations([row]) == [CatalogPlace(row.key, address, path)]


def test_a_skewed_value_may_lie_where_no_utf_8_leads() -> None:
    row = table("bill", "s", location="hdfs://east/s")
    skew = record({3: (MAP, Pairs(LIST, STRING, [(Items(STRING, [b"a"]), b"hdfs://east/s/\xff")]))})
    row = row_of(row.key, with_field(row.tree, 7, record({**get_record(row.tree, 7), 11: skew})))
    assert locations([row])[1].path == "/s/\udcff"


def test_a_layout_tells_where_whole_databases_and_tables_lie_and_what_lies_beside_them() -> None:
    managed = with_field(database("bill", "hdfs://EAST/wh/bill ü").tree, f.DB_MANAGED_LOCATION, text("/man/bill/"))
    whole = row_of(CatalogKey(Kind.DATABASE, "bill"), managed)
    others = [database("crm", "s3a://bucket/crm"), database("hr", "hdfs://east:8020/wh/hr"), database("none")]
    rows = [whole, table("bill", "t", location="hdfs://east/wh/bill ü/t", keys=("p",)), view("bill", "v", "select 1"),
            partition("bill", "t", ("p",), ("1",), location="hdfs://east/else/p=1"),
            database("hr", "/wh/hr"), table("hr", "u", location="/lake/u")]
    found = catalog_layout(rows, [whole, *others], selection_of(["bill", "hr.u"]), aliases("hdfs://east"))
    assert found.databases == {"bill": ("/wh/bill ü", "/man/bill")}
    assert found.managed == {"/man/bill"}
    one_place = row_of(whole.key, with_field(managed, f.DB_LOCATION, text("/man/bill")))
    same = catalog_layout([one_place], [], BILL, ["hdfs://east"])
    assert (same.databases, same.managed) == ({"bill": ("/man/bill",)}, set())
    assert found.beside == {"crm": (), "hr": ("/wh/hr",), "none": ()}
    assert found.tables == [TablePlace("bill", "bill.t", "/wh/bill ü/t", ("/else/p=1",)),
                            TablePlace("hr", "hr.u", "/lake/u")]


# -- coverage


@pytest.mark.parametrize(("parameters", "why"), [
    ({"transactional": "TRUE"}, Uncovered.ACID), ({"table_type": "ICEBERG"}, Uncovered.ICEBERG),
    ({"metadata_location": "x"}, Uncovered.ICEBERG), ({"spark.sql.sources.provider": "iceberg"}, Uncovered.ICEBERG),
    ({"spark.sql.sources.provider": "Delta"}, Uncovered.DELTA),
    ({"spark.sql.sources.provider": "hudi"}, Uncovered.HUDI),
    ({"storage_handler": "org.apache.hive.storage.jdbc.JdbcStorageHandler"}, Uncovered.HANDLER)])
def test_what_cannot_be_protected_is_named_and_refused_or_skipped(parameters: dict[str, str], why: Uncovered) -> None:
    rows = [database("bill"), table("bill", "x", location="hdfs://east/x", keys=("p",), **parameters),
            partition("bill", "x", ("p",), ("a b",)), table("bill", "ok", location="hdfs://east/ok"),
            view("bill", "v", "select 1")]
    (finding,) = judge_kinds(rows, (), one_address=False)
    assert [row.key.table for row in without(rows, [finding])] == ["", "ok", "v"]
    assert (finding.key.table, finding.why, finding.skipped) == ("x", why, False)
    assert str(finding).startswith(f"table bill.x ({why.value}): its ")
    assert judge_kinds(rows, [why], one_address=False)[0].skipped


def test_other_reasons_not_to_be_protected() -> None:
    remote = row_of(CatalogKey(Kind.DATABASE, "far"), {1: text("far"), 11: i32(2)})
    materialized = table("bill", "mv", kind=f.MATERIALIZED)
    hudi = table("bill", "h", location="hdfs://east/h")
    descriptor = {**get_record(hudi.tree, 7), 3: text("org.apache.hudi.hadoop.HoodieParquetInputFormat")}
    hudi = row_of(hudi.key, with_field(hudi.tree, 7, record(descriptor)))
    key = primary_key("bill", "outside", "pk", "a")
    rows = [remote, table("far", "t"), materialized, hudi, table("bill", "s3", location="s3a://b/x"),
            table("bill", "child"), foreign_key("bill", "child", "fk", key)]
    found = judge_kinds(rows, (), one_address=False)
    kept = without(rows, found)
    assert {one.why for one in found} == {Uncovered.REMOTE, Uncovered.MATERIALIZED, Uncovered.HUDI, Uncovered.FOREIGN}
    [orphan] = fallen_keys(kept)
    assert (orphan.why, orphan.skipped) == (Uncovered.PARENT, True)
    assert [row.key.kind for row in without(kept, [orphan])] == [Kind.TABLE]
    assert [row.key.table for row in kept] == ["child", "child"]
    assert judge_kinds([hudi], (), one_address=True) == []
    assert fallen_keys(everything()) == []
    assert fallen_keys([table("bill", "outside"), rows[5], rows[6]]) == []
    delta = table("bill", "d", location="hdfs://east/x:/y")
    assert judge_kinds([delta], (), one_address=False) == []
    serde = {**get_record(delta.tree, 7), 7: record({2: text("io.delta.hive.DeltaSerDe")})}
    [found_delta] = judge_kinds([row_of(delta.key, with_field(delta.tree, 7, record(serde)))], (), one_address=False)
    assert found_delta.why is Uncovered.DELTA


# -- comparison


def test_a_comparison_names_what_differs_what_is_missing_and_what_is_too_much() -> None:
    wanted = catalog_of([database("bill"), table("bill", "t", n="1"), table("bill", "gone")])
    found = catalog_of([database("bill"), with_parameters(table("bill", "t", n="2"), m="1"), table("bill", "extra")])
    verdict = compare(wanted, found, BILL.owns)
    assert verdict.match == 1
    assert compare(wanted, wanted, BILL.owns).match == 3
    assert [(str(one.key), one.how, one.fields) for one in verdict.mismatch] == [
        ("table bill.extra", HowDifferent.TOO_MANY, ()), ("table bill.gone", HowDifferent.MISSING, ()),
        ("table bill.t", HowDifferent.DIFFERS, (FieldDifference("parameters[m]", None, b"1"),
                                       FieldDifference("parameters[n]", b"1", b"2"))),
    ]  # fmt: skip
    assert list(map(str, verdict.mismatch)) == [
        "table bill.extra: is not part of the recovery point", "table bill.gone: is missing",
        "table bill.t: differs in parameters[m] ('1' instead of none), parameters[n] ('2' instead of '1')",
    ]  # fmt: skip
    assert verdict.cannot_tell == ()
    gone = ObjectDifference(table("bill", "gone").key, HowDifferent.MISSING)
    assert compare(wanted, found, selection_of(["nothing"]).owns).mismatch == (gone,)


def test_only_fields_nobody_knows_cannot_be_told() -> None:
    row = table("bill", "t")
    column = {**get_record(row.tree, 7), 1: records([{1: text("a"), 2: text("int"), 55: text("novel")}])}
    plain = {**get_record(row.tree, 7), 1: records([{1: text("a"), 2: text("int")}])}
    novel = row_of(row.key, {**row.tree, 7: record(column), 99: text("x"), 8: (LIST, Items(STRING, [b"k"]))})
    base = row_of(row.key, {**row.tree, 7: record(plain), 8: (LIST, Items(STRING, [b"k"]))})
    verdict = compare(catalog_of([novel]), catalog_of([base]), BILL.owns)
    assert verdict.mismatch == ()
    assert list(map(str, verdict.cannot_tell)) == [
        "table bill.t: the metastore did not keep fields this version does not know: 99 (none instead of 'x'), sd.cols"]
    other = row_of(row.key, {**base.tree, 98: text("y")})
    second = table("bill", "second")
    wanted = catalog_of([novel, row_of(second.key, {**second.tree, 99: text("x")})])
    verdict = compare(wanted, catalog_of([other, second]), BILL.owns)
    assert [str(one.key) for one in verdict.cannot_tell] == ["table bill.second", "table bill.t"]
    odd = row_of(row.key, {**row.tree, 9: (MAP, Pairs(STRING, LIST, [(b"k", Items(STRING, []))])), 2: (8, 7)})
    [one] = compare(catalog_of([odd]), catalog_of([base]), BILL.owns).mismatch
    assert "parameters[k]" in [field.field for field in one.fields]
    assert get_text(base.tree, 1) == "t"
    assert len(VALUES) > 5


def test_a_structure_nobody_listed_is_compared_as_a_whole() -> None:
    row = table("bill", "t")
    one, other = (row_of(row.key, {**row.tree, 16: record({1: text(word)})}) for word in "xy")
    [found] = compare(catalog_of([one]), catalog_of([other]), BILL.owns).mismatch
    assert found.fields == (FieldDifference("creationMetadata.1", b"x", b"y"),)


def test_keys_of_maps_that_are_no_text_are_named_all_the_same() -> None:
    row = table("bill", "t")
    one, other = (
        row_of(row.key, {**row.tree, 9: (MAP, Pairs(STRING, STRING, [(b"\xff", value)])),
                         27: (8, 1), 777: (MAP, Pairs(8, STRING, [(7, value)]))}) for value in (b"x", b"y"))
    [found] = compare(catalog_of([one]), catalog_of([other]), BILL.owns).mismatch
    assert [field.field for field in found.fields] == ["777[7]", "parameters[\ufffd]"]


def test_what_differs_is_a_finding_and_ten_fields_are_all_told() -> None:
    fields = [FieldDifference(f"f{n}", b"1", b"2") for n in range(10)]
    one = ObjectDifference(table("bill", "t").key, HowDifferent.DIFFERS, fields)
    text_of = ", ".join(f"f{n} ('2' instead of '1')" for n in range(10))
    assert one.finding() == Finding("", "table bill.t", f"differs in {text_of}")
    assert FieldDifference("owner", b"a", b"\xff").text() == "owner ('\ufffd' instead of 'a')"
    assert FieldDifference("parameters[k]", b"a", b"\xff").text() == "parameters[k]"


def test_only_short_values_are_written_out() -> None:
    assert FieldDifference("comment", b"x" * 58, b"y").text() == f"comment ('y' instead of '{'x' * 58}')"
    long, many = FieldDifference("comment", b"x" * 59, b"y"), FieldDifference("sd.cols", Items(STRING, []), None)
    assert (long.text(), many.text()) == ("comment", "sd.cols")
    assert FieldDifference("retention", 7, None).text() == "retention (none instead of 7)"


@pytest.mark.parametrize(("field", "value"), [
    ("parameters[hive.sql.dbcp.password]", b"s3cret"), ("parameters[es.net.http.auth.pass]", b"s3cret"),
    ("sd.serdeInfo.parameters[fs.s3a.secret.key]", b"s3cret"), ("parameters[fs.s3a.access.key]", b"s3cret"),
    ("parameters[kafka.consumer.sasl.jaas.config]", b"s3cret"), ("parameters[auth-Token]", b"s3cret"),
    ("parameters[fs.azure.account.key.x]", b"s3cret"), ("sd.location", b"s3a://user:s3cret@bucket/a b"),
    ("parameters[hive.sql.jdbc.url]", b"jdbc:x://h/d?user=u&password=s3cret"),
    ("parameters[url]", b"jdbc:oracle:thin:scott/s3cret@//h:1521/y"), ("parameters[pw]", b"s3cret"),
    ("parameters[sas]", b"https://a/b?sig=s3cret"), ("sd.serdeInfo.parameters[header]", b"Basic: s3cret="),
])
@pytest.mark.parametrize("found", [True, False])
def test_what_may_be_a_secret_is_named_and_its_value_is_not_told(field: str, value: bytes, found: bool) -> None:
    values = (b"other", value) if found else (value, None)
    assert FieldDifference(field, *values).text() == field


@pytest.mark.parametrize("field", ["parameters[passenger]", "parameters[owner ü]", "parameters[primary key]", "x"])
def test_a_name_that_is_none_is_told_with_its_values(field: str) -> None:
    assert FieldDifference(field, b"1", b"2").text() == f"{field} ('2' instead of '1')"


def test_a_plain_managed_table_is_hives_own_and_knows_no_transactions() -> None:
    place = "hdfs://east/warehouse/bill.db/t ü"
    assert is_plain_managed(table("bill", "t ü", location=place, kind=f.MANAGED))
    assert is_plain_managed(table("bill", "t ü", location=place, kind=f.MANAGED, transactional="FALSE"))
    assert not is_plain_managed(table("bill", "t ü", location=place, kind=f.MANAGED, transactional="True"))
    assert not is_plain_managed(table("bill", "t ü", kind=f.MANAGED)), "a view of it, or one in no directory"
    assert not is_plain_managed(table("bill", "t ü", location=place))
