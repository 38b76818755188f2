"""What only the NameNode's own check of its name space tells in bulk: files that are open, and everybody's block ids.

WebHDFS has no operation for either that does not take a request for each file. ``fsck`` looks at every file below a
path, also in a snapshot (80,000 a second on the lab). Paths come in UTF-8, byte by byte (measured). An open file is
followed by the next one on the same line; block ids come like this::

    /data/a b 4096 bytes, replicated: replication=2, 1 block(s):  OK
    0. BP-34-127.0.0.1-17:blk_1073742914_2091 len=4096 Live_repl=2
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

import requests

from hadoop_dr.adapters.webhdfs.client import OneNameNode
from hadoop_dr.adapters.webhdfs.errors import Lost, error_of, reason_of
from hadoop_dr.domain.errors import NotFound, NotReady
from hadoop_dr.domain.tree.inventory import BlockIds

_MARK = ", OPENFORWRITE: "
_FILE = re.compile(r"(.*) \d+ bytes, (?:replicated: replication=|erasure-coded: policy=)\S+, \d+ block\(s\)")
_DAMAGE = re.compile(r".*: CORRUPT blockpool ")
_BLOCK = re.compile(r"\d+\. \S+:blk_(-?\d+)_\d+ ")
_ENDS = ("Status: HEALTHY", "Status: CORRUPT")
_CHUNK_BYTES = 1 << 16


def open_files(node: OneNameNode, path: str, wait_s: float) -> list[str]:
    """Asks one NameNode for the files that a writer has open.

    Raises:
        NotFound: The path does not exist.
        NotReady: The check did not come to its end, as on a standby.
    """
    return named_open(_checked(node, path, wait_s, openforwrite="1"), path)


def block_ids(node: OneNameNode, path: str, wait_s: float) -> Iterator[BlockIds]:
    """Asks one NameNode for the block ids of all files that have blocks, by path relative to ``path``.

    They come as the NameNode goes through the tree, in its own order, and are not kept here.

    Raises:
        NotFound, NotReady: As above, the second also while the answer is read.
    """
    answer = _ask(node, path, wait_s, files="1", blocks="1")
    rows = listed_blocks(whole_lines(_lines(answer), path, answer.url), path)
    first = list(islice(rows, 1))  # a standby's answer ends before it, while whoever asked can still ask another one
    return chain(first, rows)


def each_once(ask: Callable[[], Iterator[BlockIds]]) -> Iterator[BlockIds]:
    """Goes on where an answer broke off, as long as each one comes further than the one before.

    Only for what does not change, such as a snapshot: all answers have to be the same.

    Raises:
        NotReady: The last answer came no further.
    """
    handed_on = 0
    while True:
        before = handed_on
        try:
            for row in islice(ask(), handed_on, None):
                handed_on += 1
                yield row
            return
        except NotReady:
            if handed_on == before:
                raise


def _checked(node: OneNameNode, path: str, wait_s: float, **what: str) -> str:
    answer = _ask(node, path, wait_s, **what)
    return "\n".join(whole_lines(_lines(answer), path, answer.url))


def _ask(node: OneNameNode, path: str, wait_s: float, **what: str) -> requests.Response:
    url = node.url.rstrip("/") + "/fsck"
    timeout = (node.connect_s, wait_s)
    answer = node.exchange("GET", url, params={"path": path, **what}, timeout=timeout, stream=True)
    if answer.status_code >= 400:
        try:
            raise error_of(answer, url)
        except requests.RequestException as broken:
            raise Lost(f"no answer from {url} ({reason_of(broken)})") from broken
    return answer


def _lines(answer: requests.Response) -> Iterator[str]:
    try:
        with answer:
            for line in answer.iter_lines(_CHUNK_BYTES, delimiter=b"\n"):
                yield line.decode("utf-8", "replace")
    except (requests.RequestException, OSError) as broken:
        raise NotReady(answer.url.partition("?")[0], f"its fsck ended early: {broken}",
                       "Run again once the NameNode answers") from broken


def whole_lines(lines: Iterable[str], path: str, url: str) -> Iterator[str]:
    """Hands on the lines of a check.

    Raises:
        NotFound, NotReady: At its end, when that is not the end of a check.
    """
    ended, last = False, ""
    for line in lines:
        if line == f"Path '{path}' does not exist":
            raise NotFound(path, "does not exist", "Run again if it was removed during the run")
        ended = ended or line in _ENDS
        last = line.strip() or last
        yield line
    if not ended:
        raise NotReady(url.partition("?")[0], f"the check of {path} failed: {last[:200]}",
                       "Correct what the NameNode names, then run again")


def listed_blocks(lines: Iterable[str], path: str) -> Iterator[BlockIds]:
    """Reads a check with blocks.

    Names come as they are, with their line breaks, so what is said of an item goes on until the next one begins: at a
    line with the path of the tree. In a snapshot no name can look like that, because none is ``.snapshot``; nor can one
    look like what follows it, because none has a colon.
    """
    above, item = f"{path.rstrip('/')}/", list[str]()
    for line in chain(lines, [above]):
        if not line.startswith(above) or _DAMAGE.match(line):
            item += [line] if item else []
            continue
        if found := _file(item):
            yield found[0].removeprefix(above), found[1]
        item = [line]


def _file(item: Sequence[str]) -> BlockIds | None:
    """The path and the block ids of a file that has blocks, from all lines about it."""
    for at, line in enumerate(item):
        if head := _FILE.match(line):
            ids = tuple(int(block[1]) for line in item[at + 1 :] if (block := _BLOCK.match(line)))
            return ("\n".join([*item[:at], head[1]]), ids) if ids else None
    return None


def named_open(page: str, path: str) -> list[str]:
    """Reads the page of a check of a directory for open files; their names may have line breaks, and no colon."""
    above = re.escape(f"{path.rstrip('/')}/")
    file = re.compile(rf"({above}[^:]*) \d+ bytes, (?:replicated|erasure-coded): [^/\n]*\Z")
    found = (file.search(part) for part in page.split(_MARK)[:-1])
    return sorted(one.group(1) for one in found if one)
