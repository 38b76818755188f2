"""The import rules hold, see every module, and go red when one is broken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS: list[dict[str, Any]] = PYPROJECT["tool"]["importlinter"]["contracts"]
KINDS = "hadoop_dr.services.datasets"
CATALOG = "hadoop_dr.domain.catalog"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their rules, apart from the repository."""
    for folder in ("include", "plugins"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "templates", "poms")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def check(copy: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Checks one contract of a copy, with the tool that `make lint` calls."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--contract", contract]
    environment = os.environ | {"PYTHONPATH": f"{copy}/include:{copy}/plugins"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("layers", "include/hadoop_dr/domain/config/retention.py", "import hadoop_dr.services.take_snapshots"),
        ("domain-rooms", "include/hadoop_dr/domain/ledger/entry.py", "import hadoop_dr.domain.state.pair_state"),
        ("catalog-rooms", "include/hadoop_dr/domain/catalog/log/events.py", f"import {CATALOG}.protect.locations"),
        ("airflow", "include/hadoop_dr/services/take_snapshots.py", "from airflow.sdk import DAG"),
        ("kinds", "include/hadoop_dr/services/backup/seal.py", f"import {KINDS}.hive.origin_catalog"),
        ("kinds-apart", "include/hadoop_dr/services/datasets/hive/foreign/undo.py", f"import {KINDS}.hdfs"),
        ("library-zookeeper", "include/hadoop_dr/adapters/config/cron.py", "from kazoo.client import KazooClient"),
    ],
)
def test_a_broken_rule_is_seen(copy: Path, contract: str, module: str, line: str) -> None:
    before = check(copy, contract)
    with (copy / module).open("a") as source:
        source.write(f"\n{line}\n")

    after = check(copy, contract)

    assert (before.returncode, after.returncode) == (0, 1), before.stdout + after.stdout
    assert ".".join(Path(module).with_suffix("").parts[1:]) in after.stdout


def test_every_folder_with_code_is_a_package_so_that_the_rules_see_it() -> None:
    blind = {
        str(path.parent.relative_to(ROOT)) for top in ("include", "plugins") for path in (ROOT / top).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    }  # fmt: skip
    assert not blind


def test_every_dependency_has_one_owner() -> None:
    """A new library has to be given to one adapter before it can be used."""
    owned = {
        library.lower().replace("_", "-") for contract in CONTRACTS if contract["id"].startswith("library-")
        for library in contract["forbidden_modules"]
    }  # fmt: skip
    import_names = {"pyyaml": "yaml", "pure-sasl": "puresasl"}
    declared = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in PYPROJECT["project"]["dependencies"]}  # type: ignore[index]
    used = {import_names.get(name, name) for name in declared if not name.startswith("apache-airflow")}
    assert used <= owned


def test_the_domain_uses_the_standard_library_only() -> None:
    for path in (ROOT / "include/hadoop_dr/domain").rglob("*.py"):
        for name in re.findall(r"^\s*(?:from|import) ([A-Za-z_]\w*)", path.read_text("utf-8"), re.MULTILINE):
            assert name == "hadoop_dr" or name in sys.stdlib_module_names, f"{path.name} imports {name}"
