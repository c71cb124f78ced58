"""The sandbox's front door: one Starlette application with every room mounted.

Rooms: YCloud, Tienda Nube, product pictures, a model, a mailbox, the phone page and the control API.
The environment says what it starts with: `SANDBOX_SEED_FILE`, `SANDBOX_DATA_DIR`, `SANDBOX_SMTP_PORT`
(8925; 0 is any free port), `SANDBOX_RETRY_SCALE` (1.0), `NEXUS_HOST` (127.0.0.1), and `SANDBOX_PUBLIC_URL`
(`http://127.0.0.1:{SANDBOX_PORT}`), the address in the links of media.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus.sandbox.burst import burst_routes
from nexus.sandbox.control_api import apply_seed, control_routes
from nexus.sandbox.hearing import hearing_routes
from nexus.sandbox.journal import Journal
from nexus.sandbox.mailbox.page import mailbox_routes
from nexus.sandbox.mailbox.smtp import open_mailbox
from nexus.sandbox.media_api import media_routes
from nexus.sandbox.model import model_routes
from nexus.sandbox.owner_api import owner_routes
from nexus.sandbox.phone_api import phone_routes
from nexus.sandbox.picture_api import picture_routes
from nexus.sandbox.shop_api import shop_routes
from nexus.sandbox.webhooks import Courier
from nexus.sandbox.world import World
from nexus.sandbox.ycloud_account import account_routes
from nexus.sandbox.ycloud_api import ycloud_routes

PHONE_FOLDER = Path(__file__).parent / "phone"
PANEL_META = '<meta name="nexus-panel-url" content="{}">'

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' http://127.0.0.1:* http://localhost:* https: data: blob:; "
    "media-src 'self' http://127.0.0.1:* http://localhost:* https: data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def create_app() -> Starlette:
    """The whole sandbox, as the environment describes it. `app.state.world` is its state."""
    folder = os.environ.get("SANDBOX_DATA_DIR")
    journal = Journal(Path(folder)) if folder else None
    world = World(journal)
    if seed := os.environ.get("SANDBOX_SEED_FILE"):
        apply_seed(world, json.loads(Path(seed).read_text(encoding="utf-8")))
    courier = Courier(world, float(os.environ.get("SANDBOX_RETRY_SCALE", "1.0")))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        host = os.environ.get("NEXUS_HOST", "127.0.0.1")
        mailbox = await open_mailbox(world, host, int(os.environ.get("SANDBOX_SMTP_PORT", "8925")))
        app.state.smtp_port = mailbox.sockets[0].getsockname()[1]
        yield
        mailbox.close()
        await courier.close()
        if journal is not None:
            journal.close()

    app = Starlette(routes=_routes(world, courier), lifespan=lifespan)
    app.add_middleware(SecurityHeaders)
    app.state.world = world
    return app


class SecurityHeaders:
    """Adds the strict content policy to every answer; the pages carry no inline script or style."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and decorates the start of its response."""

        async def decorated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                    (b"cache-control", b"no-cache"),
                ]
            await send(message)

        await self._app(scope, receive, decorated)


def _phone_page(panel_url: str) -> str:
    """The phone page with a link to the panel, or without one when `panel_url` is empty."""
    html = (PHONE_FOLDER / "index.html").read_text(encoding="utf-8")
    return html.replace(PANEL_META.format(""), PANEL_META.format(escape(panel_url)))


def _routes(world: World, courier: Courier) -> list[BaseRoute]:
    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def phone(_: Request) -> RedirectResponse:
        return RedirectResponse("/phone/")

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(_phone_page(os.environ.get("SANDBOX_PANEL_URL", "")))

    return [
        Route("/health", health),
        *ycloud_routes(world, courier),
        *account_routes(world, courier),
        *shop_routes(world),
        *picture_routes(world),
        *model_routes(world),
        *hearing_routes(world),
        *mailbox_routes(world),
        *control_routes(world, courier),
        *media_routes(world),
        *phone_routes(world, courier),
        *owner_routes(world, courier),
        *burst_routes(world, courier),
        Route("/", phone),
        Route("/phone", phone),
        Route("/phone/", page),
        Mount("/phone", StaticFiles(directory=PHONE_FOLDER, html=True)),
    ]
