"""What the repository must not contain, and what its lock must."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written in pieces, so that this file does not contain what it looks for.
REGISTRIES = [
    "py" + "pi.org", "python" + "hosted.org", "repo" + "1.maven", "repo" + ".maven", "maven.org/" + "maven2",
    "registry." + "npmjs", "npm" + "js.com", "crates" + ".io", "proxy." + "golang", "rubygems" + ".org",
]  # fmt: skip
HOME = r"(?<![\w.$}/-])/(?:root/\S|(?:home/[a-z]|Users/[A-Za-z])\w*(?=[/\s\"'`:;,)]|$))"
FORBIDDEN = re.compile("|".join(map(re.escape, REGISTRIES)) + "|--(?:extra-)?index-" + "url|" + HOME, re.MULTILINE)


def tracked() -> list[Path]:
    """Every file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_registry_or_somebodys_home() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}" for path in tracked()
        for match in FORBIDDEN.finditer(path.read_bytes().decode("utf-8", "replace"))
    ]  # fmt: skip
    assert not found


@pytest.mark.parametrize(
    "text", ["see https://" + "py" + "pi.org/simple", "cd /" + "root/x", '"/' + 'home/alice"', "pip --index-" + "url x"]
)
def test_what_is_looked_for_is_found(text: str) -> None:
    assert FORBIDDEN.search(text)


@pytest.mark.parametrize(
    "text", ["/data/root/x", "<root>/.hadoop-dr", "{home}/x", "--no-emit-index-" + "url", "https://h/home/x"]
)
def test_what_is_harmless_is_left_alone(text: str) -> None:
    assert not FORBIDDEN.search(text)


def test_the_lock_holds_every_dependency_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = dict(re.findall(r"^([a-z0-9.-]+)==(\S+) \\\n {4}--hash=sha256:", lock, re.MULTILINE))
    for line in wanted:
        name, version = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?(?:==(\S+))?", line).groups()  # type: ignore[union-attr]
        assert name.lower() in locked, f"{name}: run make lock"
        assert version in (None, locked[name.lower()]), f"{name}: run make lock"


def test_no_text_refers_to_a_document_that_is_not_here() -> None:
    """A newcomer looks for what a docstring refers to, and has to find it in this repository."""
    elsewhere = re.compile("DES" + r"IGN(?:\.md)?\b|\bsections? \d")
    found = [
        path.relative_to(ROOT).as_posix() for path in tracked() if path.suffix in {".py", ".md", ".toml"}
        and elsewhere.search(path.read_text("utf-8"))
    ]  # fmt: skip
    assert found == []


MODULES_OF_A_ROOM = 15
"""A folder with more modules than that is two rooms."""


def test_no_folder_has_more_than_15_modules() -> None:
    """A newcomer finds a module by the names of the rooms, not by reading sixty names."""
    rooms = Counter(path.parent.relative_to(ROOT).as_posix() for top in ("include", "plugins", "dags")
                    for path in (ROOT / top).rglob("*.py") if path.name != "__init__.py")  # fmt: skip
    assert len(rooms) > 30
    assert {room: count for room, count in rooms.items() if count > MODULES_OF_A_ROOM} == {}


def test_a_class_has_a_name_of_its_own() -> None:
    """One word, one meaning: whoever finds a name in a message or a search has found its only class.

    An adapter is named as the port it makes real, and the lab is a product of its own.
    """
    homes: dict[str, set[str]] = {}
    for path in (ROOT / "include/hadoop_dr").rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, set()).add(path.relative_to(ROOT).as_posix())
    several = {name: sorted(paths) for name, paths in homes.items() if len(paths) > 1}
    assert several == {}


TESTS = ROOT / "tests"
ABOUT_THE_PROJECT = {"test_docs", "test_import_rules", "test_repository", "test_schemas"}
"""Modules of ``tests/unit`` that look at the repository's own files."""
IMPURE = re.compile(
    r"(threading|socket|asyncio|concurrent|subprocess|multiprocessing|signal|time)(\.|$)"
    r"|hadoop_dr\.(adapters(?!\.config$)|services|bootstrap|cli|client)(\.|$)|hadoop_(lab|dr_airflow)(\.|$)"
)
"""What a pure test has nothing to do with; what a policy or pair file says is a function of its text."""


def imported(path: Path) -> set[str]:
    """Every module that one imports when it is imported itself."""
    found = set[str]()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {node.module} if node.module != "hadoop_dr.adapters" else whole
    return found


def own(module: str) -> Path | None:
    """The file of a module of the tests' own."""
    path = TESTS / module.replace(".", "/")
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()), None)


def test_no_test_module_is_imported_by_another_one() -> None:
    """A helper in a test module makes two modules of tests one: whoever changes the first breaks the second."""
    found = [f"{path.relative_to(TESTS)} imports {module}" for path in sorted(TESTS.rglob("*.py"))
             for module in sorted(imported(path)) if module.rpartition(".")[2].startswith("test_")]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("path", sorted((TESTS / "unit").rglob("test_*.py")), ids=lambda path: path.stem)
def test_a_unit_test_is_pure_whatever_its_helpers_are(path: Path) -> None:
    """No adapter, no thread, no socket, no process, no clock, however far away it is imported."""
    if path.stem in ABOUT_THE_PROJECT:
        return
    todo, known, impure = [path], {path}, list[str]()
    while todo:
        one = todo.pop()
        for module in imported(one):
            if IMPURE.match(module):
                impure.append(f"{one.relative_to(TESTS)} imports {module}")
            if (helper := own(module)) is not None and helper not in known:
                known.add(helper)
                todo.append(helper)
    assert impure == []
