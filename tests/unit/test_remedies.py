"""Every error that is raised on purpose says what a person can do about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoop_dr.domain import errors

HOME = Path(__file__).resolve().parents[2]
NAMES = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.DrError)}
TWINS = HOME / "include/hadoop_dr/adapters/memory"
"""The twins speak the words of HDFS and of the metastore; they are in no wheel."""


def sources() -> list[Path]:
    every = [*(HOME / "include/hadoop_dr").rglob("*.py"), *(HOME / "plugins").rglob("*.py")]
    return [path for path in every if not path.is_relative_to(TWINS)]


def makes_an_error(call: ast.Call) -> bool:
    """Whether it is one of a known class, or of one that an expression chooses among them."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr in NAMES
    return any(isinstance(part, ast.Name) and part.id in NAMES for part in ast.walk(call.func))


def gives_a_remedy(call: ast.Call) -> bool:
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return True  # what is handed on is made elsewhere
    given = {one.arg: one.value for one in call.keywords} | dict(zip(("s", "p", "remedy"), call.args, strict=False))
    remedy = given.get("remedy")
    return remedy is not None and not (isinstance(remedy, ast.Constant) and not remedy.value)


def without_remedy(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and makes_an_error(node) and not gives_a_remedy(node):
            yield node.lineno


def test_every_error_of_ours_has_a_remedy() -> None:
    found = {path: list(without_remedy(ast.parse(path.read_text("utf-8")))) for path in sources()}
    assert {str(path.relative_to(HOME)): lines for path, lines in found.items() if lines} == {}
    assert len(found) > 200


@pytest.mark.parametrize(("text", "misses"), [
    ("Failed('a', 'b')", 1), ("raise errors.Failed('a', 'b')", 1), ("Failed('a', 'b', '')", 1),
    ("(Unknown if x else Failed)('a', 'b')", 1), ("KNOWN.get(x, Failed)('a', 'b')", 1), ("Failed('a', 'b', 'c')", 0),
    ("Failed('a', 'b', remedy='c')", 0), ("Failed('a', *two)", 0), ("other('a', 'b')", 0),
])  # fmt: skip
def test_what_would_be_found_is_found(text: str, misses: int) -> None:
    assert len(list(without_remedy(ast.parse(text)))) == misses
