"""Kept connections to the Orchestrator for short questions, parsed by httptools.

aiohttp, which carries everything else, costs 0.25 ms of CPU for each of them: more than all that remains of a poll
(docs/benchmarks.md, decision 0020).
"""

import asyncio
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools

_SECONDS = 15.0
_MOST_IDLE = 64
_LARGEST = 8 * 1024 * 1024


class Answer(NamedTuple):
    """A whole answer; names of headers as the Orchestrator wrote them."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class KeptLines:
    """One per process; `close()` it at the end."""

    def __init__(self, url: str) -> None:
        """`url` is the Orchestrator's base, scheme and authority."""
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._tls else 80)
        self._idle: list[_Line] = []

    async def ask(self, request: bytes) -> Answer:
        """Send a whole request, its head line by line with the empty one that ends it and its body; the answer to it.

        Raises OSError (TimeoutError, after 15 s, is one) when the line was not there or was lost: whether the request
        arrived is then unknown, so it has to be one that may be asked again.
        """
        line = self._idle.pop() if self._idle else await self._dial()
        answer = await line.ask(request)
        if line.usable and len(self._idle) < _MOST_IDLE:
            self._idle.append(line)
        else:
            line.hang_up()
        return answer

    def close(self) -> None:
        """Close the connections."""
        while self._idle:
            self._idle.pop().hang_up()

    async def _dial(self) -> "_Line":
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(3):
            _, line = await loop.create_connection(
                lambda: _Line(self._idle), self._host, self._port, ssl=self._tls or None
            )
        return line


class _Line(asyncio.Protocol):
    """One connection; the callbacks in the middle are the parser's. Lost while idle, it leaves `resting`."""

    def __init__(self, resting: list["_Line"]) -> None:
        self._resting = resting
        self._answered: asyncio.Future[Answer] | None = None
        self.usable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, request: bytes) -> Answer:
        if self._transport.is_closing():
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        answered: asyncio.Future[Answer] = loop.create_future()
        self._answered = answered
        limit = loop.call_later(_SECONDS, self._fail, TimeoutError())
        try:
            self._transport.write(request)
            return await answered
        finally:
            limit.cancel()
            self._answered = None
            if not answered.done() or answered.cancelled() or answered.exception():
                self.hang_up()

    def hang_up(self) -> None:
        self.usable = False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._answered is None:  # nobody asked: what comes cannot be told from an answer
            self._leave()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._leave()
            self._fail(ConnectionResetError())

    def on_message_begin(self) -> None:
        if self._answered is None or self._answered.done():  # a second answer to one question
            raise ConnectionResetError

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > _LARGEST:
            self._fail(ConnectionResetError())

    def on_message_complete(self) -> None:
        self.usable = self._parser.should_keep_alive()
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(Answer(self._parser.get_status_code(), self._headers, bytes(self._body)))

    def connection_lost(self, error: Exception | None) -> None:
        self._leave()
        self._fail(ConnectionResetError())

    def _fail(self, error: OSError) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error)

    def _leave(self) -> None:
        self.usable = False
        if self in self._resting:
            self._resting.remove(self)
        self._transport.abort()
