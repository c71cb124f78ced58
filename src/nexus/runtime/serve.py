"""How every service is served: uvicorn with uvloop and httptools, our own logs, and a bounded shutdown."""

import logging
import sys

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus.runtime.logs import configure_logging, get_logger
from nexus.runtime.protocol import BoundedHttp
from nexus.runtime.settings import Settings, StartRefusedError


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


def run_service(service: str, app: ASGIApp, settings: Settings, port: int) -> None:
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
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=8,
        timeout_keep_alive=65,
    )
    server = uvicorn.Server(config)
    try:
        server.run()
    except SystemExit:
        get_logger().error("service_not_started", port=port, reason=start.refusal)
        sys.exit(1)
    if not server.started:
        sys.exit(1)
