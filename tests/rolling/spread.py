"""A small balancer on loopback: connections in turn, to whoever says that it is ready, as Caddy or Kubernetes do it.

It carries bytes and understands none of them, so that nothing hides a broken connection from its client.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Self

LOOK_SECONDS = 0.3
"""Between two looks at /ready; the notice that a service gives has to be longer."""
_ANSWER_SECONDS = 2.0


class Spread:
    """One port before several; a back-end that refuses is passed over at once, one that is not ready after a look."""

    def __init__(self, port: int, backends: Iterable[int]) -> None:
        self._port, self._backends = port, list(backends)
        self._ready: set[int] = set()
        self._turn = 0
        self._carried: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self._port)
        self._looks = [asyncio.create_task(self._watch(backend)) for backend in self._backends]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in (*self._looks, *self._carried):
            task.cancel()
        await asyncio.gather(*self._looks, *self._carried, return_exceptions=True)

    def is_ready(self, backend: int) -> bool:
        """Whether connections go there."""
        return backend in self._ready

    async def _watch(self, backend: int) -> None:
        while True:
            if await _says_ready(backend):
                self._ready.add(backend)
            else:
                self._ready.discard(backend)
            await asyncio.sleep(LOOK_SECONDS)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Called by asyncio in a task of its own, kept here so that it can be ended."""
        task = asyncio.current_task()
        if task is not None:
            self._carried.add(task)
            task.add_done_callback(self._carried.discard)
        try:
            await self._carry(reader, writer)
        finally:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        turn = self._turn % len(self._backends)
        in_turn = [b for b in (*self._backends[turn:], *self._backends[:turn]) if b in self._ready]
        for backend in in_turn:
            with contextlib.suppress(OSError):
                theirs, ours = await asyncio.open_connection("127.0.0.1", backend)
                break
        else:
            return
        try:
            await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))
        finally:
            ours.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Everything that comes, and then that nothing more does; what breaks here breaks on the other side, too."""
    try:
        while piece := await source.read(65_536):
            sink.write(piece)
            await sink.drain()
        sink.write_eof()
    except OSError:
        sink.close()


async def _says_ready(port: int) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /ready HTTP/1.1\r\nhost: balancer\r\nconnection: close\r\n\r\n")
                return (await reader.readline()).split(b" ")[1:2] == [b"200"]
            finally:
                writer.close()
    return False
