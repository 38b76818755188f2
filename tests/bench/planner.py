"""How long a plan takes and how much memory: ``python tests/bench/planner.py [changes ...]`` (default 10^5 and 10^6).

Each size runs in a process of its own, so that the peak is its own. A third of the changes are new files in new
directories, a third are moves (half of them below a directory that moves too), a third are deletions and attributes.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.tree.file_attributes import DiffEntry, DiffPage, FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.domain.tree.snapshot_diff import merge

WIDTH = 1000


def facts(inode: int, *, is_dir: bool = False, mode: int = 0o644) -> FileAttributes:
    kind = FileKind.DIRECTORY if is_dir else FileKind.FILE
    return FileAttributes(
        kind, 0 if is_dir else 1000 + inode, "hive", "hadoop", mode, 3, 128 << 20, 1_800_000_000_000 + inode
    )


def touched(changes: int) -> Iterator[Item]:
    """Items of a large change, from inode 2 upwards."""
    root = facts(1, is_dir=True)
    yield Item(1, "", "", root, root)
    inode = 2
    for block in range(max(1, changes // WIDTH)):
        kind, directory = block % 3, f"warehouse/table {block // 100}/day={block}"
        top = facts(inode, is_dir=True)
        moved = f"warehouse/moved {block // 100}/day={block}"
        if kind == 0:
            yield Item(inode, None, directory, None, top, content=Content.WHOLE)
        else:
            yield Item(inode, directory, moved if kind == 1 else directory, top, top)
        inode += 1
        for number in range(WIDTH - 1):
            name, now = f"part-{number:05d} e%20.parquet", facts(inode)
            old, new = f"{directory}/{name}", f"{directory}/{name}"
            if kind == 0:
                yield Item(inode, None, new, None, now, content=Content.WHOLE)
            elif kind == 1:
                yield Item(inode, old, f"{moved}/{name}" + ("x" if number % 2 else ""), now, now)
            elif number % 2:
                yield Item(inode, old, None, now, None)
            else:
                yield Item(inode, old, new, now, facts(inode, mode=0o600))
            inode += 1


def pages(changes: int) -> Iterator[DiffPage]:
    """A diff listing: renames of directories, and renames, creations and deletions below them."""
    inode = 2
    for block in range(max(1, changes // WIDTH)):
        directory = f"warehouse/table {block // 100}/day={block}"
        deleted = [DiffEntry(inode, 1, directory, f"warehouse/moved/day={block}")]
        created: list[DiffEntry] = []
        modified: list[DiffEntry] = []
        top = inode
        for number in range(WIDTH - 1):
            inode += 1
            entry = DiffEntry(inode, top, f"{directory}/part-{number:05d}")
            (created, modified, deleted)[number % 3].append(entry)
        inode += 1
        yield DiffPage(tuple(modified), tuple(created), tuple(deleted))


def measure(changes: int) -> None:
    begun = time.monotonic()
    items = list(touched(changes))
    gc.collect()
    made, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plan = make_plan(items, unit_files=10_000, unit_bytes=1 << 40, directory_limit=1 << 20)
    planned, peak = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{changes:>9} items: built in {made - begun:5.1f} s ({before >> 10} MiB), "
          f"planned in {planned - made:5.1f} s, "
          f"peak {peak >> 10} MiB; {len(plan.park)} parked, {len(plan.units)} units")
    del items, plan
    gc.collect()
    begun = time.monotonic()
    found = merge(pages(changes))
    print(f"{changes:>9} diff entries: merged in {time.monotonic() - begun:5.1f} s, "
          f"{len(found.created)} created, {len(found.renamed)} renamed, "
          f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")


if __name__ == "__main__":
    sizes = sys.argv[1:] or ["100000", "1000000"]
    if len(sizes) == 1:
        measure(int(sizes[0]))
    else:
        for size in sizes:
            subprocess.run([sys.executable, __file__, size], check=True)
