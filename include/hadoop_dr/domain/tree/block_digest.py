"""The block ids of all files of a root in a few characters: equal digests, equal blocks (I9).

HDFS never writes into a block: a file keeps its bytes as long as it keeps its blocks, but for what is appended, which
its length shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from hadoop_dr.domain.paths import in_work_area
from hadoop_dr.domain.tree.inventory import BlockIds

_CHARACTERS = 32
"""Of SHA-256: each point keeps one for each root, and nobody gains by two roots that look the same."""


def block_digest(files: Iterable[BlockIds]) -> str:
    """Says it of files that come in the NameNode's order; those of a work area do not count."""
    digest = hashlib.sha256()
    for path, ids in files:
        if not in_work_area(path):
            digest.update(f"{path}\0{','.join(map(str, ids))}\0".encode(errors="surrogatepass"))
    return digest.hexdigest()[:_CHARACTERS]
