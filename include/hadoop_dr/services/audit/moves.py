"""What a snapshot diff says, with the moves that it does not tell: out of a directory that went (I9).

HDFS tells such a move as a deletion and a creation. Only the inode ids of what lies in both show which file it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from hadoop_dr.domain.tree.inventory import Entry
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes, merge, visible, with_moves
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.transfer.changes.snapshot_tree import ReadLimits, Tree


def changes_with_moves(namenode: NameNode, root: str, older: str, newer: str) -> Changes:
    """Reads it for two snapshots of a root, and lists what went and what came, where both did.

    Memory is for the files that went.
    """
    reported = visible(merge(namenode.diff(root, older, newer)))
    if not (reported.created and reported.deleted):
        return reported
    apart = {change.inode for change in reported.renamed}
    before, after = (Tree(namenode, root, name) for name in (older, newer))
    with ReadLimits().pool() as pool:

        def files(tree: Tree, tops: list[str | None]) -> Iterator[Entry]:
            found = tree.entries((top for top in tops if top is not None), pool).values()
            below = tree.below(found, pool, lambda inode: inode not in apart)
            return (entry for entry in chain(found, below) if not entry.facts.is_dir)

        gone = {entry.inode: entry.path for entry in files(before, [change.old for change in reported.deleted])}
        came = files(after, [change.new for change in reported.created])
        moves = [Change(entry.inode, gone[entry.inode], entry.path) for entry in came if entry.inode in gone]
    return with_moves(reported, moves)
