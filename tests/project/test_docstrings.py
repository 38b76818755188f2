"""What a docstring explains is there: arguments, attributes, and what stands between double backticks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [path for top in ("include/hadoop_dr", "plugins") for path in sorted((ROOT / top).rglob("*.py"))]
SECTION = re.compile(r"(?:Args|Attributes):\n((?: {4}.*\n?|\n)+)")
EXPLAINED = re.compile(r"^ {4}(?! )\*{0,2}(\w+(?:, \w+)*):", re.MULTILINE)
QUOTED = re.compile(r"``([a-z]+(?:_[a-z]+)+)``")
OUTSIDE = {"hdfs_native"}
"""Names of other projects' modules that docstrings speak of."""


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names of everything that may be handed to a function."""
    given = function.args
    single = [one for one in (given.vararg, given.kwarg) if one is not None]
    return {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, *single)}


def known(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """What the docstring of a class or function may explain."""
    if not isinstance(node, ast.ClassDef):
        return arguments(node)
    found = {one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)}
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef):
            found |= {one.name, *(arguments(one) if one.name == "__init__" else ())}
        elif isinstance(one, ast.Attribute) and ast.unparse(one.value) == "self":
            found.add(one.attr)
    return found


def explained_in_vain(code: str) -> Iterator[str]:
    """Arguments and attributes that a docstring explains and nobody can give or ask for; heirs are not looked at."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            section = SECTION.search(ast.get_docstring(node) or "")
            if section and not (isinstance(node, ast.ClassDef) and node.bases):
                said = {name for line in EXPLAINED.findall(section[1]) for name in line.split(", ")}
                yield from sorted(f"{node.name}: {name}" for name in said - known(node))


@cache
def names() -> set[str]:
    """Every name that the code gives to anything, and the names of its modules and words."""
    found = {path.stem for path in CODE}
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.arg(arg=name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                    found.add(name)
    return found


def test_every_argument_that_a_docstring_explains_is_there() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {one}" for path in CODE for one in explained_in_vain(path.read_text("utf-8"))
    ]
    assert found == []


def test_every_name_between_double_backticks_is_there() -> None:
    quoted = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in CODE for name in QUOTED.findall(path.read_text("utf-8")) if name not in names() | OUTSIDE
    ]  # fmt: skip
    assert quoted == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('def f(a):\n    """X.\n\n    Args:\n        b: It.\n    """', ["f: b"]),
        ('def f(a, *, b):\n    """X.\n\n    Args:\n        a, b: It\n            goes on: here.\n    """', []),
        ('class C:\n    """X.\n\n    Args:\n        a, b: It.\n    """\n    def __init__(self, a): ...', ["C: b"]),
        ('class C:\n    """X.\n\n    Attributes:\n        a: It.\n    """\n    a: int', []),
    ],
)  # fmt: skip
def test_what_is_explained_and_not_there_is_found(code: str, found: list[str]) -> None:
    assert list(explained_in_vain(code)) == found
