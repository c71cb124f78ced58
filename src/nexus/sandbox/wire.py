"""Misbehaviour below HTTP: connections cut without an answer, and answers that never come.

A Starlette response cannot break its own connection, so the sandbox's server puts the transport into
the request's scope (`AbortableProtocol`); `CutConnection` and `hang` use it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT_KEY = "sandbox.transport"


class AbortableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol that lets a response reach the connection it travels on."""

    def on_message_begin(self) -> None:
        """Adds the transport to the scope of each new request."""
        super().on_message_begin()
        scope = cast(dict[str, Any], self.scope)
        scope[TRANSPORT_KEY] = self.transport


class CutConnection(Response):
    """Instead of an answer, the connection is reset. Only works on `AbortableProtocol`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Aborts the connection and waits until the server has noticed, so that it writes no 500."""
        scope[TRANSPORT_KEY].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def hang(request: Request, seconds: float) -> CutConnection:
    """Says nothing for `seconds`, or until the caller hangs up or the server stops; then cuts the connection."""

    async def until_gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    waiting = asyncio.ensure_future(until_gone())
    # The server cancels what still hangs when it stops: that ends as every hang ends, without a traceback.
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait([waiting], timeout=seconds)
    waiting.cancel()
    return CutConnection()
