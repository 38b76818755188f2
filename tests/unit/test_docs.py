"""The documents name only what exists, and leave out nothing they promise to list."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from hadoop_dr.adapters import config
from hadoop_dr.cli import main
from hadoop_dr.domain.config.pair import read_pair
from hadoop_dr.domain.config.policy import read_policy

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
GUARANTEES = (ROOT / "docs/guarantees.md").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
MISSING = re.compile(r"\bnot (built|covered) yet\b", re.IGNORECASE)

RECOMMENDED = re.compile(
    r"\bhadoop-dr ((?!that\b)[a-z]+(?:-[a-z]+)*(?: (?:check|up|down|status|X|billing|--?[a-z][\w-]*))*)"
)


def named_tests(text: str) -> list[tuple[str, str]]:
    """Tests that a text names, as file and function."""
    return TEST.findall(text)


@cache
def homes() -> dict[str, list[str]]:
    """Files of the repository's tests by the names of the functions in them."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in re.findall(r"^(?:async )?def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE):
            found.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    return found


def map_of_the_code() -> list[str]:
    """Folders in the README's map."""
    section = README.partition("## Map of the code")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def folders_with_code() -> set[str]:
    """Packages worth a line of the map: those of the product, its adapters and services, the lab and the plugin."""
    inside = {
        path.parent
        for top in ("include/hadoop_dr", "include/hadoop_dr/adapters", "include/hadoop_dr/services")
        for path in (ROOT / top).glob("*/*.py")
    }
    return {path.relative_to(ROOT).as_posix() for path in inside} | {
        "include/hadoop_lab",
        "plugins/hadoop_dr_airflow",
        "dags",
        "tests",
    }


def invariants() -> dict[str, str]:
    """Sections of the invariants by their names."""
    section = GUARANTEES.partition("## Invariants")[2].partition("\n## ")[0]
    return {part.split(maxsplit=1)[0]: part for part in section.split("\n### ")[1:]}


def faults() -> dict[int, str]:
    """Last cells of the table of faults by number."""
    return {int(n): cell for n, cell in re.findall(r"^\| (\d+) \| [^|]+ \| (.*) \|$", GUARANTEES, re.MULTILINE)}


def command_lines(text: str) -> Iterator[list[str]]:
    """Calls of the command line in a text: in the middle of sentences, and after a prompt."""
    for line in re.findall(r"`hadoop-dr ([^`]+)`|^\$ hadoop-dr (.+)$", text, re.MULTILINE):
        yield shlex.split(line[0] or line[1])


def recommended() -> Iterator[list[str]]:
    """Calls of the command line in the texts of the code, such as the remedy of an error."""
    for path in [*(ROOT / "include").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for call in RECOMMENDED.findall(text_of(node)):
                yield call.split()


def text_of(node: ast.AST) -> str:
    """A text of the code, with X for what is filled in; empty for all else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def make_tasks(text: str) -> set[str]:
    """Tasks of the Makefile in a text."""
    return set(re.findall(r"(?:`|^\$ )make ([a-z-]+)", text, re.MULTILINE))


def problem_of(words: list[str]) -> str | None:
    """Says what of a call the command line does not know; None when it knows all of it."""
    command: click.Command = main
    known: set[str] = set()
    for word in words:
        if word.startswith("-"):
            if word.partition("=")[0] not in known:
                return f"{' '.join(words)}: no option {word}"
        elif isinstance(command, click.Group):
            found = command.commands.get(word)
            if found is None:
                return f"{' '.join(words)}: no command {word}"
            command = found
            known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    return None


def test_every_folder_of_the_map_exists_and_every_package_is_in_it() -> None:
    shown = map_of_the_code()
    assert [folder for folder in shown if not (ROOT / folder).is_dir()] == []
    assert folders_with_code() - set(shown) == set()
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_a_document_names_exists(path: Path) -> None:
    gone = []
    for file, name in named_tests(path.read_text("utf-8")):
        holders = homes().get(name, [])
        if file not in holders:
            gone.append(f"{file}::{name}" + (f" is in {', '.join(holders)} now" if holders else " is gone"))
    assert gone == []


def test_every_invariant_has_a_test_or_says_that_it_has_none() -> None:
    assert list(invariants()) == [f"I{number}" for number in range(1, 14)]
    assert [name for name, text in invariants().items() if not named_tests(text) and not MISSING.search(text)] == []


def test_every_fault_has_a_test_or_says_that_it_has_none() -> None:
    assert list(faults()) == list(range(1, 81))
    assert [number for number, cell in faults().items() if not named_tests(cell) and not MISSING.search(cell)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_in_a_document_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [problem for words in command_lines(text) if (problem := problem_of(words))] == []


def test_every_command_is_in_the_readme() -> None:
    assert {words[0] for words in command_lines(README)} >= main.commands.keys()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_task_in_a_document_is_in_the_makefile(path: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert make_tasks(path.read_text("utf-8")) - known == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        there = (path.parent / file) if file else path
        assert there.is_file(), target
        headings = re.findall(r"^#+ (.+)$", there.read_text("utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors, target


def test_the_files_in_the_readme_are_read() -> None:
    pair, policy = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert read_pair(config.parse(pair.encode(), "pair.yaml")).name == "east-west"
    assert read_policy(config.parse(policy.encode(), "policy.yaml"), config.longest_gap_ms).service == "billing"


def test_every_command_that_a_message_recommends_exists() -> None:
    wrong = {problem for words in recommended() if (problem := problem_of(words))}
    assert wrong == set()


def test_what_does_not_exist_is_seen() -> None:
    assert problem_of(["backup", "billing", "--wait"]) is None
    assert problem_of(["fly", "billing"]) == "fly billing: no command fly"
    assert problem_of(["backup", "billing", "--faster"]) == "backup billing --faster: no option --faster"
    assert problem_of(["lab", "explode"]) == "lab explode: no command explode"
    assert list(command_lines("see `hadoop-dr points x`\n$ hadoop-dr plan y\n")) == [["points", "x"], ["plan", "y"]]
    assert make_tasks("`make fly`\n$ make swim\nto make do") == {"fly", "swim"}
    assert named_tests("`tests/unit/test_x.py::test_y`") == [("tests/unit/test_x.py", "test_y")]
