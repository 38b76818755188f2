"""The order of the tests: another one each time, told by its seed, and repeatable; a scene keeps its own."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCENE = """
import pytest
pytestmark = pytest.mark.in_order
class TestEarly:
    def test_1(self): pass
    def test_2(self): pass
@pytest.mark.parametrize("n", range(3))
def test_3(n): pass
def test_4(): pass
"""
FREE = "".join(f"def test_{n}(): pass\n" for n in range(9))
DRAWS = {"choice", "choices", "getrandbits", "randbytes", "randint", "random", "randrange", "sample", "shuffle",
         "uniform"}  # fmt: skip


def order(folder: Path, seed: str) -> tuple[list[str], list[str], str]:
    """The tests of the scene and the free ones as they would run, and the last line."""
    options = ["-q", "--co", "--lab", "off", "-p", "no:cacheprovider", "-p", "conftest", f"--randomly-seed={seed}"]
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", folder, *options, folder]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    scene, free = (re.findall(rf"{name}\.py::(\S+)", ran.stdout) for name in ("scene", "free"))
    return scene, free, re.findall(r"--randomly-seed=\d+", ran.stdout)[-1]


def test_tests_are_shuffled_by_a_seed_that_is_told_and_a_scene_keeps_its_order(tmp_path: Path) -> None:
    for name, text in (("scene", SCENE), ("free", FREE)):
        (tmp_path / f"test_{name}.py").write_text(text)
    first, other = (order(tmp_path, seed) for seed in ("3", "4"))
    assert first[2] == "--randomly-seed=3"
    written = ["TestEarly::test_1", "TestEarly::test_2", "test_3[0]", "test_3[1]", "test_3[2]", "test_4"]
    assert first[0] == other[0] == written
    assert sorted(first[1]) == sorted(other[1])
    assert first[1] != other[1]


def drawn_from_the_shared_state(text: str) -> list[int]:
    """Lines of a module that draw from ``random`` itself."""
    return [
        node.lineno for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in DRAWS
        and isinstance(node.value, ast.Name) and node.value.id == "random"
    ]  # fmt: skip


def test_every_simulation_has_a_seed_of_its_own() -> None:
    """The shared random state begins anew with each test, from the seed of the order: nothing may depend on it."""
    found = {
        path.relative_to(ROOT).as_posix(): lines for folder in ("tests", "include", "plugins")
        for path in (ROOT / folder).rglob("*.py") if (lines := drawn_from_the_shared_state(path.read_text("utf-8")))
    }  # fmt: skip
    assert found == {}
    assert drawn_from_the_shared_state("import random\nrandom.Random(3).choice(x)\nrandom.choice(x)\n") == [3]
