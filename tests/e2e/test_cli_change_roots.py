"""A directory widened to its parent and narrowed again, on the running lab (S2.1, I8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from support.cli import SITES, CliHome

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]


def declared(home: CliHome, service: str, root: str) -> None:
    home.policy(service, protect=[{"hdfs": root}], limits={"deletions": "100%"}, max_clock_offset="1h")


def snapshottable(home: CliHome, top: str) -> list[set[str]]:
    return [{root for root in home.namenodes[site].snapshottable() if root.startswith(top)} for site in SITES]


def holds(home: CliHome, root: str, document: Mapping[str, Any]) -> None:
    """Both sites have the point's snapshot of this root and no other, with the same content, live as well."""
    assert snapshottable(home, root.rpartition("/")[0]) == [{root}] * 2
    for site in SITES:
        assert list(document["snapshots"][site]) == [root]
    trees = [home.tree(site, f"{root}/.snapshot/{document['snapshots'][site][root]}") for site in SITES]
    assert trees[0] == trees[1]
    assert home.tree("west", root) == trees[0]


def test_a_root_widens_to_its_parent_and_narrows_again_and_what_is_there_is_not_copied(shared: CliHome) -> None:
    service, order = "widens", ("--change-roots", "--reason", "one root %")
    parent = f"{shared.folder}/widens ü%20"
    child = f"{parent}/b+ c"
    for number in range(4):
        shared.writers["east"].write(f"{child}/x=1/f {number} #", bytes([number]) * 70_000)
    declared(shared, service, child)
    shared.backup(service)

    declared(shared, service, parent)
    assert "--change-roots" in shared.run("backup", service, exit_code=1).error()
    facts = shared.run("backup", service, *order, exit_code=1).error()
    assert f"a change of roots from {child} to {parent} needs approval" in facts
    assert snapshottable(shared, parent) == [{child}] * 2
    assert shared.run("backup", service, "--change-roots", "--approve", exit_code=2).error()
    shared.writers["east"].write(f"{parent}/beside %", b"b" * 10)
    wide = shared.backup(service, *order, "--approve")
    assert (wide["files_copied"], wide["bytes_copied"]) == (1, 10)
    holds(shared, parent, wide)

    declared(shared, service, child)
    narrow = shared.backup(service, *order, "--approve")
    assert (narrow["files_copied"], narrow["bytes_copied"]) == (0, 0)
    assert shared.writers["west"].read(f"{parent}/beside %") == b"b" * 10
    assert snapshottable(shared, parent) == [{child}] * 2
    assert shared.tree("west", child) == shared.tree("east", child)
    told = shared.run("explain", service).stdout
    assert told.count("are replaced by") == 4
    points = shared.run("points", service, "--json").document("points")["points"]
    assert [set(point["sites"].values()) for point in points] == [{False}, {False}, {True}]
