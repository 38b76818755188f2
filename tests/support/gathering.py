"""Gathering over any pair of sites: compared with whole inventories, and as the planner of whole backups."""

from __future__ import annotations

from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.plan.work_order import WorkOrder
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.services.transfer.changes.read_changes import ReadChanges
from support.backup import Pair, Site, items_between
from support.trees import Mischief

Brief = tuple[str | None, str | None, Content, int]


def gathered(site: Site, root: str, older: str | None, newer: str, *, audit: bool) -> list[Item]:
    return ReadChanges(site.namenode).items(root, older, newer, audit=audit)


def brief(items: list[Item]) -> dict[int, Brief]:
    """What counts of items: where they go and what happens to their bytes. Quiet directories are left out."""
    return {
        item.inode: (item.old, item.new, item.content, item.keep_bytes) for item in items
        if item.new is not None and (not item.is_dir or item.was != item.now or item.was_extras != item.now_extras)
    }


def assert_same_items(site: Site, root: str, older: str, newer: str) -> None:
    """What was gathered is what two whole inventories, content included, differ in."""
    found = brief(gathered(site, root, older, newer, audit=True))
    wanted = brief(items_between(site, root, older, newer))
    assert wanted.keys() - found.keys() == set()
    for inode, value in wanted.items():
        assert found[inode] == value


def plan_by_gathering(pair: Pair, source: Site, older: str | None, newer: str, base: str | None, *,
                      audit: bool = True) -> WorkOrder:
    """Takes the place of ``Pair.plan``."""
    items = gathered(source, pair.root, older, newer, audit=audit)
    plan = make_plan(items, unit_files=3, unit_bytes=1 << 20, directory_limit=1000)
    root_now = source.namenode.status(f"{pair.root}/.snapshot/{newer}").facts
    by_inode = {item.inode: item for item in items}
    return WorkOrder(0, pair.root, pair.root, newer, base, by_inode, plan, root_now, "svc-1", 1, pair.claim)


def whole_backups(pair: Pair, seed: int, rounds: int, changes: int) -> None:
    """Backs a pair up after each round of random changes, and holds what was gathered against whole inventories."""
    pair.prepare()
    mischief = Mischief(pair.source.namenode, pair.source.writer, pair.root, seed)
    for number in range(rounds):
        mischief.run(changes)
        pair.backup(f"p {number}")
        if number:
            assert_same_items(pair.source, pair.root, f"p {number - 1}", f"p {number}")
