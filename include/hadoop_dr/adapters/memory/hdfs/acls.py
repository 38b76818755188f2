"""Access control lists of the memory cluster: how they live with permission bits and how children inherit them."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.nodes import Node

_BITS = {"r": 4, "w": 2, "x": 1, "-": 0}


def bits(text: str) -> int:
    """Reads ``r-x`` as 5."""
    return sum(_BITS[letter] for letter in text)


def text(value: int) -> str:
    """Writes 5 as ``r-x``."""
    return "".join(letter if value & weight else "-" for letter, weight in (("r", 4), ("w", 2), ("x", 1)))


def entries(acl: tuple[str, ...]) -> dict[str, int]:
    """Splits a list into {``user:alice``: bits}; default entries keep their ``default:`` prefix."""
    return {entry.rsplit(":", 1)[0]: bits(entry.rsplit(":", 1)[1]) for entry in acl}


def _listed(wanted: dict[str, int]) -> tuple[str, ...]:
    return tuple(sorted(f"{key}:{text(value)}" for key, value in wanted.items()))


def _named(wanted: dict[str, int], prefix: str) -> bool:
    return any(key.startswith((f"{prefix}user:", f"{prefix}group:")) and not key.endswith(":") for key in wanted)


def _with_mask(wanted: dict[str, int], prefix: str) -> dict[str, int]:
    if _named(wanted, prefix) and f"{prefix}mask:" not in wanted:
        group_class = [value for key, value in wanted.items()
                       if key.startswith((f"{prefix}group:", f"{prefix}user:")) and key != f"{prefix}user:"]
        mask = 0
        for value in group_class:
            mask |= value
        return {**wanted, f"{prefix}mask:": mask}
    return wanted


def set_list(node: Node, acl: tuple[str, ...]) -> None:
    """Replaces a node's ACL; an empty list removes it and gives the owning group its own bits back."""
    if not acl:
        if node.acl:
            node.mode = node.mode & 0o7707 | entries(node.acl)["group:"] << 3
            node.acl = ()
        return
    wanted = _with_mask(_with_mask(entries(acl), ""), "default:")
    group = wanted.get("mask:", wanted["group:"])
    node.mode = node.mode & 0o7000 | wanted["user:"] << 6 | group << 3 | wanted["other:"]
    bare = set(wanted) == {"user:", "group:", "other:"}
    node.acl = () if bare else _listed(wanted)


def set_mode(node: Node, mode: int) -> None:
    """Sets permission bits; with an ACL the group bits are its mask."""
    node.mode = mode
    if node.acl:
        wanted = entries(node.acl)
        wanted["user:"], wanted["other:"] = mode >> 6 & 7, mode & 7
        wanted["mask:" if "mask:" in wanted else "group:"] = mode >> 3 & 7
        node.acl = _listed(wanted)


def inherit(parent: Node, child: Node) -> None:
    """Gives a new child the default ACL of its directory, cut down by the mode it was created with."""
    defaults = {key: value for key, value in entries(parent.acl).items() if key.startswith("default:")}
    if not defaults:
        return
    mode = child.mode
    own = {key.removeprefix("default:"): value for key, value in defaults.items()}
    own["user:"] &= mode >> 6 & 7
    own["other:"] &= mode & 7
    own["mask:" if "mask:" in own else "group:"] &= mode >> 3 & 7
    set_list(child, _listed({**own, **(defaults if child.is_dir else {})}))
