"""Files that a writer has open, as the NameNode's own check of its name space tells them.

WebHDFS has no operation for it and no listing shows it. ``fsck`` looks at every file below a path (80,000 a second on
the lab) and names each that is open, the next one on the same line; paths come in UTF-8, byte by byte (measured).
"""

from __future__ import annotations

import re

from hadoop_dr.adapters.webhdfs.client import OneNameNode
from hadoop_dr.adapters.webhdfs.remote import error_of
from hadoop_dr.domain.errors import NotFound, NotReady

_MARK = ", OPENFORWRITE: "
_OPEN = re.compile(r"(/[^\n]*) \d+ bytes, (?:replicated|erasure-coded): [^/\n]*\Z")
_ENDED = re.compile(r"^Status: (?:HEALTHY|CORRUPT)$", re.MULTILINE)


def open_files(node: OneNameNode, path: str, wait_s: float) -> list[str]:
    """Asks one NameNode.

    Raises:
        NotFound: The path does not exist.
        NotReady: The check did not come to its end, as on a standby.
    """
    url = node.url.rstrip("/") + "/fsck"
    answer = node.exchange("GET", url, params={"path": path, "openforwrite": "1"}, timeout=(node.connect_s, wait_s))
    if answer.status_code >= 400:
        raise error_of(answer, url)
    return named_open(answer.content.decode("utf-8", "replace"), path, url)


def named_open(page: str, path: str, url: str) -> list[str]:
    """Reads the page of a check."""
    if f"Path '{path}' does not exist" in page:
        raise NotFound(path, "does not exist")
    if not _ENDED.search(page):
        raise NotReady(url, f"the check of {path} failed: {page.strip().rpartition(chr(10))[2][:200]}")
    found = (_OPEN.search(part) for part in page.split(_MARK)[:-1])
    return sorted(one.group(1) for one in found if one)
