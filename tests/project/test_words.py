"""Words that the code uses in one meaning, and the names that would bring back another one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parents[2] / "include/hadoop_dr"
ROLES = re.compile(r"(?:^|_)(?:source|target|primary|secondary)s?(?:_|$)|Source|Target|Primary|Secondary")
KNOW_ROLES = {
    "domain/roles/watch.py",
    "services/ledger/roles.py", "services/status.py", "bootstrap/roles.py",  # asked which site has which role
    "domain/state/pair_state.py", "domain/ledger/bodies/pair.py", "domain/config/pair.py",  # who gives roles
    "domain/config/policy.py", "domain/ledger/bodies/sealed.py",  # how long a site keeps points, by its role
}  # fmt: skip
"""The only modules that know which site has which role."""
MOVE_PATHS = {
    "ports/files.py", "ports/mover.py", "ports/namenode.py",
    "adapters/memory/hdfs/cluster.py", "adapters/memory/hdfs/files.py", "adapters/memory/hdfs/mover.py",
    "adapters/memory/hdfs/namenode.py", "adapters/native/operations.py", "adapters/reporting/counting.py",
    "adapters/webhdfs/files.py", "adapters/webhdfs/namenode.py", "adapters/webhdfs/readback.py",
    "domain/tree/file_attributes.py", "domain/tree/snapshot_diff.py",
}  # fmt: skip
"""Here a path is renamed or files are joined within one site, in the words that HDFS has for it."""
PATHS = {"source", "sources", "target"}
OTHER_MEANINGS = {
    "FreePrimary", "free_primary", "free_primary_of",                # the command of that name: it acts on that role
    "TokenSource",                                                   # gives random tokens
    "AttributeTarget", "attribute_target", "attribute_targets", "_attribute_target",  # what attributes are set on
}  # fmt: skip
MEND = re.compile(r"(?i)\bmend(?:s|ed|ing)?\b")
ENDS = re.compile(r"\b(?:on|of|from|to|in|at) the (?:source|target)\b(?! of truth)|\bthe (?:source|target)'s\b")


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


def roles_named(where: str, tree: ast.AST) -> set[str]:
    """The names of a module that say a role, or an end by another word, where a direction is meant."""
    if where in KNOW_ROLES:
        return set()
    others = OTHER_MEANINGS | (PATHS if where in MOVE_PATHS else set())
    return {f"{where}: {name}" for name in names_of(tree) if ROLES.search(name) and name not in others}


def words_for_ends(tree: ast.AST) -> Iterator[str]:
    """The texts of a module that a person reads and that call an end of a direction source or target."""
    docs = {
        node.body[0].value for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs:
            yield from [node.value] if ENDS.search(node.value) else []


def modules() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(PRODUCT.rglob("*.py")):
        yield path.relative_to(PRODUCT).as_posix(), ast.parse(path.read_text("utf-8"))


def test_no_module_says_source_or_primary_where_it_means_a_direction() -> None:
    """Work goes from an origin to a destination, whichever of them is the primary: failback is the same code."""
    assert set().union(*(roles_named(where, tree) for where, tree in modules())) == set()


def test_what_a_person_reads_names_a_site_its_role_or_origin_and_destination() -> None:
    assert [(where, text) for where, tree in modules() for text in words_for_ends(tree)] == []


def texts_with(word: re.Pattern[str], tree: ast.AST) -> list[str]:
    """The texts of a module that hold a word."""
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [text for text in texts if word.search(text)]


def test_what_helps_is_a_remedy_and_what_was_broken_is_repaired() -> None:
    """Our own word for both stood in messages; whoever looks for one of the field's finds it now."""
    assert [(where, text) for where, tree in modules() for text in texts_with(MEND, tree)] == []


@pytest.mark.parametrize(("code", "count"), [("x = 'Mend the link'", 1), ("x = 'mend'", 1), ("x = 'recommend it'", 0)])
def test_a_word_of_our_own_is_found_in_a_text(code: str, count: int) -> None:
    assert len(texts_with(MEND, ast.parse(code))) == count


@pytest.mark.parametrize(("where", "code", "found"), [
    ("domain/x.py", "def f(source): ...", {"domain/x.py: source"}),
    ("ports/namenode.py", "def rename(source, target): ...", set()),
    ("ports/namenode.py", "def rename(source_site): ...", {"ports/namenode.py: source_site"}),
    ("domain/config/pair.py", "initial_primary = 1", set()),
])  # fmt: skip
def test_only_where_paths_are_moved_within_a_site_are_they_source_and_target(
    where: str, code: str, found: set[str]
) -> None:
    assert roles_named(where, ast.parse(code)) == found


@pytest.mark.parametrize(("code", "count"), [
    ("raise Refused('it was deleted on the source')", 1), ("say(f\"{site}: the target's catalog\")", 1),
    ("'the source of truth'", 0), ("def f():\n    'Parents of the target are made.'", 0),
])  # fmt: skip
def test_a_sentence_with_another_word_for_an_end_is_found(code: str, count: int) -> None:
    assert len(list(words_for_ends(ast.parse(code)))) == count


@pytest.mark.parametrize(
    "code", ["def f(source): ...", "target_root = 1", "self._primary = 1", "class SourceCatalog: ..."]
)
def test_a_name_of_a_role_is_seen(code: str) -> None:
    assert any(ROLES.search(name) for name in names_of(ast.parse(code)))


def test_a_longer_word_is_another_word() -> None:
    assert not any(ROLES.search(word) for word in ("resource", "targeted"))
