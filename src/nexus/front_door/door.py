"""A process for browsers: the files of one or more pages, and the way to the Orchestrator behind the same host."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from nexus.front_door.headers import PanelHeaders
from nexus.front_door.kept_lines import KeptLines
from nexus.front_door.pages import Page
from nexus.front_door.polls import PollPassage
from nexus.front_door.proxy import Orchestrator, Passage
from nexus.front_door.sockets import socket_route
from nexus.runtime.settings import Settings
from nexus.runtime.web import create_app


def open_door(service: str, settings: Settings, pages: Mapping[str, Page]) -> FastAPI:
    """The service as an ASGI app; `pages` are served under their prefixes, the most particular first, `/` last."""
    orchestrator = Orchestrator(settings.orchestrator_url)
    lines = KeptLines(settings.orchestrator_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        lines.close()
        await orchestrator.close()

    # CORS is the Orchestrator's to answer, through us too: answered twice, browsers refuse it.
    own = settings.model_copy(update={"cors_allowed_origins": ""})
    app = create_app(
        service,
        own,
        lifespan=lifespan,
        ready=orchestrator.readiness,
        raw_paths=("/api/", "/socket.io/"),
        before_the_edge=[Middleware(PollPassage, service=service, lines=lines, authority=orchestrator.authority)],
    )
    app.openapi_url = None
    app.router.routes = [route for route in app.router.routes if getattr(route, "path", "") != "/openapi.json"]
    # The innermost: what is passed on is counted and logged as everything else.
    app.user_middleware.append(Middleware(Passage, orchestrator=orchestrator))
    app.add_middleware(PanelHeaders, settings=settings, pages=pages)
    app.router.routes.append(socket_route(orchestrator))
    for prefix, page in pages.items():
        app.add_api_route(f"{prefix}{{path:path}}", page.file, methods=["GET", "HEAD"], include_in_schema=False)
        if prefix != "/":
            app.add_api_route(prefix.rstrip("/"), _with_slash, methods=["GET", "HEAD"], include_in_schema=False)
    return app


async def _with_slash(request: Request) -> Response:
    """A page's own files are named relative to its folder; relative itself, since a proxy may stand before us."""
    return RedirectResponse(f"{request.url.path.rpartition('/')[2]}/", status_code=308)
