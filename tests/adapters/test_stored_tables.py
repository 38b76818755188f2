"""Tables among the documents: a fixture of each form reads as it was written, and another form is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.adapters.parquet import ParquetTables
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.formats.table_form import TableForm
from hadoop_dr.domain.ledger import NEWER
from hadoop_dr.domain.tree.item_rows import items_from_rows
from support.format_samples import FIXTURES, ITEMS, TABLES


def document(name: str) -> bytes:
    return (FIXTURES / f"documents/{name}").read_bytes()


def test_every_kind_of_table_has_a_fixture() -> None:
    kinds = {name: form for name, form in vars(forms).items() if isinstance(form, TableForm)}
    assert {form for form, _ in TABLES.values()} == set(kinds.values())
    assert len({form.what for form in kinds.values()}) == len(kinds)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_reads_as_it_was_and_another_form_is_refused(name: str) -> None:
    form, rows = TABLES[name]
    stored, tables = document(f"{name}.parquet"), ParquetTables()
    assert tables.unpack(stored) == [tuple(tuple(c) if isinstance(c, list) else c for c in row) for row in rows]
    assert tables.unpack(stored, tuple(column for column, _ in form.columns)) == tables.unpack(stored)
    form.check(tables.stamp(stored), "here")
    for other in (replace(form, version=2), replace(form, what="another")):
        with pytest.raises(Refused, match=f"a table of form '{form.what} 1'") as refused:
            other.check(tables.stamp(stored), "here")
        assert (refused.value.subject, refused.value.remedy) == ("here", NEWER)
    with pytest.raises(Refused, match="a table of form ''"):
        form.check(tables.stamp(tables.pack(form.columns, [])), "here")


def test_items_read_back_with_their_place_in_the_order_of_operations() -> None:
    rows = ParquetTables().unpack(document("items.parquet"))
    assert items_from_rows(row[2:] for row in rows) == list(ITEMS)
    assert [row[:3] for row in rows] == [(0, 0, 7), (0, 1, 8), (0, 2, 9)]
