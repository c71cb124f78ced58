"""platform-ui (80, or 8080 where 80 cannot be bound): the panel, `/api/` and `/socket.io/` (S-005, S-091)."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from nexus.platform_ui_service.headers import PanelHeaders
from nexus.platform_ui_service.panel import Panel
from nexus.platform_ui_service.proxy import Orchestrator
from nexus.platform_ui_service.sockets import socket_route
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings
from nexus.runtime.web import create_app

SERVICE = "platform_ui_service"
FILES = Path(__file__).resolve().parents[3] / "platform_ui"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_app(settings: Settings, files: Path = FILES) -> FastAPI:
    """The service as an ASGI app, serving `files`."""
    orchestrator = Orchestrator(settings.orchestrator_url)
    panel = Panel(files, settings.api_base_url or "/api")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await orchestrator.close()

    # CORS is the Orchestrator's to answer, through us too: answered twice, browsers refuse it.
    own = settings.model_copy(update={"cors_allowed_origins": ""})
    app = create_app(SERVICE, own, lifespan=lifespan, ready=orchestrator.readiness, raw_paths=("/api/", "/socket.io/"))
    app.openapi_url = None
    app.router.routes = [route for route in app.router.routes if getattr(route, "path", "") != "/openapi.json"]
    app.add_middleware(PanelHeaders, settings=settings)
    app.add_api_route("/api/{path:path}", orchestrator.api, methods=_METHODS, include_in_schema=False)
    app.add_api_route("/socket.io/", orchestrator.polling, methods=_METHODS, include_in_schema=False)
    app.router.routes.append(socket_route(orchestrator))
    app.add_api_route("/{path:path}", panel.file, methods=["GET", "HEAD"], include_in_schema=False)
    return app


def serve() -> None:
    """Run the service until SIGTERM."""
    settings = get_settings()
    port = settings.platform_ui_port or (80 if _can_bind(settings.nexus_host, 80) else 8080)
    run_service(SERVICE, build_app(settings), settings, port)


def _can_bind(host: str, port: int) -> bool:
    """Whether this process may listen there: ports under 1024 want a privilege."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
