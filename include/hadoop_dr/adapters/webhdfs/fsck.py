"""What only the NameNode's own check of its name space tells in bulk: files that are open, and everybody's block ids.

WebHDFS has no operation for either that does not take a request for each file. ``fsck`` looks at every file below a
path, also in a snapshot (80,000 a second on the lab). Paths come in UTF-8, byte by byte (measured). An open file is
followed by the next one on the same line; block ids come like this::

    /data/a b 4096 bytes, replicated: replication=2, 1 block(s):  OK
    0. BP-34-127.0.0.1-17:blk_1073742914_2091 len=4096 Live_repl=2
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hadoop_dr.adapters.webhdfs.client import OneNameNode
from hadoop_dr.adapters.webhdfs.remote import error_of
from hadoop_dr.domain.errors import NotFound, NotReady

_MARK = ", OPENFORWRITE: "
_OPEN = re.compile(r"(/[^\n]*) \d+ bytes, (?:replicated|erasure-coded): [^/\n]*\Z")
_FILE = re.compile(r"(/.*) \d+ bytes, (?:replicated: replication=|erasure-coded: policy=)\S+, \d+ block\(s\)")
_BLOCK = re.compile(r"\d+\. \S+:blk_(-?\d+)_\d+ ")
_ENDED = re.compile(r"^Status: (?:HEALTHY|CORRUPT)$", re.MULTILINE)


def open_files(node: OneNameNode, path: str, wait_s: float) -> list[str]:
    """Asks one NameNode for the files that a writer has open.

    Raises:
        NotFound: The path does not exist.
        NotReady: The check did not come to its end, as on a standby.
    """
    return named_open(_checked(node, path, wait_s, openforwrite="1"))


def block_ids(node: OneNameNode, path: str, wait_s: float) -> list[tuple[str, tuple[int, ...]]]:
    """Asks one NameNode for the block ids of all files that have blocks, by path relative to ``path``.

    Raises:
        NotFound, NotReady: As above.
    """
    return list(listed_blocks(_checked(node, path, wait_s, files="1", blocks="1"), path))


def _checked(node: OneNameNode, path: str, wait_s: float, **what: str) -> str:
    url = node.url.rstrip("/") + "/fsck"
    answer = node.exchange("GET", url, params={"path": path, **what}, timeout=(node.connect_s, wait_s))
    if answer.status_code >= 400:
        raise error_of(answer, url)
    return whole(answer.content.decode("utf-8", "replace"), path, url)


def whole(page: str, path: str, url: str) -> str:
    """Gives the page of a check that came to its end."""
    if f"Path '{path}' does not exist" in page:
        raise NotFound(path, "does not exist")
    if not _ENDED.search(page):
        raise NotReady(url, f"the check of {path} failed: {page.strip().rpartition(chr(10))[2][:200]}")
    return page


def listed_blocks(page: str, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Reads the page of a check with blocks; a file with a line break in its name is left out."""
    above, file, ids = f"{path.rstrip('/')}/", "", list[int]()
    for line in page.split("\n"):
        if block := _BLOCK.match(line):
            ids.append(int(block[1]))
        elif line.startswith(("/", "Status: ")):
            if ids and file.startswith(above):
                yield file.removeprefix(above), tuple(ids)
            found = _FILE.match(line)
            file, ids = found[1] if found else "", []


def named_open(page: str) -> list[str]:
    """Reads the page of a check for open files."""
    found = (_OPEN.search(part) for part in page.split(_MARK)[:-1])
    return sorted(one.group(1) for one in found if one)
