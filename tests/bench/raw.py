"""Raw loops of the same client: what moving could cost at best, and many files made fast."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from hdfs_native import WriteOptions

from hadoop_dr.adapters.native.config import client_of
from hadoop_dr.adapters.native.loop import LoopThread
from hadoop_dr.domain.config.addresses import HdfsAddress

_CHUNK_BYTES = 4 << 20
_AT_ONCE = 16
_MADE_AT_ONCE = 256


def copy_raw(source: HdfsAddress, target: HdfsAddress, pairs: Sequence[tuple[str, str]], block_size: int) -> float:
    """Copies files, sixteen at once, and does nothing else; gives the seconds."""
    thread = LoopThread("raw")
    try:
        begun_s = time.monotonic()
        thread.run(_all(source, target, pairs, block_size))
        return time.monotonic() - begun_s
    finally:
        thread.close()


def make_empty(site: HdfsAddress, paths: Sequence[str]) -> None:
    """Makes files without a byte, which no DataNode hears of: thousands a second. Their directories are there."""
    thread = LoopThread("empty")
    try:
        thread.run(_empty(site, paths))
    finally:
        thread.close()


async def _empty(site: HdfsAddress, paths: Sequence[str]) -> None:
    rest, client = iter(paths), client_of(site)
    options = WriteOptions(block_size=16 << 20, replication=2, overwrite=True, create_parent=False)

    async def some() -> None:
        for path in rest:
            await (await client.create(path, options)).close()

    await asyncio.gather(*(some() for _ in range(_MADE_AT_ONCE)))


async def _all(source: HdfsAddress, target: HdfsAddress, pairs: Sequence[tuple[str, str]], block_size: int) -> None:
    places = asyncio.Semaphore(_AT_ONCE)
    options = WriteOptions(block_size=block_size, replication=2, overwrite=True, create_parent=True)

    async def one(old: str, new: str) -> None:
        async with places:
            reader = await client_of(source).read(old)
            writer = await client_of(target).create(new, options)
            for offset in range(0, reader.size, _CHUNK_BYTES):
                await writer.write(await reader.read_range(offset, min(_CHUNK_BYTES, reader.size - offset)))
            await writer.close()

    await asyncio.gather(*(one(old, new) for old, new in pairs))
