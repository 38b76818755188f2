"""One file from the origin to the destination, and one file read back: chunk by chunk, hashed on the way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial

from hdfs_native import AsyncFileReader, AsyncFileWriter, WriteOptions

from hadoop_dr.adapters.native.budget import ByteBudget, Throttle
from hadoop_dr.adapters.native.operations import KEEP_ATIME
from hadoop_dr.adapters.native.site import SiteClient
from hadoop_dr.ports.mover import Copy, Digest, Meter, MoverLimits, Read

CHUNK_BYTES = 4 << 20
"""So much of a file is read and written at once."""
_SMALLEST_CHUNK_BYTES = 64 << 10
_SLOW_S = 5.0
_HASH_ASIDE_BYTES = 256 << 10     # above, hashing would hold the loop for longer than a thread switch costs


class ShortFile(Exception):
    """A file has fewer bytes than are wanted of it, or a new one not as many as were sent."""


class Streams:
    """Moves bytes under shared limits."""

    def __init__(self, limits: MoverLimits, meter: Meter) -> None:
        self._meter = meter
        self._memory = ByteBudget(limits.buffer_bytes)
        self._throttle = Throttle(limits.bandwidth_bytes_s)
        self._chunk_bytes = chunk_bytes(limits)

    async def copy(self, origin: SiteClient, destination: SiteClient, job: Copy) -> Digest:
        """Writes the new file, closes it, sets its attributes and looks at its length.

        Raises:
            ShortFile: The origin or the new file has not the bytes it must have. Or whatever the library raises.
        """
        reader = await origin.call(lambda client: client.read(job.origin), begins=True)
        _expect_at_least(job.origin, reader.size, job.offset + job.length)
        options = WriteOptions(block_size=job.block_size, replication=job.replication, permission=job.mode & 0o777,
                               overwrite=True, create_parent=False)
        writer: AsyncFileWriter = await destination.call(
            lambda client: client.create(job.destination, options), begins=True)

        async def write(chunk: bytes) -> float:
            return (await destination.stream(lambda: writer.write(chunk)))[1]

        sha256 = await self._pass(origin, reader, job.offset, job.length, write)
        await destination.stream(writer.close)
        await self._finish(destination, job)
        return Digest(job.key, sha256, job.length)

    async def digest(self, site: SiteClient, job: Read) -> Digest:
        """Reads a file back."""
        reader = await site.call(lambda client: client.read(job.path), begins=True)
        _expect_at_least(job.path, reader.size, job.offset + job.length)
        return Digest(job.key, await self._pass(site, reader, job.offset, job.length, _nowhere), job.length)

    async def _pass(self, site: SiteClient, reader: AsyncFileReader, offset: int, length: int,
                    use: Callable[[bytes], Awaitable[float]]) -> str:
        """Takes the bytes chunk by chunk, each held against the memory budget, and gives their digest."""
        sha256, end, most = hashlib.sha256(), offset + length, self._chunk_bytes
        while offset < end:
            count = min(most, end - offset)
            await self._memory.take(count)
            try:
                await self._throttle.pass_through(count)
                chunk, read_s = await site.stream(partial(reader.read_range, offset, count))
                if len(chunk) != count:
                    raise ShortFile(f"{len(chunk)} bytes instead of {count} came from offset {offset}")
                await self._hash(sha256, chunk)
                used_s = await use(chunk)
                if read_s + used_s > _SLOW_S:      # a thin line: show sooner that something comes through
                    most = max(min(most, _SMALLEST_CHUNK_BYTES), most // 4)
            finally:
                self._memory.give(count)
            self._meter.bytes += count
            offset += count
        return sha256.hexdigest()

    async def _hash(self, sha256: hashlib._Hash, chunk: bytes) -> None:
        if len(chunk) < _HASH_ASIDE_BYTES:
            sha256.update(chunk)
        else:
            await asyncio.get_running_loop().run_in_executor(None, sha256.update, chunk)

    async def _finish(self, destination: SiteClient, job: Copy) -> None:
        """Looks at what was written and sets what is not so yet; the time comes last and says that all is done."""
        status = await destination.call(lambda client: client.get_file_info(job.destination))
        if status.length != job.length:
            raise ShortFile(f"{job.destination} holds {status.length} bytes after {job.length} were written")
        if (status.owner, status.group) != (job.owner, job.group):
            await destination.call(lambda client: client.set_owner(job.destination, job.owner, job.group))
        if status.permission != job.mode:
            await destination.call(lambda client: client.set_permission(job.destination, job.mode))
        await destination.call(lambda client: client.set_times(job.destination, job.mtime_ms, KEEP_ATIME))


def chunk_bytes(limits: MoverLimits) -> int:
    """How much is taken at once: never more than a second of the bandwidth, so that while some wait others move."""
    most = min(CHUNK_BYTES, limits.buffer_bytes)
    return min(most, limits.bandwidth_bytes_s) if limits.bandwidth_bytes_s else most


def _expect_at_least(path: str, size: int, wanted: int) -> None:
    if size < wanted:
        raise ShortFile(f"{path} holds {size} bytes, {wanted} are wanted")


async def _nowhere(_: bytes) -> float:
    """Where the bytes of a file go that is only read back."""
    return 0.0
