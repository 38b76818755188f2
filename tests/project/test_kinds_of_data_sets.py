"""A run knows kinds of data sets by their verbs only: nothing of it names one, and each brings every verb along."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from hadoop_dr.bootstrap.data_set_kinds import KINDS
from hadoop_dr.domain.config.datasets import SUPPORTED_KINDS
from hadoop_dr.services.datasets.component import Component
from support.register import Register

SERVICES = Path(__file__).parents[2] / "include/hadoop_dr/services"
OF_KINDS = (SERVICES / "datasets/hdfs", SERVICES / "datasets/hive")
KNOWS_NONE = sorted(path for path in SERVICES.rglob("*.py")
                    if path != SERVICES / "context.py" and not any(path.is_relative_to(kind) for kind in OF_KINDS))
"""Every service but the kinds themselves; the context hands each the connections of its sites."""  # fmt: skip
OF_A_KIND = re.compile(r"hive|metastore|catalog|smoke|\bsql\b|kafka|spark", re.IGNORECASE)
VERBS = {name for name, _ in inspect.getmembers(Component) if not name.startswith("_")}


def imported(path: Path) -> set[str]:
    """The modules of the rooms of data sets and of runs that a module imports."""
    found = re.findall(r"^\s*(?:from|import) hadoop_dr\.services\.((?:datasets|backup)[\w.]*)", path.read_text("utf-8"),
                       re.MULTILINE)  # fmt: skip
    return {name.replace(".", "/") for name in found}


@pytest.mark.parametrize("path", KNOWS_NONE, ids=lambda path: str(path.relative_to(SERVICES)))
def test_no_stage_and_no_service_names_a_kind(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert [line for line in lines if OF_A_KIND.search(line)] == []


def test_a_run_imports_the_seam_and_the_kinds_import_nothing_of_a_run() -> None:
    for path in (SERVICES / "backup").glob("*.py"):
        theirs = {name for name in imported(path) if name.startswith("datasets")}
        assert theirs <= {"datasets/component", "datasets/components"}, path
    for path in (SERVICES / "datasets").rglob("*.py"):
        assert not {name for name in imported(path) if name.startswith("backup")}, path


def test_what_a_policy_may_name_is_what_is_built_in_that_order() -> None:
    assert [kind.kind for kind in KINDS] == [kind.value for kind in SUPPORTED_KINDS]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [*KINDS, Register], ids=lambda kind: kind.kind)
def test_each_kind_has_every_verb_with_the_arguments_of_the_protocol(kind: type) -> None:
    for verb in VERBS - {"kind"}:
        wanted, found = (inspect.signature(getattr(of, verb)).parameters for of in (Component, kind))
        assert list(wanted) == list(found), verb
