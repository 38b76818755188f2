"""The other side of a plan: a tree with its own inode ids, the items of a change, and an interpreter of steps."""

from __future__ import annotations

from collections.abc import Callable

from hadoop_dr.domain.paths import parent
from hadoop_dr.domain.plan.root_plan import MoveIn, MoveInFrom, Plan
from hadoop_dr.domain.plan.unchanged_bytes import content_of
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.domain.tree.items import Content, Item
from model.tree import Node, Tree

WORK = ".hadoop-dr/1-7"
Step = Callable[[], None]


def copied(source: Tree, first_inode: int = 5_000_000) -> Tree:
    """A tree with the same picture and other inode and block ids: the target after a sealed point."""
    target = Tree(first_inode)
    for path, node in sorted(source.walk(), key=lambda item: item[0].count("/")):
        if path:
            made = target.mkdir(path) if node.children is not None else target.put(path, node.content)
            _same_blocks(node, made)
    for path, node in source.walk():
        _dress(target, path, node)
    return target


def _same_blocks(node: Node, made: Node) -> None:
    """Block lengths of a verified copy are those of the source, also where a middle block is short."""
    content, numbers = node.content, iter(range(made.inode * 1000, made.inode * 1000 + len(node.data)))
    made.data, at = [], 0
    for _, part in node.data:
        made.data.append((next(numbers), content[at:at + len(part)]))
        at += len(part)


def _dress(tree: Tree, path: str, like: Node) -> None:
    node = tree.at(path)
    assert node is not None
    for name in ("owner", "group", "mode", "replication", "mtime_ms", "acl", "xattrs"):
        setattr(node, name, getattr(like, name))


def items_between(older: Tree, newer: Tree) -> list[Item]:
    """The touched items, straight from both inode tables: what gathering has to come to by listings."""
    was, now = older.paths(), newer.paths()
    changed: dict[int, Item] = {}
    quiet: dict[int, Item] = {}
    for inode in sorted(was.keys() | now.keys()):
        item = _item(inode, older, newer, was.get(inode), now.get(inode))
        same = item.was == item.now and item.was_extras == item.now_extras and item.content is Content.SAME
        (quiet if same and item.old == item.new else changed)[inode] = item
    for holder in _holders(changed, "old", older) | _holders(changed, "new", newer):
        if holder in quiet:
            changed[holder] = quiet[holder]
    return list(changed.values())


def _holders(items: dict[int, Item], side: str, tree: Tree) -> set[int]:
    paths = {path for item in items.values() if (path := getattr(item, side))}
    return {node.inode for path in paths if (node := tree.at(parent(path))) is not None}


def _item(inode: int, older: Tree, newer: Tree, old: str | None, new: str | None) -> Item:
    was, now = older.nodes.get(inode), newer.nodes.get(inode)
    content, keep = Content.SAME, 0
    if was is not None and now is not None:
        content, keep = content_of(was.facts(), now.facts(), was.blocks(), now.blocks())
    elif now is not None:
        content = Content.WHOLE
    extras = [node.extras() for node in (was or Node(0), now or Node(0))]
    return Item(inode, old, new, _facts(was), _facts(now), extras[0], extras[1], content, keep)


def _facts(node: Node | None) -> FileAttributes | None:
    return node.facts() if node is not None else None


