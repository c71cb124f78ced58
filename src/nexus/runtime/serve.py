"""How every service is served: uvicorn with uvloop and httptools, our own logs, and a bounded shutdown."""

import logging
import socket
import sys
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus.runtime.logs import configure_logging, get_logger
from nexus.runtime.protocol import BoundedHttp
from nexus.runtime.settings import Settings, StartRefusedError

MAX_FRAME_BYTES = 1024 * 1024


class Start:
    """The app, noting why its start was refused; an error that nobody foresaw keeps its traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.refusal: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""

        async def note(message: Message) -> None:
            error = sys.exc_info()[1]  # Starlette tells of the failed start while it handles the reason
            if message["type"] == "lifespan.startup.failed" and isinstance(error, StartRefusedError):
                self.refusal = str(error)
                message = {"type": message["type"]}
            await send(message)

        await self.app(scope, receive, note if scope["type"] == "lifespan" else send)


class Server(uvicorn.Server):
    """As uvicorn's; before it waits for requests under way to end, `leaving` ends those that only wait for news."""

    def __init__(self, config: uvicorn.Config, leaving: Callable[[], Awaitable[None]] | None) -> None:
        super().__init__(config)
        self._leaving = leaving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Of uvicorn, after SIGTERM."""
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
    start = Start(app)
    config = uvicorn.Config(
        start,
        host=settings.nexus_host,
        port=port,
        loop="uvloop",
        http=BoundedHttp,
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # a compressor for each view costs more memory than all else of it
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=8,
        timeout_keep_alive=65,
    )
    server = Server(config, leaving)
    try:
        server.run()
    except SystemExit:
        get_logger().error("service_not_started", port=port, reason=start.refusal)
        sys.exit(1)
    if not server.started:
        sys.exit(1)
