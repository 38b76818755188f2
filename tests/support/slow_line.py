"""A real TCP proxy in front of a daemon that makes the way to it long, or narrow, and loses nothing.

Long: what goes through arrives later, however much it is. Narrow: so many bytes a second, over all connections; what
waits for its turn waits behind everything that was sent before, as in front of a daemon that has much to do.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK_BYTES = 1 << 14
_AHEAD = 1024
_PATIENCE_S = 10.0


@dataclass
class SlowLine:
    """Listens on a free port of this machine and forwards to one daemon.

    Attributes:
        delay_s: From one end to the other; a round trip takes twice as long.
        bytes_s: What comes through to the daemon in a second; 0 is all of it.
        connections: How many were opened.
        rewrite: Bytes of answers that become others of the same length, and back in requests; where a chunk ends inside
            of them, they stay.
    """

    host: str
    port: int
    delay_s: float = 0.0
    bytes_s: int = 0
    connections: int = 0
    rewrite: Sequence[tuple[bytes, bytes]] = ()
    _free_at_s: float = 0.0
    _ports: list[int] = field(default_factory=list)

    @property
    def address(self) -> str:
        """``host:port`` to connect to."""
        return f"127.0.0.1:{self._ports[0]}"

    async def open(self) -> asyncio.Server:
        """Begins to listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._ports.append(server.sockets[0].getsockname()[1])
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            there, back = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        # Either end may close its half and still read; when both have, or the line is taken down, it is over.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(self._carry(reader, back, self.bytes_s, [(new, old) for old, new in self.rewrite]),
                                 self._carry(there, writer, 0, self.rewrite))
        for end in (writer, back):
            end.close()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, bytes_s: int,
                     rewrite: Sequence[tuple[bytes, bytes]]) -> None:
        on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_AHEAD)
        clock = asyncio.get_running_loop().time

        async def take_in() -> None:
            chunk = b"-"
            while chunk:
                chunk = await _read(source, rewrite)
                due_s = clock()
                if bytes_s:
                    self._free_at_s = due_s = max(self._free_at_s, due_s) + len(chunk) / bytes_s
                await on_its_way.put((due_s + self.delay_s, chunk))

        await asyncio.gather(take_in(), _let_out(on_its_way, target))


async def _read(source: asyncio.StreamReader, rewrite: Sequence[tuple[bytes, bytes]]) -> bytes:
    """What came; nothing at the end, and when the connection broke."""
    try:
        chunk = await source.read(_CHUNK_BYTES)
    except OSError:
        return b""
    for old, new in rewrite:
        chunk = chunk.replace(old, new)
    return chunk


async def _let_out(on_its_way: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
    """Passes on what is due, to its end."""
    while True:
        due_s, chunk = await on_its_way.get()
        await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
        with suppress(OSError):
            if chunk:
                target.write(chunk)
                await target.drain()
            else:
                target.write_eof()
        if not chunk:
            return


@contextmanager
def slow_lines(*lines: SlowLine) -> Iterator[None]:
    """Carries the lines on a thread of their own for as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="slow lines", daemon=True)
    thread.start()
    try:
        for line in lines:
            asyncio.run_coroutine_threadsafe(line.open(), loop).result(_PATIENCE_S)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_end(), loop).result(_PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE_S)
        loop.close()


async def _end() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
