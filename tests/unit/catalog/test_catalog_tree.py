"""Thrift structures survive byte for byte, whatever fields they hold, and garbled ones are refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.catalog.thrift_json import json_of_tree, pack_message, tree_of_json, unpack_message
from hadoop_dr.domain.catalog.thrift_struct import (
    BOOL,
    BYTE,
    DOUBLE,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    STRING,
    STRUCT,
    Garbled,
    Items,
    Pairs,
    Tree,
    decode,
    encode,
    flag,
    get_list,
    get_map,
    get_number,
    get_record,
    get_text,
    get_texts,
    i32,
    record,
    text,
    text_map,
    texts,
    with_field,
    without,
)
from support.catalogs import double

WORDS = st.sampled_from(["a b", "e%20", "f+", "g=1", "h#", "ü", "", "hdfs://east/x", "\U0001f40d"])
PLAIN: dict[int, st.SearchStrategy[Any]] = {
    BOOL: st.booleans(), BYTE: st.integers(-128, 127), I16: st.integers(-2**15, 2**15 - 1),
    I32: st.integers(-2**31, 2**31 - 1), I64: st.integers(-2**63, 2**63 - 1), STRING: WORDS.map(str.encode),
    DOUBLE: st.floats(allow_nan=False, allow_infinity=False).map(lambda value: double(value)[1])}


def of_type(kind: int, depth: int) -> st.SearchStrategy[Any]:
    if kind in PLAIN:
        return PLAIN[kind]
    if kind == STRUCT:
        return structures(depth - 1)
    inner = sorted(PLAIN) + ([STRUCT, LIST] if depth else [])
    if kind == MAP:
        return st.tuples(st.sampled_from([STRING, I32]), st.sampled_from(inner)).flatmap(lambda types: st.lists(
            st.tuples(of_type(types[0], 0), of_type(types[1], depth - 1)), max_size=3,
            unique_by=lambda pair: repr(pair[0])).map(lambda pairs: Pairs(*types, pairs)))
    return st.sampled_from(inner).flatmap(
        lambda element: st.lists(of_type(element, depth - 1), max_size=3).map(lambda values: Items(element, values)))


def structures(depth: int = 2) -> st.SearchStrategy[Tree]:
    kinds = st.sampled_from([*PLAIN, *([STRUCT, MAP, LIST, SET] if depth > 0 else [])])
    return st.dictionaries(st.integers(-5, 2**15 - 1), kinds.flatmap(
        lambda kind: of_type(kind, depth).map(lambda value: (kind, value))), max_size=4)


@given(structures())
def test_what_is_encoded_comes_back_with_every_field_in_order(tree: Tree) -> None:
    raw = encode(tree)
    again = decode(raw)
    assert list(again.items()) == list(tree.items())
    assert encode(again) == raw


@given(structures())
def test_the_json_form_of_messages_comes_back_too(tree: Tree) -> None:
    assert tree_of_json(json_of_tree(tree)) == tree


def test_doubles_that_json_has_no_number_for_come_back() -> None:
    for value in (float("inf"), float("-inf")):
        tree: Tree = {1: double(value)}
        assert tree_of_json(json_of_tree(tree)) == tree
    assert "nan" in json_of_tree({1: double(float("nan"))})
    assert json_of_tree({1: double(1.5), 2: text("ü")}) == '{"1": {"dbl": 1.5}, "2": {"str": "ü"}}'


def test_keys_of_maps_that_are_truths_come_back() -> None:
    tree: Tree = {1: (MAP, Pairs(BOOL, STRING, [(False, b"x"), (True, b"y")]))}
    assert tree_of_json(json_of_tree(tree)) == tree


def test_a_text_that_no_utf_8_can_carry_comes_back() -> None:
    tree = tree_of_json(r'{"1":{"str":"\ud800"}}')
    assert tree == {1: (STRING, b"\xed\xa0\x80")}
    assert tree_of_json(json_of_tree(tree)) == tree


@given(structures(), st.data())
def test_a_structure_cut_anywhere_is_refused(tree: Tree, data: st.DataObject) -> None:
    raw = encode(tree)
    with pytest.raises(Garbled):
        decode(raw[:data.draw(st.integers(0, len(raw) - 1))])


STRUCTURE_IN, LIST_IN = b"\x0c\x00\x01", b"\x0f\x00\x00\x00\x01"


@pytest.mark.parametrize(("raw", "why"), [
    (b"\x00\x00", "1 bytes behind the structure"),
    (b"\x63\x00\x01\x00", "unknown type 99"),
    (b"\x02\x00\x01\x02\x00", "2 is no truth value"),
    (b"\x0b\x00\x01\xff\xff\xff\xff\x00", "impossible length -1"),
    (b"\x0b\x00\x01\x40\x00\x00\x01", "impossible length 1073741825"),
    (b"\x0b\x00\x01\x40\x00\x00\x00", "cut short"),
    (b"\x0b\x00\x01\x00\x00\x00\x09a b", "cut short"),
    (b"\x08\x00\x01\x00\x00\x00\x01\x08\x00\x01\x00\x00\x00\x01\x00", "field 1 occurs twice"),
    (STRUCTURE_IN * 65 + b"\0" * 66, "structures are nested too deeply"),
    (b"\x0f\x00\x01" + LIST_IN * 65 + b"\x0b\0\0\0\0\0", "containers are nested too deeply"),
    (b"\x0f\x00\x01" + b"\x0c\x00\x00\x00\x01\x0f\x00\x01" * 40, "nested too deeply"),
])  # fmt: skip
def test_garbled_bytes_are_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Garbled, match=why):
        decode(raw)


@pytest.mark.parametrize("raw", [
    STRUCTURE_IN * 64 + b"\0" * 65, b"\x0f\x00\x01" + LIST_IN * 63 + b"\x0b\0\0\0\0\0",
])  # fmt: skip
def test_structures_and_lists_may_be_nested_as_deep_as_is_still_safe(raw: bytes) -> None:
    assert encode(decode(raw)) == raw


def test_an_unknown_type_is_not_written() -> None:
    with pytest.raises(Garbled, match="unknown type 99"):
        encode({1: (99, b"")})


@pytest.mark.parametrize("given", ["", "[]", '{"1":{"zzz":1}}', '{"x":{"str":"y"}}', '{"1":{"str":1}}',
                                   '{"1":{"map":["lst","str",1,{["str",1,"a"]:"x"}]}}'])
def test_garbled_json_is_refused(given: str) -> None:
    with pytest.raises(Garbled, match="no structure: "):
        tree_of_json(given)


def test_messages_open_in_both_formats_and_garbled_ones_are_refused() -> None:
    assert unpack_message(pack_message({"a b": "ü"}), "gzip(json-2.0)") == {"a b": "ü"}
    assert unpack_message(b'{"a": 1}', "json-0.2") == {"a": 1}
    no_object = "a message that is no JSON object"
    for message, form, why in ((b"no base 64!", "gzip(json-2.0)", "unreadable message of format 'gzip"),
                               (b"[1]", "json-0.2", no_object), (b"{", "json-0.2", "unreadable message")):  # fmt: skip
        with pytest.raises(Garbled, match=why):
            unpack_message(message, form)
    assert base64.b64decode(pack_message({}))[4:8] == b"\0" * 4, "the same message at any time"


def test_fields_are_asked_for_by_name_and_absent_ones_have_defaults() -> None:
    tree: Tree = {1: text("ü"), 2: i32(-7), 3: record({1: flag(True)}), 4: texts(["a b"]), 5: text_map({"k": "v"})}
    assert (get_text(tree, 1), get_number(tree, 2), get_record(tree, 3)) == ("ü", -7, {1: flag(True)})
    assert (get_texts(tree, 4), get_map(tree, 5)) == (["a b"], {"k": "v"})
    assert (get_text(tree, 9), get_number(tree, 9), get_record(tree, 9)) == ("", 0, {})
    assert (get_list(tree, 9), get_map(tree, 9)) == ([], {})
    assert without(tree, 1, 2, 3, 4) == {5: text_map({"k": "v"})}
    assert with_field({1: i32(1), 2: i32(2)}, 1, i32(3)) == {1: i32(3), 2: i32(2)}


def test_texts_that_are_no_utf_8_keep_their_bytes() -> None:
    tree: Tree = {1: (STRING, b"\xff\x00")}
    assert encode({1: text(get_text(tree, 1))}) == encode(tree)
    odd: Tree = {1: (LIST, Items(STRING, [b"\xff"])), 2: (MAP, Pairs(STRING, STRING, [(b"\xfe", b"\xff")]))}
    assert {1: texts(get_texts(odd, 1)), 2: text_map(get_map(odd, 2))} == odd
