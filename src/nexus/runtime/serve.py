"""How every service is served: uvicorn with uvloop and httptools, our own logs, and a bounded shutdown."""

import sys

import uvicorn
from starlette.types import ASGIApp

from nexus.runtime.logs import configure_logging, get_logger
from nexus.runtime.settings import Settings


def run_service(service: str, app: ASGIApp, settings: Settings, port: int) -> None:
    """Serve until SIGTERM; a start that fails ends the process with one line in the log and exit code 1."""
    configure_logging(service, settings.log_level)
    config = uvicorn.Config(
        app,
        host=settings.nexus_host,
        port=port,
        loop="uvloop",
        http="httptools",
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
        get_logger().error("service_not_started", port=port)
        raise
    if not server.started:
        sys.exit(1)
