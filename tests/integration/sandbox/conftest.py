"""A running sandbox and a small shop's webhook door, both on free ports of the test's own loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nexus.sandbox.__main__ import SandboxServer, server_config
from tests.service import NO_TLS

BUSINESS = "+5491155550100"
CUSTOMER = "+5491155550123"
API_KEY = "key-of-the-shop"
SECRET = "whsec_example_not_real"


@dataclass
class Door:
    """A business's webhook endpoint: keeps every delivery and answers the next of `answers`, else 200."""

    url: str = ""
    deliveries: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, request: Request) -> Response:
        async with self.arrived:
            self.deliveries.append((dict(request.headers), await request.body()))
            self.arrived.notify_all()
        return JSONResponse({"status": "accepted"}, self.answers.pop(0) if self.answers else 200)

    async def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """The first deliveries, once there are that many; fails after 10 s."""
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: len(self.deliveries) >= count)
        return self.deliveries[:count]


@contextlib.asynccontextmanager
async def served(server: uvicorn.Server) -> AsyncIterator[str]:
    """Serves an application on a free port and gives its address."""
    # The protocol is named: asyncio sets TCP_NODELAY only on sockets that say they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if running.done():
            await running
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await running
    listener.close()


@pytest.fixture(scope="session")
def environment() -> Iterator[pytest.MonkeyPatch]:
    """The sandbox's variables for tests: retries a hundred times faster, any free SMTP port."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SANDBOX_")]:
            patch.delenv(name)
        patch.setenv("SANDBOX_RETRY_SCALE", "0.01")
        patch.setenv("SANDBOX_SMTP_PORT", "0")
        yield patch


@pytest.fixture(scope="session")
async def open_door() -> AsyncIterator[Door]:
    door = Door()
    app = Starlette(routes=[Route("/webhook", door.receive, methods=["POST"])])
    async with served(uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))) as address:
        door.url = f"{address}/webhook"
        yield door


@pytest.fixture
def door(open_door: Door) -> Door:
    """The business's door, nothing delivered yet."""
    open_door.deliveries.clear()
    open_door.answers.clear()
    return open_door


@dataclass
class Sandbox:
    """A client of the running sandbox."""

    http: httpx.AsyncClient
    smtp_port: int

    async def control(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """A call of the control API that has to succeed."""
        response = await self.http.request(method, f"/sandbox{path}", json=body or None)
        assert response.is_success, response.text
        return dict(response.json())

    async def send(self, key: str = API_KEY, **body: Any) -> httpx.Response:
        """A business sends a text to the customer, unless the body says otherwise."""
        message = {"from": BUSINESS, "to": CUSTOMER, "type": "text", "text": {"body": "Hola"}, **body}
        url = "/ycloud/v2/whatsapp/messages/sendDirectly"
        return await self.http.post(url, json=message, headers={"X-API-Key": key})

    async def shop(self, path: str, **params: Any) -> httpx.Response:
        """A read of the demo shop with good credentials."""
        headers = {"Authorization": "Bearer shop-token", "User-Agent": "Nexus (soporte@example.test)"}
        return await self.http.get(f"/tiendanube/2025-03/7654321{path}", params=params, headers=headers)

    async def thread(self) -> dict[str, Any]:
        """The customer's chat with the business."""
        return await self.control("GET", f"/phone/{CUSTOMER}/messages")

    async def sends(self) -> list[dict[str, Any]]:
        """The ledger."""
        return list((await self.control("GET", "/ledger"))["sends"])


@contextlib.asynccontextmanager
async def running_sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox made from the present environment."""
    config = server_config(0)
    async with (
        served(SandboxServer(config)) as address,
        httpx.AsyncClient(verify=NO_TLS, base_url=address, timeout=20) as http,
    ):
        yield Sandbox(http, config.app.state.smtp_port)  # type: ignore[union-attr]


@pytest.fixture(scope="session")
async def empty_sandbox(environment: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    async with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(empty_sandbox: Sandbox, door: Door) -> Sandbox:
    """A sandbox with one business number, whose webhooks go to the door, and the demo shop."""
    await empty_sandbox.control("POST", "/reset?all=1")
    await empty_sandbox.control(
        "POST",
        "/numbers",
        phone=BUSINESS,
        api_key=API_KEY,
        webhook_url=door.url,
        webhook_secret=SECRET,
        webhook_endpoint_id="endpoint-1",
        statuses=False,
    )
    await empty_sandbox.control("POST", "/shops", store_id="7654321", access_token="shop-token")
    return empty_sandbox
