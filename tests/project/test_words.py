"""Words that the code uses in one meaning, and the names that would bring back another one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parents[2] / "include/hadoop_dr"
ROLES = re.compile(r"(?:^|_)(?:source|target|primary|secondary)s?(?:_|$)|Source|Target|Primary|Secondary")
KNOW_ROLES = {"services/ledger/roles.py", "services/status.py"}
"""The only services that are asked which site has which role."""
OTHER_MEANINGS = {
    "TokenSource",                                                   # gives random tokens
    "AttributeTarget", "attribute_target", "attribute_targets", "_attribute_target",  # what attributes are set on
}  # fmt: skip


def names_of(tree: ast.AST) -> Iterator[str]:
    """Every name that a module gives: functions, classes, parameters, variables, attributes of its own objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            yield node.attr


def test_no_service_says_source_or_primary_where_it_means_a_direction() -> None:
    """Work goes from an origin to a destination, whichever of them is the primary: failback is the same code."""
    found = {
        f"{path.relative_to(PRODUCT)}: {name}" for path in sorted((PRODUCT / "services").rglob("*.py"))
        if path.relative_to(PRODUCT).as_posix() not in KNOW_ROLES
        for name in names_of(ast.parse(path.read_text("utf-8"))) if ROLES.search(name) and name not in OTHER_MEANINGS
    }  # fmt: skip
    assert found == set()


@pytest.mark.parametrize(
    "code", ["def f(source): ...", "target_root = 1", "self._primary = 1", "class SourceCatalog: ..."]
)
def test_a_name_of_a_role_is_seen(code: str) -> None:
    assert any(ROLES.search(name) for name in names_of(ast.parse(code)))


def test_a_longer_word_is_another_word() -> None:
    assert not any(ROLES.search(word) for word in ("resource", "targeted"))
