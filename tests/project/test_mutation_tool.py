"""What `make mutation` prints: the function and the broken line, and neither what is explained nor mere wording."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXPLAINED = [line for line in (ROOT / "tests/mutants.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]


@pytest.fixture(scope="module")
def tool() -> Any:
    loader = SourceFileLoader("mutation", str(ROOT / ".ci/mutation"))
    spec = spec_from_loader("mutation", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_a_mutant_is_named_by_its_function_and_its_lines(tool: Any) -> None:
    assert tool.function("hadoop_dr.domain.plan.root_plan.x_make_plan__mutmut_3") == "domain.plan.root_plan.make_plan"
    of_a_class = tool.function("hadoop_dr.domain.config.retention.xǁRuleǁ__str____mutmut_5")
    assert of_a_class == "domain.config.retention.Rule.__str__"
    diff = "--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1 if x else 2\n+    return 2 if x else 2\n"
    assert tool.change(diff) == ("return 1 if x else 2", "return 2 if x else 2")


@pytest.mark.parametrize(
    ("removed", "added", "wording"),
    [
        ('raise Wrong(x, "Leave one number")', 'raise Wrong(x, "LEAVE ONE NUMBER")', True),
        ("raise Wrong('says \"2\" twice')", "raise Wrong('XXsays \"2\" twiceXX')", True),
        ('kind("taken")', 'kind("XXtakenXX")', False),
        ('raise Wrong(x, "Leave one number")', 'raise Wrong(x, None)', False),
    ],
)
def test_another_wording_of_a_sentence_is_told_from_another_name(
    tool: Any, removed: str, added: str, wording: bool
) -> None:
    assert tool.is_wording(removed, added) is wording


def test_only_unit_tests_that_import_the_area_are_run_for_it(tool: Any) -> None:
    chosen = tool.tests_of(["domain/config/retention.py"])
    assert "tests/unit/config/test_retention.py" in chosen
    assert "tests/unit/runs/test_moment.py" not in chosen
    of_an_adapter = tool.tests_of(["adapters/hive/client.py"])
    assert any(path.endswith("/test_catalog_client.py") for path in of_an_adapter), "it imports the package"
    assert not any("webhdfs_route" in path for path in of_an_adapter)
    assert any(path.startswith("tests/sim/") for path in tool.tests_of(["services/ledger"]))
    assert [path for area in tool.SIMULATED for path in tool.tests_of([area]) if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("line", EXPLAINED)
def test_what_is_explained_names_a_module_that_is_there_and_gives_a_reason(line: str) -> None:
    found = re.match(r"([\w.]+): .+ # \w", line)
    assert found, line
    parts = found[1].split(".")
    assert any((ROOT / "include/hadoop_dr" / "/".join(parts[:n])).with_suffix(".py").is_file() for n in (2, 3, 4)), line
