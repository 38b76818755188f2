"""How each change that must not be made twice is recognised afterwards, when its answer was lost (I11)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from hadoop_dr.adapters.webhdfs.errors import ReadBack
from hadoop_dr.adapters.webhdfs.reading import WebHdfsReader
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.tree.file_attributes import Blocks, DirEntry, Snapshot
from hadoop_dr.ports.clock import Clock


def rename(reader: WebHdfsReader, source: str, target: str, inode: int) -> ReadBack:
    """Done when the source's inode is at the target; asked of the target first, since an inode path always finds it."""
    there = _at(reader, target)
    if there and there.inode == inode:
        return ReadBack.DONE
    still = _at(reader, source)
    return ReadBack.NOT_DONE if still and still.inode == inode else ReadBack.CANNOT_TELL


def delete(reader: WebHdfsReader, path: str, inode: int) -> ReadBack:
    """Done when that inode is not at the path any more; another one there is not ours to judge again."""
    there = _at(reader, path)
    if there is None:
        return ReadBack.DONE
    return ReadBack.NOT_DONE if there.inode == inode else ReadBack.DONE


def truncate(reader: WebHdfsReader, path: str, length: int) -> ReadBack:
    """Told by the length."""
    there = _at(reader, path)
    if there is None or there.facts.length < length:
        return ReadBack.CANNOT_TELL
    return ReadBack.DONE if there.facts.length == length else ReadBack.NOT_DONE


def concat(reader: WebHdfsReader, path: str, sources: Sequence[str], before: int, total: int) -> ReadBack:
    """Done when every source is gone and the length is the sum; not done when nothing changed."""
    there = _at(reader, path)
    left = [source for source in sources if _at(reader, source)]
    if there and there.facts.length == total and not left:
        return ReadBack.DONE
    if there and there.facts.length == before and len(left) == len(sources):
        return ReadBack.NOT_DONE
    return ReadBack.CANNOT_TELL


def create_snapshot(reader: WebHdfsReader, path: str, name: str, newest_before: int) -> ReadBack:
    """Done when the name is there under an id that was not given out yet before this call.

    A snapshot of that name with an older id is not this call's: sent again, the NameNode refuses the name.
    """
    ours = any(one.name == name and one.id > newest_before for one in reader.snapshots(path))
    return ReadBack.DONE if ours else ReadBack.NOT_DONE


def delete_snapshot(reader: WebHdfsReader, path: str, name: str) -> ReadBack:
    """Done when the name is gone or marked for ordered deletion."""
    there = any(one.name == name and not one.deleted for one in reader.snapshots(path))
    return ReadBack.NOT_DONE if there else ReadBack.DONE


def block_ends(blocks: Blocks) -> Iterator[int]:
    """The offset behind each block."""
    end = 0
    for block in blocks.blocks:
        end += block.length
        yield end


def _at(reader: WebHdfsReader, path: str) -> DirEntry | None:
    try:
        return reader.status(path)
    except NotFound:
        return None


_FRESH_S = 60.0


class ListedSnapshots:
    """Remembers, for a minute, the highest id of each root's latest listing. Ids only grow and are never reused."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def note(self, path: str, found: Sequence[Snapshot]) -> None:
        """Remembers a listing."""
        highest = max((one.id for one in found), default=-1)
        with self._lock:
            self._newest[path] = (self._clock.monotonic_s(), highest)

    def newest(self, path: str) -> int | None:
        """The highest id seen, -1 when there was none; None when the root was not listed lately."""
        with self._lock:
            at_s, highest = self._newest.get(path, (float("-inf"), -1))
        return highest if self._clock.monotonic_s() - at_s <= _FRESH_S else None