class Placing:
    """Runs a plan on a target tree, one small step at a time, each of which may be repeated from the beginning.

    Steps follow the rules of placement: a parked item is named by the target's own inode id wherever it lies; all else
    is named by its path in the work area, and a missing source is settled by who is at the destination.
    """

    def __init__(self, target: Tree, source: Tree, baseline: Tree, items: list[Item], plan: Plan,
                 work: str = WORK) -> None:
        self.target, self.source, self.plan, self.work = target, source, plan, work
        self.items = {item.inode: item for item in items}
        here = {path: inode for inode, path in target.paths().items()}
        old = baseline.paths()
        self.bound = {i: here[old[i]] for i, item in self.items.items() if item.old is not None and i in old}
        self.staged: dict[int, int] = {}
        self.bytes_staged = 0

    def stage(self) -> None:
        self._work_area()
        for unit in self.plan.units:
            assert len(set(unit.members)) == len(unit.members)
            top = self.items[unit.inode]
            before = self.bytes_staged
            for member in unit.members:
                self._stage(self.items[member], top)
            assert self.bytes_staged - before == unit.bytes
            made = self.target.at(f"{self.work}/stage/{unit.inode}")
            assert made is not None
            self.staged[unit.inode] = made.inode

    def _stage(self, item: Item, top: Item) -> None:
        assert item.new is not None
        assert top.new is not None
        path = f"{self.work}/stage/{top.inode}" + item.new[len(top.new):]
        node = self.source.nodes[item.inode]
        if node.children is not None:
            self.target.mkdir(path)
            return
        content = node.content[item.keep_bytes if item.content is Content.TAIL else 0:]
        self.target.put(path, content)
        self.bytes_staged += len(content)
        _dress(self.target, path, node)

    def steps(self) -> list[Step]:
        """The whole placement in order; running any of its beginnings first must not matter."""
        plan, steps = self.plan, list[Step]()
        steps += [self._step(self._park, inode) for inode in plan.park]
        for inode in plan.tails:
            steps += [self._step(self._cut, inode), self._step(self._bring_tail, inode), self._step(self._join, inode)]
        steps += [self._step(self._move_in, move) for move in plan.move_in]
        steps += [self._step(self._dress, inode) for inode in plan.attributes]
        steps += [self._step(self._delete, inode) for inode in plan.delete]
        return [*steps, lambda: self.target.delete(".hadoop-dr"), self._dress_root]

    @staticmethod
    def _step(act: Callable[..., None], what: int | MoveIn) -> Step:
        return lambda: act(what)

    def _work_area(self) -> None:
        for path in (".hadoop-dr", self.work, f"{self.work}/stage", f"{self.work}/park"):
            if self.target.at(path) is None:
                self.target.mkdir(path)

    def _park(self, inode: int) -> None:
        self._work_area()
        path = self.target.paths().get(self.bound[inode])
        if path is not None and path != f"{self.work}/park/{inode}":
            self.target.rename(path, f"{self.work}/park/{inode}")

    def _tail_paths(self, inode: int) -> tuple[str, str, str]:
        return f"{self.work}/stage/{inode}", f"{self.work}/park/{inode}.tail", f"{self.work}/park/{inode}"

    def _cut(self, inode: int) -> None:
        staged, beside, parked = self._tail_paths(inode)
        node, keep = self.target.at(parked), self.items[inode].keep_bytes
        has_tail = any(unit.inode == inode for unit in self.plan.units)
        pending = self.target.at(staged) or self.target.at(beside)
        if node is not None and len(node.content) > keep and (pending or not has_tail):
            self.target.truncate(parked, keep)

    def _bring_tail(self, inode: int) -> None:
        staged, beside, _ = self._tail_paths(inode)
        if self.target.at(staged) is not None:
            self.target.rename(staged, beside)

    def _join(self, inode: int) -> None:
        _, beside, parked = self._tail_paths(inode)
        if self.target.at(beside) is not None:
            self.target.concat(parked, beside)

    def _move_in(self, move: MoveIn) -> None:
        there = self.target.at(move.path)
        if move.comes_from is MoveInFrom.MAKE:
            if there is None:
                self.target.mkdir(move.path)
            return
        parked = move.comes_from is MoveInFrom.PARK
        source = f"{self.work}/{'park' if parked else 'stage'}/{move.inode}"
        wanted = (self.bound if parked else self.staged)[move.inode]
        if self.target.at(source) is not None:
            self.target.rename(source, move.path)
        else:
            assert there is not None, f"{move} is neither in the work area nor in place"
            assert there.inode == wanted

    def _dress(self, inode: int) -> None:
        item = self.items[inode]
        assert item.new is not None
        _dress(self.target, item.new, self.source.nodes[inode])

    def _delete(self, inode: int) -> None:
        self.target.delete(f"{self.work}/park/{inode}")

    def _dress_root(self) -> None:
        _dress(self.target, "", self.source.nodes[self.source.root])
