"""One codec for all that is stored: what was written is read back, and what is not understood is refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.codec import UnknownField, WrongShape, codec_of


class Colour(Enum):
    RED = "red"
    BLUE = "blue ü"


@dataclass(frozen=True, slots=True)
class Leaf:
    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    leaf: Leaf
    share: float
    wanted: bool
    colour: Colour
    leaves: tuple[Leaf, ...]
    pair: tuple[str, int]
    by_name: Mapping[str, Leaf]
    perhaps: Leaf | None
    later: str | None = None
    own: Mapping[str, Any] = field(default_factory=dict)


TEXTS = st.text(max_size=8)
LEAVES = st.builds(Leaf, st.integers(), TEXTS)
TREES = st.builds(
    Tree,
    LEAVES,
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.sampled_from(Colour),
    st.lists(LEAVES, max_size=3).map(tuple),
    st.tuples(TEXTS, st.integers()),
    st.dictionaries(TEXTS, LEAVES, max_size=3),
    st.none() | LEAVES,
    st.none() | TEXTS,
    st.dictionaries(TEXTS, st.integers(), max_size=2),
)
SAMPLE = Tree(Leaf(1, "a b+%"), 2.0, True, Colour.BLUE, (Leaf(2),), ("ü", 3), {"#": Leaf(4)}, None)


@given(TREES)
def test_a_value_reads_back_as_it_was_written(tree: Tree) -> None:
    codec = codec_of(Tree)
    assert codec.load(json.loads(json.dumps(codec.dump(tree)))) == tree


def test_a_field_that_has_its_default_is_not_written_and_reads_back_as_that() -> None:
    assert codec_of(Leaf).dump(Leaf(1)) == {"number": 1}
    assert codec_of(Leaf).load({"number": 1}) == Leaf(1)
    assert "later" not in codec_of(Tree).dump(SAMPLE)
    assert "own" not in codec_of(Tree).dump(SAMPLE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"leaf": {"number": "1"}}, "leaf.number is '1' and no whole number"),
        ({"leaf": {"number": True}}, "leaf.number is True and no whole number"),
        ({"leaf": []}, r"leaf is \[\] and no mapping"),
        ({"leaf": {}}, "leaf lacks number"),
        ({"share": "x" * 60}, r"share is 'x{39}\.\.\. and no number"),
        ({"share": "x" * 39}, r"share is 'x{39}\.\.\. and no number"),
        ({"share": "x" * 38}, "share is 'x{38}' and no number"),
        ({"share": True}, "share is True and no number"),
        ({"wanted": 1}, "wanted is 1 and no yes or no"),
        ({"colour": "green"}, "colour is 'green' and none of red, blue ü"),
        ({"colour": []}, r"colour is \[\] and none of"),
        ({"leaves": {}}, "leaves is {} and no list"),
        ({"leaves": [{"number": 1}, {"number": None}]}, "leaves.1.number is None"),
        ({"pair": ["a"]}, r"pair is \['a'\] and has not 2 parts"),
        ({"pair": [1, 1]}, "pair.0 is 1 and no text"),
        ({"by_name": {"k ü": {}}}, "by_name.k ü lacks number"),
        ({"perhaps": 3}, "perhaps is 3 and no mapping"),
    ],
)
def test_what_has_another_form_is_named_with_its_place(change: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongShape, match=said):
        codec_of(Tree).load({**codec_of(Tree).dump(SAMPLE), **change})


def test_what_is_wrong_as_a_whole_has_no_place() -> None:
    with pytest.raises(WrongShape, match=r"^is \[\] and no mapping$"):
        codec_of(Tree).load([])


def test_a_tuple_of_another_length_is_not_written() -> None:
    assert codec_of(tuple[int]).dump((7,)) == [7]
    with pytest.raises(ValueError, match="zip"):
        codec_of(Tree).dump(replace(SAMPLE, pair=("ü",)))  # type: ignore[arg-type]


def test_a_field_that_a_newer_version_added_is_refused_and_not_ignored() -> None:
    stored = codec_of(Tree).dump(SAMPLE)
    with pytest.raises(UnknownField, match="leaf has fields that are not known to this version: exclusions, ü"):
        codec_of(Tree).load({**stored, "leaf": {"number": 1, "ü": 0, "exclusions": []}})


@dataclass(frozen=True, slots=True)
class Two:
    either: int | str


@dataclass(frozen=True, slots=True)
class Numbered:
    by_number: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Loose:
    anything: set[str]


@pytest.mark.parametrize("kind", [Two, Numbered, Loose])
def test_a_type_that_has_no_one_form_is_refused_before_anything_is_stored(kind: type[Any]) -> None:
    with pytest.raises(TypeError, match="stored"):
        codec_of(kind)
