"""A run during which somebody else changes the secondary, and what is kept of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import ForeignFound
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.report import all_entries, explanation, points_document
from sim.drifted import foreign_file
from sim.world import POLICY, World, fill, plan_and_stage

ROOT = "/data/a b+%"
RESTORE = "drift: restore\n"
SIZES = {"small": "", "large": "audit_entries: 3\n"}


def lived_in(policy: str = POLICY) -> World:
    """A sealed point, and a primary that moved on: a file grew, a directory moved, a new one came, one went."""
    world = World(policy=policy)
    fill(world)
    east = world.clusters["east"]
    for name in ("stays/x 1", "stays/deep ü/y", "goes/z"):
        east.make_directory(f"{ROOT}/{name}".rpartition("/")[0], 0o755, parents=True)
        east.extend(east.make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=False), name.encode())
    world.backup("r1")
    east.extend(east.find(f"{ROOT}/h#"), b"more")
    east.rename(f"{ROOT}/ü dir/g=1", f"{ROOT}/moved =")
    east.delete(f"{ROOT}/goes", recursive=True)
    east.make_directory(f"{ROOT}/came/in %", 0o755, parents=True)
    for name in ("came/a+", "came/in %/b"):
        east.extend(east.make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=False), name.encode())
    return world


def placed(world: World, run: str = "r2", after: Callable[[World], None] | None = None) -> BackupStages:
    """A run whose place is done; ``after`` happens once everything is staged."""
    world.host.name = run
    stages = world.stages(run)
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    if after:
        after(world)
    stages.place()
    return stages


def waits(*, given_back: bool = False) -> World:
    """A point that waits for a person, because a file was created beside what its run placed; the run has ended."""
    world = lived_in()
    stages = placed(world)
    foreign_file(world, f"{ROOT}/stays/for eign")
    with pytest.raises(ForeignFound):
        stages.verify()
    if given_back:
        stages.give_back("it was refused")
    else:
        world.host.dead.add("r2")
    return world


def west(world: World) -> MemoryNameNode:
    return MemoryNameNode(world.clusters["west"])


def kept_snapshots(world: World) -> list[str]:
    return [shot.name for shot in west(world).snapshots(ROOT) if "-kept-" in shot.name]


def points(world: World) -> dict[str, Any]:
    return points_document("billing", world.context().ledger.read(), ("east", "west"))


def told(world: World) -> list[str]:
    chain = world.context().ledger.chain
    entries = explanation("billing", all_entries(chain.deciding, chain.path), None)["entries"]
    return [entry["text"] for entry in entries if entry["kind"] in ("kept", "unkept")]


def extend(world: World, name: str, data: bytes = b"FOREIGN") -> None:
    world.clusters["west"].extend(world.clusters["west"].find(f"{ROOT}/{name}"), data)


# What somebody does, and how it is named. All of it is about things that a large root is not compared for.
FOREIGN: dict[str, tuple[Callable[[World], Any], str]] = {
    "a file in an old directory": (lambda w: foreign_file(w, f"{ROOT}/stays/for eign"), "stays/for eign was created"),
    "a file in the root": (lambda w: foreign_file(w, f"{ROOT}/for eign"), "for eign was created"),
    "a directory": (lambda w: west(w).make_directory(f"{ROOT}/stays/theirs %/deep", 0o755), "theirs % was created"),
    "a file written over": (lambda w: foreign_file(w, f"{ROOT}/stays/x 1", b"EVIL content"), "stays/x 1 was"),
    "a file that grew": (lambda w: extend(w, "stays/deep ü/y"), "stays/deep ü/y was changed"),
    "a file removed": (lambda w: west(w).delete(f"{ROOT}/stays/x 1"), "stays/x 1 was deleted"),
    "a directory removed": (
        lambda w: west(w).delete(f"{ROOT}/stays/deep ü", recursive=True), "stays/deep ü was deleted"),
    "a directory moved": (
        lambda w: west(w).rename(f"{ROOT}/stays", f"{ROOT}/moved by them"), "stays was moved to moved by them"),
    "a file's mode": (lambda w: west(w).set_permission(f"{ROOT}/stays/x 1", 0o777), "stays/x 1 was changed"),
    "a directory's mode": (lambda w: west(w).set_permission(f"{ROOT}/stays", 0o777), "stays was changed: mode 777"),
    "a directory's attribute": (
        lambda w: west(w).set_xattr(f"{ROOT}/stays/deep ü", "user.ü", b"1"), "stays/deep ü was changed"),
    "the root's mode": (lambda w: west(w).set_permission(ROOT, 0o777), f"{ROOT} was changed: mode 777"),
    "the root's attribute": (lambda w: west(w).set_xattr(ROOT, "user.ü", b"1"), f"{ROOT} was changed"),
}  # fmt: skip
# And what only somebody can do who finds what the run has just brought.
BROUGHT: dict[str, tuple[Callable[[World], Any], str]] = {
    "a file in a new directory": (
        lambda w: foreign_file(w, f"{ROOT}/came/in %/for eign"), "came/in %/for eign was created"),
    "a new file written over": (lambda w: foreign_file(w, f"{ROOT}/came/a+", b"EVIL"), "came/a+ was changed"),
    "a new file removed": (lambda w: west(w).delete(f"{ROOT}/came/in %/b"), "came/in %/b was deleted"),
    "a new directory moved": (lambda w: west(w).rename(f"{ROOT}/came", f"{ROOT}/gone"), "came was moved to gone"),
    "a file that grew and grew again": (lambda w: extend(w, "h#"), "h# was"),
    "what moved moved on": (lambda w: west(w).rename(f"{ROOT}/moved =", f"{ROOT}/on"), "moved = was moved to on"),
}  # fmt: skip
EVERY = FOREIGN | BROUGHT
CONTENT = {"a file in an old directory": ("stays/for eign", b"FOREIGN"),
           "a file written over": ("stays/x 1", b"EVIL content"),
           "a file in a new directory": ("came/in %/for eign", b"FOREIGN"),
           "a new file written over": ("came/a+", b"EVIL")}  # fmt: skip


def base(world: World) -> str:
    """The oldest sealed snapshot of the root."""
    return west(world).snapshots(ROOT)[0].name
