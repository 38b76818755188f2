"""How each change that must not be made twice is recognised afterwards, when its answer was lost (I11)."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.adapters.webhdfs.errors import ReadBack
from hadoop_dr.adapters.webhdfs.reading import WebHdfsReader
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.tree.file_attributes import DirEntry


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


def _at(reader: WebHdfsReader, path: str) -> DirEntry | None:
    try:
        return reader.status(path)
    except NotFound:
        return None
