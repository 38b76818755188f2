"""Random histories of a tree, as hypothesis strategies: what users do between two snapshots."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from model.tree import Tree

NAMES = ("a b", "e%20", "f+", "g=1", "h#", "ü", "~t", " ", "x\ny", "%2F", "A", "a", "é")
VERBS = ("mkdir", "put", "put", "append", "truncate", "rewrite", "rename", "rename", "rename", "swap", "delete",
         "replace", "back", "mode", "owner", "acl", "xattr", "touch", "replication")
Edit = tuple[str, int, int, int]
_edit = st.tuples(st.sampled_from(VERBS), st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
beginnings = st.lists(_edit, min_size=10, max_size=30)
edits = st.lists(_edit, min_size=1, max_size=14)


def make(tree: Tree, history: list[Edit]) -> Tree:
    for edit in history:
        _apply(tree, *edit)
    return tree


def _apply(tree: Tree, verb: str, first: int, second: int, third: int) -> None:
    items = sorted(path for path, _ in tree.walk())
    directories = sorted(path for path, node in tree.walk() if node.children is not None)
    name = NAMES[third % len(NAMES)]
    below = directories[first % len(directories)]
    fresh = f"{below}/{name}" if below else name
    path = items[second % len(items)]
    if verb in ("mkdir", "put"):
        _new(tree, verb, fresh, bytes((second + at) % 251 for at in range(third % 15)))
    elif path and verb in _MOVES:
        _MOVES[verb](tree, path, items[first % len(items)] if verb == "swap" else fresh)
    else:
        _content(tree, verb, path, third)
        _attributes(tree, verb, path, third)


def _new(tree: Tree, verb: str, path: str, content: bytes) -> None:
    if tree.at(path) is not None:
        return
    if verb == "mkdir":
        tree.mkdir(path)
    else:
        tree.put(path, content)


def _there_and_back(tree: Tree, path: str, _: str) -> None:
    tree.rename(path, "out of the way")
    tree.rename("out of the way", path)


def _rename(tree: Tree, source: str, target: str) -> None:
    if tree.at(target) is None and not f"{target}/".startswith(f"{source}/"):
        tree.rename(source, target)


def _swap(tree: Tree, one: str, other: str) -> None:
    if one and other and one != other and not _nested(one, other) and not _nested(other, one):
        tree.rename(one, "out of the way")
        tree.rename(other, one)
        tree.rename("out of the way", other)


def _nested(outer: str, inner: str) -> bool:
    return inner.startswith(f"{outer}/")


def _replace(tree: Tree, path: str, _: str) -> None:
    """Another item of the other kind under the same name."""
    node = tree.at(path)
    assert node is not None
    was_directory = node.children is not None
    tree.delete(path)
    if was_directory:
        tree.put(path, b"once a directory")
    else:
        tree.mkdir(path)
        tree.put(f"{path}/g=1", b"within")


_MOVES: dict[str, Callable[[Tree, str, str], None]] = {
    "rename": _rename, "swap": _swap, "replace": _replace, "back": _there_and_back,
    "delete": lambda tree, path, _: tree.delete(path),
}


def _content(tree: Tree, verb: str, path: str, third: int) -> None:
    node = tree.at(path)
    assert node is not None
    if node.children is not None:
        return
    if verb == "append":
        tree.append(path, b"+" * (1 + third % 9))
    elif verb == "truncate":
        tree.truncate(path, third % (len(node.content) + 1))
    elif verb == "rewrite":
        length = len(node.content)
        tree.truncate(path, length // 2)
        tree.append(path, b"?" * (length - length // 2))


def _attributes(tree: Tree, verb: str, path: str, third: int) -> None:
    node = tree.at(path)
    assert node is not None
    if verb == "mode":
        node.mode = (0o1777, 0o700, 0o644)[third % 3]
    elif verb == "owner":
        node.owner, node.group = ("ann", "bob")[third % 2], ("g", "h i")[third % 2]
    elif verb == "acl":
        node.acl = ((), ("user:ann:r-x",), ("default:other::---", "user:bob:rwx"))[third % 3]
    elif verb == "xattr":
        node.xattrs = ((), (("user.k", b"\x00\xff"),))[third % 2]
    elif verb == "touch":
        node.mtime_ms += 1000
    elif verb == "replication" and node.children is None:
        node.replication = 1 + third % 3
