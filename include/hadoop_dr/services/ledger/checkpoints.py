"""Reduced states beside a chain, so that a reader need not start at its first entry.

They are compressed, and only the newest two stay on a site: one that is read while the next is written, and that one. A
reader for whom one goes away all the same looks again, and in the end begins at the first entry, which stays for ever.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.errors import DrError, NotFound, Protocol
from hadoop_dr.ports.files import Files
from hadoop_dr.services.pool import map_bounded

_VERSION = 7
"""Version of a checkpoint and of the states in it. It grows with every kind and field of the ledger that changes a
state: who knows less wrote a state that lacks something, who knows more one that cannot be read."""
_STAY = 2
_LOOKS = 3
_ENDING = ".json.gz"
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state that the entries of a chain up to one of them add up to.

    Attributes:
        n: Number of that entry.
        digest: Its digest.
        state: The state after it, as written by the caller.
    """

    n: int
    digest: str
    state: Mapping[str, Any]


def keep_checkpoint(sites: Iterable[Files], path: str, checkpoint: Checkpoint) -> list[str]:
    """Writes a checkpoint of a chain, and takes away what is older than the newest two.

    Returns:
        On which site it is not kept, or older ones are still there, and why.
    """
    n = checkpoint.n
    kept = {"v": _VERSION, "n": n, "digest": checkpoint.digest, "state": checkpoint.state}
    content = gzip.compress(json.dumps(kept).encode(), _LEVEL, mtime=0)

    def keep(files: Files) -> str | None:
        try:
            files.put(f"{path}/checkpoints/{n:012d}{_ENDING}", content)
        except DrError as error:
            return f"the checkpoint of ledger entry {n} is not on {files.site}: {error}"
        try:
            _remove_older(files, f"{path}/checkpoints")
        except DrError as error:
            return f"checkpoints before ledger entry {n} are still on {files.site}: {error}"
        return None

    return [problem for problem in map_bounded(keep, sites) if problem is not None]


def _remove_older(files: Files, directory: str) -> None:
    """Oldest first, so that whatever ends this leaves no gap that only an old one would fill."""
    names = files.names(directory)
    first = [name for name in names if name.endswith(_ENDING)][-_STAY:][0]
    for name in names:
        if name[:12].isdigit() and name[:12] < first[:12]:
            files.remove(f"{directory}/{name}")


def newest_checkpoint(files: Files, path: str) -> Checkpoint | None:
    """Returns the newest checkpoint of a chain; None if it has none.

    Those that another version of this product made count for nothing: the entries before them say the same.

    Raises:
        Protocol: The checkpoint is none.
    """
    for _ in range(_LOOKS):
        names = [name for name in files.names(f"{path}/checkpoints") if name.endswith(_ENDING)]
        try:
            return _first_known(files, [f"{path}/checkpoints/{name}" for name in reversed(names)])
        except NotFound:  # newer ones were written since, or all of it went aside
            continue
    return None


def _first_known(files: Files, places: Sequence[str]) -> Checkpoint | None:
    for where in places:
        content = files.get(where)
        try:
            kept = json.loads(gzip.decompress(content))
            if kept["v"] == _VERSION:
                return Checkpoint(kept["n"], kept["digest"], kept["state"])
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
            remedy = "Move it away; the chain is then read from its first entry."
            raise Protocol(where, "not a checkpoint", remedy) from error
    return None
