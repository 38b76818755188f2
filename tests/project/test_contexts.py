"""What is handed to every stage stays small: things that belong together are one thing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PRODUCT = Path(__file__).parents[2] / "include/hadoop_dr"
MOST_FIELDS = 12
VALUES = {"RootPlan"}
"""Classes of services with more fields that hold what was planned and nothing that acts."""


def wide_classes(code: str) -> Iterator[str]:
    """Classes with more fields than anybody keeps in mind."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ClassDef) and sum(isinstance(one, ast.AnnAssign) for one in node.body) > MOST_FIELDS:
            yield node.name


def test_no_context_of_the_services_has_more_than_twelve_fields() -> None:
    found = {
        name for room in ("services", "bootstrap", "ports") for path in sorted((PRODUCT / room).rglob("*.py"))
        for name in wide_classes(path.read_text("utf-8"))
    }  # fmt: skip
    assert found == VALUES


def test_a_class_with_one_field_more_is_found() -> None:
    fields = [f"    f{n}: int" for n in range(MOST_FIELDS + 1)]
    assert list(wide_classes("class C:\n" + "\n".join(fields))) == ["C"]
    assert list(wide_classes("class C:\n" + "\n".join(fields[1:]))) == []
