"""Public constants say what they mean: a sentence after them, a comment beside them, or one above their group."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parents[2] / "include/hadoop_dr"
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")
REMARK = re.compile(r"#\s*(?!fmt:|noqa|type:)\S")


def constants(statement: ast.stmt) -> list[str]:
    """Names of the public constants that a statement of a module gives; type variables are none."""
    if isinstance(statement, ast.Assign):
        targets: list[ast.expr] = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return []
    if isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func).endswith("TypeVar"):
        return []
    single = [one for target in targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return [one.id for one in single if isinstance(one, ast.Name) and CONSTANT.fullmatch(one.id)]


def unexplained(code: str) -> Iterator[str]:
    """The constants of a module of which nothing says what they mean."""
    lines, body = code.splitlines(), ast.parse(code).body
    under_comment = 0  # the last line of a group whose comment stands above it
    for at, statement in enumerate(body):
        first, last = statement.lineno, statement.end_lineno or 0
        if first > 1 and (lines[first - 2].startswith("#") or under_comment == first - 1):
            under_comment = last
        names = constants(statement)
        after = body[at + 1].value if at + 1 < len(body) and isinstance(body[at + 1], ast.Expr) else None
        said = isinstance(after, ast.Constant) and isinstance(after.value, str)
        if names and not (said or under_comment == last or any(map(REMARK.search, lines[first - 1 : last]))):
            yield from names


def test_every_public_constant_says_what_it_means() -> None:
    """With its unit, where it has one: whoever changes it must not have to look for its uses first."""
    found = [
        f"{path.relative_to(PRODUCT)}: {name}"
        for path in sorted(PRODUCT.rglob("*.py")) for name in unexplained(path.read_text("utf-8"))
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize(("code", "found"), [
    ("MOST = 5", ["MOST"]), ("MOST: int = 5", ["MOST"]), ("ONE, OTHER = 1, 2", ["ONE", "OTHER"]),
    ("MOST = 5  # noqa: X", ["MOST"]), ("# Of it.\n\nMOST = 5", ["MOST"]),
    ('MOST = 5\n"""Of it."""', []), ("# Of it.\nMOST = 5", []), ("MOST = 5  # of it", []),
    ("# Of both.\nONE = 1\nOTHER = 2", []), ("_MOST = 5", []), ("most = 5", []), ("T = TypeVar('T')", []),
    ("def f():\n    MOST = 5", []),
])  # fmt: skip
def test_a_constant_without_a_word_is_found(code: str, found: list[str]) -> None:
    assert list(unexplained(code)) == found
