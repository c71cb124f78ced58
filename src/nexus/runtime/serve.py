"""How every service is served: uvicorn with uvloop and httptools, our own logs, and an end in two steps.

After SIGTERM `/ready` answers 503 and every answer tells its client to hang up, while the port stays open for
DRAIN_NOTICE_SECONDS: whoever spreads requests over several of us has looked elsewhere before the port closes. Then
requests under way get REQUESTS_SECONDS.
"""

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus.runtime.logs import configure_logging, get_logger
from nexus.runtime.protocol import BoundedHttp
from nexus.runtime.settings import Settings, StartRefusedError

MAX_FRAME_BYTES = 1024 * 1024
REQUESTS_SECONDS = 8
STOP_SECONDS = 15
"""From the closed port to the end of the process, at most; whoever stops us waits that and the notice (deploy/)."""


class Doorway:
    """The app as it comes and goes: why its start was refused, and what its last requests are told.

    An error of the start that nobody foresaw keeps its traceback.
    """

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app, self._service = app, service
        self.refusal: str | None = None
        self.leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "http" and self.leaving:
            await self._answer_and_part(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            error = sys.exc_info()[1]  # Starlette tells of the failed start while it handles the reason
            if message["type"] == "lifespan.startup.failed" and isinstance(error, StartRefusedError):
                self.refusal = str(error)
                message = {"type": message["type"]}
            await send(message)

        await self.app(scope, receive, note)

    async def _answer_and_part(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As always, but on this connection nothing more is asked: one kept open would break with the next question."""

        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
            await send(message)

        if scope["path"] == "/ready":
            state = {"status": "leaving", "service": self._service, "database": "unknown", "redis": "unknown"}
            await JSONResponse(state, status_code=503)(scope, receive, last)
        else:
            await self.app(scope, receive, last)


class Server(uvicorn.Server):
    """As uvicorn's; before the port closes it gives notice, and then `leaving` ends what only waits for news."""

    def __init__(
        self,
        config: uvicorn.Config,
        leaving: Callable[[], Awaitable[None]] | None,
        doorway: Doorway | None = None,
        notice_seconds: float = 0.0,
    ) -> None:
        super().__init__(config)
        self._leaving, self._doorway, self._notice = leaving, doorway, notice_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Of uvicorn. What stands by now stays, and is not looked through for rubbish again: each look would hold
        everybody up, for some 100 ms in the Orchestrator."""
        await super().startup(sockets)
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Of uvicorn, after SIGTERM."""
        if self._doorway is not None:
            self._doorway.leaving = True
        await asyncio.sleep(self._notice)
        if self._leaving is not None:
            await self._leaving()
        await super().shutdown(sockets)


def run_service(
    service: str,
    app: ASGIApp,
    settings: Settings,
    port: int,
    leaving: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve until SIGTERM; a start that is refused ends the process with one line in the log and exit code 1."""
    configure_logging(service, settings.log_level)
    logging.getLogger("uvicorn.error").addFilter(lambda line: "startup failed" not in line.getMessage())
    doorway = Doorway(app, service)
    config = uvicorn.Config(
        doorway,
        host=settings.nexus_host,
        port=port,
        loop="uvloop",
        http=BoundedHttp,
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # a compressor for each view costs more memory than all else of it
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_SECONDS,
        timeout_keep_alive=65,
    )
    server = Server(config, leaving, doorway, settings.drain_notice_seconds)
    try:
        server.run()
    except SystemExit:
        get_logger().error("service_not_started", port=port, reason=doorway.refusal)
        sys.exit(1)
    if not server.started:
        sys.exit(1)
