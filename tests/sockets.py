"""Views of the agenda for tests and the bench: python-socketio's own client, and a bare one on a WebSocket."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import requests
import socketio
from websockets.asyncio.client import ClientConnection, connect

_QUIET = logging.getLogger("tests.sockets")
_QUIET.setLevel(logging.CRITICAL)  # its threads outlive a test, and then complain of that


class _Client(socketio.Client):  # type: ignore[misc]
    def leave(self) -> None:
        """Say good-bye, and do not wait for the poll under way: that one lasts 25 s."""
        if self._reconnect_abort is not None:
            self._reconnect_abort.set()
        self.eio.disconnect(abort=True)


class View:
    """python-socketio's client, by long polling; it connects again by itself, as a browser's does."""

    def __init__(self, url: str, auth: dict[str, Any] | None = None, **headers: str) -> None:
        self.url, self._auth, self._headers = url, auth, headers
        self.heard: list[tuple[str, list[Any]]] = []
        self.connections = 0
        session = requests.Session()
        session.trust_env = False
        self._client = _Client(
            http_session=session,
            reconnection_delay=0.2,
            reconnection_delay_max=0.5,
            handle_sigint=False,
            logger=_QUIET,
            engineio_logger=_QUIET,
        )
        self._client.on("*", self._hear)
        self._client.on("connect", self._connected)

    async def open(self) -> "View":
        """Connect. Raises socketio's ConnectionError when refused."""
        await asyncio.to_thread(
            self._client.connect, self.url, headers=self._headers, auth=self._auth, transports=["polling"]
        )
        return self

    async def emit(self, event: str, *data: Any) -> None:
        """What no client of ours does."""
        await asyncio.to_thread(self._client.emit, event, data)

    async def close(self) -> None:
        """Leave for good."""
        await asyncio.to_thread(self._client.leave)

    @property
    def is_connected(self) -> bool:
        """Whether the server holds it in its room now."""
        return bool(self._client.connected)

    def _hear(self, event: str, *arguments: Any) -> None:
        self.heard.append((event, list(arguments)))

    def _connected(self) -> None:
        self.connections += 1


class RefusedError(RuntimeError):
    """The server did not take the connection."""


class BareView:
    """Socket.IO on a bare WebSocket (protocol 5 on engine.io 4): light enough for a thousand in one process."""

    def __init__(self, connection: ClientConnection, hear: Callable[[str, list[Any]], None]) -> None:
        self._connection, self._hear = connection, hear
        self.listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, url: str, auth: dict[str, Any] | None, hear: Callable[[str, list[Any]], None], **headers: str
    ) -> "BareView":
        """Connect and listen. Raises RefusedError with the server's code."""
        query = urlencode({"EIO": 4, "transport": "websocket"})
        origin = headers.pop("Origin", None)
        connection = await connect(
            f"ws{url.removeprefix('http')}/socket.io/?{query}",
            additional_headers=headers,
            origin=origin,  # type: ignore[arg-type]
            compression=None,
            proxy=None,
            open_timeout=30,
            ping_interval=None,
        )
        await connection.recv()
        await connection.send("40" + (json.dumps(auth) if auth is not None else ""))
        answer = str(await connection.recv())
        if not answer.startswith("40"):
            await connection.close()
            raise RefusedError(answer[2:])
        view = cls(connection, hear)
        view.listening = asyncio.create_task(view._listen())
        return view

    async def close(self) -> None:
        """Leave for good."""
        await self._connection.close()
        if self.listening is not None:
            await self.listening

    async def _listen(self) -> None:
        async for frame in self._connection:
            text = str(frame)
            if text == "2":
                await self._connection.send("3")
            elif text.startswith("42"):
                event, *arguments = json.loads(text[2:])
                self._hear(event, arguments)
