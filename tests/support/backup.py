"""A whole backup of one root over any pair of sites, through plan, stage and place, without ledger and catalogs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from hadoop_dr.adapters.memory.hdfs.faults import Faults, FaultyMover, faulty_files, faulty_namenode
from hadoop_dr.domain.paths import leaf, parent
from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.plan.shards import balance
from hadoop_dr.domain.plan.unchanged_bytes import content_of
from hadoop_dr.domain.plan.work_order import Placed, Share, StagedShare, WorkOrder
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.ports.files import Files, Tables
from hadoop_dr.ports.mover import Mover
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.transfer.apply_plan import ApplyPlan, Ends
from hadoop_dr.services.transfer.records import Records
from support.trees import Mischief, Seen, Writer, comparable, join_root, read_tree


def nothing(*_: object) -> None:
    """Nobody supersedes, nobody watches."""


@dataclass
class Site:
    """One cluster as a test needs it."""

    namenode: NameNode
    writer: Writer
    files: Files


@dataclass
class Pair:
    """Two sites, the planes between them, and a root that is copied from the first to the second."""

    source: Site
    target: Site
    across: Mover
    local: Mover
    tables: Tables
    root: str
    documents: str
    sealed: list[str] = field(default_factory=list)
    kept: dict[str, dict[str, tuple[object, ...]]] = field(default_factory=dict)
    claim: int = 0

    def prepare(self) -> None:
        """Makes the root on both sites."""
        for site in (self.source, self.target):
            site.namenode.make_directory(self.root, 0o755)
            site.namenode.allow_snapshot(self.root)

    def order(self, name: str) -> WorkOrder:
        """Takes a moment on the source and plans the way to it from the last sealed one."""
        self.source.namenode.create_snapshot(self.root, name)
        self.claim += 1
        base = self.sealed[-1] if self.sealed else None
        return self.plan(self.source, base, name, base)

    def plan(self, source: Site, older: str | None, newer: str, base: str | None) -> WorkOrder:
        """Plans from one snapshot of a site to another one of it."""
        items = items_between(source, self.root, older, newer)
        plan = make_plan(items, unit_files=3, unit_bytes=1 << 20, directory_limit=1000)
        root_now = source.namenode.status(f"{self.root}/.snapshot/{newer}").facts
        return WorkOrder(0, self.root, self.root, newer, base, {item.inode: item for item in items}, plan, root_now,
                         "svc-1", 1, self.claim)

    def shares(self, order: WorkOrder) -> tuple[Share, ...]:
        return balance(order.plan.units, wanted=2, directory_limit=1000)

    def stage(self, order: WorkOrder, try_no: int = 1, check_claim: Callable[[], None] = nothing) -> list[StagedShare]:
        records, apply = self.records(order), self.apply(check_claim)
        try:
            return [apply.stage(order, share, records, try_no) for share in self.shares(order)]
        finally:
            records.flush()

    def records(self, order: WorkOrder) -> Records:
        return Records(self.target.files, self.tables, f"{self.documents}/{order.snapshot}/staged/0", nothing)

    def apply(self, check_claim: Callable[[], None] = nothing) -> ApplyPlan:
        ends = Ends(self.source.namenode, self.target.namenode, self.across, self.local)
        return ApplyPlan(ends, check_claim, nothing)

    def place(self, order: WorkOrder, staged: Iterable[StagedShare], try_no: int = 1,
              check_claim: Callable[[], None] = nothing) -> Placed:
        return self.apply(check_claim).place(order, list(staged), try_no)

    def bring_aside(self, name: str, aside: str, base: str | None) -> WorkOrder:
        """Takes a moment and carries the way to it, from a snapshot of another directory, out below that one."""
        order = replace(self.order(name), root=aside, base=base)
        self.apply().run(order, self.shares(order), self.records(order))
        got = comparable(read_tree(self.target.namenode, self.target.writer, aside))
        assert_equal_trees(got, comparable(read_tree(self.source.namenode, self.source.writer, self.past(name))))
        self.target.namenode.create_snapshot(aside, name)
        self.sealed = [name]
        return order

    def seal(self, name: str) -> None:
        """Keeps what the candidate reads back as, so that it can be asked for again later."""
        self.target.namenode.create_snapshot(self.root, name)
        self.sealed.append(name)
        self.kept[name] = comparable(read_tree(self.target.namenode, self.target.writer, self.past(name)))

    def backup(self, name: str) -> None:
        order = self.order(name)
        self.place(order, self.stage(order))
        self.check(name)

    def past(self, name: str) -> str:
        return f"{self.root}/.snapshot/{name}"

    def check(self, name: str) -> None:
        """The live target equals the moment; every older point still reads back as it did."""
        wanted = comparable(read_tree(self.source.namenode, self.source.writer, self.past(name)))
        assert_equal_trees(comparable(read_tree(self.target.namenode, self.target.writer, self.root)), wanted)
        self.check_older()
        assert not any(entry.name == ".hadoop-dr" for entry in self.target.namenode.list(self.root))
        self.seal(name)

    def check_older(self) -> None:
        for older in self.sealed:
            again = comparable(read_tree(self.target.namenode, self.target.writer, self.past(older)))
            assert_equal_trees(again, self.kept[older])

    def worker(self, faults: Faults) -> Pair:
        """A worker whose effects on the target are counted, and fail where the test wants it."""
        target = Site(faulty_namenode(self.target.namenode, faults), self.target.writer,
                      faulty_files(self.target.files, faults))
        return Pair(self.source, target, FaultyMover(self.across, faults), FaultyMover(self.local, faults), self.tables,
                    self.root, self.documents, self.sealed, self.kept, self.claim)

    def live_in(self, seed: int, steps: int) -> None:
        """Seals one point and lets the source move on."""
        self.prepare()
        mischief = Mischief(self.source.namenode, self.source.writer, self.root, seed)
        mischief.run(steps)
        self.backup("p 0")
        mischief.run(steps)


def assert_equal_trees(got: dict[str, tuple[object, ...]], wanted: dict[str, tuple[object, ...]]) -> None:
    """Says which item differs instead of printing two whole trees."""
    assert sorted(got) == sorted(wanted)
    for path, value in wanted.items():
        assert got[path] == value, f"{path!r}: {got[path]} instead of {value}"


def items_between(site: Site, root: str, older: str | None, newer: str) -> list[Item]:
    """Finds the touched items by comparing two whole inventories: slow, and independent of any diff listing."""
    now = read_tree(site.namenode, site.writer, f"{root}/.snapshot/{newer}")
    if older is None:
        return [_new(seen, path) if path else Item(seen.inode, "", "", None, seen.facts, now_extras=seen.extras)
                for path, seen in now.items()]
    was = read_tree(site.namenode, site.writer, f"{root}/.snapshot/{older}")
    old_path = {seen.inode: path for path, seen in was.items()}
    new_path = {seen.inode: path for path, seen in now.items()}
    items = [_new(seen, path) for path, seen in now.items() if seen.inode not in old_path]
    items += [
        Item(seen.inode, path, None, seen.facts, None, seen.extras) for path, seen in was.items()
        if seen.inode not in new_path and (was[parent(path)].inode in new_path or seen.facts.is_dir)
    ]
    shaken = _shaken(was, now)
    for path, seen in now.items():
        old = old_path.get(seen.inode)
        if old is None:
            continue
        before = was[old]
        stays = not path or (was[parent(old)].inode == now[parent(path)].inode and leaf(old) == leaf(path))
        # A root's own time is that of its snapshot.
        then = before.facts if path else replace(before.facts, mtime_ms=seen.facts.mtime_ms)
        same = (then, before.extras, before.digest) == (seen.facts, seen.extras, seen.digest)
        if stays and same and seen.inode not in shaken:
            continue
        content, keep = _content(site, root, older, newer, old, path, before, seen)
        items.append(Item(seen.inode, old, path, before.facts, seen.facts, before.extras, seen.extras, content, keep))
    return items


def _content(site: Site, root: str, older: str, newer: str, old: str, new: str, was: Seen, now: Seen
             ) -> tuple[Content, int]:
    if now.facts.is_dir:
        return Content.SAME, 0
    blocks = [site.namenode.blocks(join_root(f"{root}/.snapshot/{name}", path))
              for name, path in ((older, old), (newer, new))]
    return content_of(was.facts, now.facts, *blocks)


def _new(seen: Seen, path: str) -> Item:
    return Item(seen.inode, None, path, None, seen.facts, now_extras=seen.extras, content=Content.WHOLE)


def _shaken(was: dict[str, Seen], now: dict[str, Seen]) -> set[int]:
    """Directories whose children are not the same inodes under the same names."""
    def children(tree: dict[str, Seen]) -> dict[int, set[tuple[str, int]]]:
        found: dict[int, set[tuple[str, int]]] = {seen.inode: set() for seen in tree.values() if seen.facts.is_dir}
        for path, seen in tree.items():
            if path:
                found[tree[parent(path)].inode].add((leaf(path), seen.inode))
        return found

    before, after = children(was), children(now)
    return {inode for inode, names in after.items() if inode in before and before[inode] != names}
