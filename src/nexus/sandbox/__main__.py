"""`python -m nexus.sandbox`: the sandbox on `SANDBOX_PORT` (8900) of `NEXUS_HOST` (127.0.0.1)."""

from __future__ import annotations

import os
import socket

import uvicorn
from starlette.applications import Starlette

from nexus.sandbox.main import create_app
from nexus.sandbox.wire import AbortableProtocol


def server_config(port: int, host: str = "127.0.0.1") -> uvicorn.Config:
    """How the sandbox is served: one worker, connections that can be cut, a shutdown that does not wait."""
    return uvicorn.Config(
        create_app(),
        host=host,
        port=port,
        http=AbortableProtocol,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


class SandboxServer(uvicorn.Server):
    """A server whose waiting phones are answered at once when it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the long polls, then stops as uvicorn does."""
        app = self.config.app
        if isinstance(app, Starlette):
            app.state.world.wake_phones()
        await super().shutdown(sockets)


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    port = int(os.environ.get("SANDBOX_PORT", "8900"))
    SandboxServer(server_config(port, os.environ.get("NEXUS_HOST", "127.0.0.1"))).run()


if __name__ == "__main__":
    main()
