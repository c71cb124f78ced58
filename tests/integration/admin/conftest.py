"""The admin API as the Orchestrator serves it, on real stores; chats are born as webhooks bear them."""

import asyncio
import itertools
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from nexus.contracts.identity import phone_key
from nexus.embedded.valkey import EmbeddedValkey
from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.admin.router import RAW_PATHS, AdminDeps, serve_admin
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.runtime.web import create_app
from nexus.sandbox.__main__ import SandboxServer, server_config
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.inbox import accept_events
from nexus.store.secrets import Vault
from nexus.whatsapp_service.envelope import Arrival, interpret
from tests.passwords import PASSWORD, STORED
from tests.service import NO_TLS

TOKEN = "admin-token-of-these-tests"
HOST = "panel.example"
ORIGIN = f"http://{HOST}"
ALLOWED = "https://agenda.example"
CUSTOMER = "+5491155550123"
OPEN = ("/admin/login", "/admin/password/forgot", "/admin/password/reset")
"""Routes that ask nobody who is calling."""
_numbers = itertools.count(5_491_130_000_000)


@pytest.fixture(scope="session")
async def sandbox_server() -> AsyncIterator[tuple[SandboxServer, str]]:
    """The simulated YCloud and mailbox, and where it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_SMTP_PORT", "0")
        patch.delenv("SANDBOX_DATA_DIR", raising=False)
        server = SandboxServer(server_config(0))
        listener = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
    yield server, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture(scope="session")
async def open_sandbox(sandbox_server: tuple[SandboxServer, str]) -> AsyncIterator[httpx.AsyncClient]:
    """The simulated YCloud, by its control API."""
    async with httpx.AsyncClient(verify=NO_TLS, base_url=sandbox_server[1], timeout=20, trust_env=False) as control:
        yield control


@pytest.fixture(scope="session")
async def smtp_port(sandbox_server: tuple[SandboxServer, str]) -> int:
    """Where its mailbox takes mail."""
    return int(sandbox_server[0].config.app.state.smtp_port)  # type: ignore[union-attr]


@pytest.fixture
async def sandbox(open_sandbox: httpx.AsyncClient) -> httpx.AsyncClient:
    """The simulated YCloud with nothing in it."""
    (await open_sandbox.post("/sandbox/reset?all=1")).raise_for_status()
    return open_sandbox


@pytest.fixture(scope="session")
async def deps(
    pool: Pool, valkey: EmbeddedValkey, open_sandbox: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[AdminDeps]:
    """What the Orchestrator hands the router."""
    settings = Settings(
        admin_token=TOKEN,
        cors_allowed_origins=ALLOWED,
        egress_allow_loopback=False,
        ycloud_base_url=f"{open_sandbox.base_url}/ycloud/v2",
        nexus_media_dir=tmp_path_factory.mktemp("media"),
    )
    cache = Cache(valkey.url)
    vault = Vault("master-key-of-these-tests")
    room = AgentRoom(settings, pool, cache, vault)
    account = YCloudAccount(settings)
    yield AdminDeps(pool, cache, vault, settings, room, account)
    await account.close()
    await room.close()
    await cache.close()


@pytest.fixture(scope="session")
def app(deps: AdminDeps) -> FastAPI:
    """The service's edge around the admin routes."""
    return edge(deps)


def edge(deps: AdminDeps) -> FastAPI:
    """The admin routes as the Orchestrator serves them."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield

    async def ready() -> dict[str, str]:
        return {"database": "ok", "redis": "ok"}

    app = create_app(
        "orchestrator_service",
        deps.settings,
        lifespan=lifespan,
        ready=ready,
        unreachable=UNREACHABLE,
        raw_paths=RAW_PATHS,
    )
    serve_admin(app, deps)
    return app


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Someone without any credential; keeps cookies."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def machine(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A machine with the admin token."""
    async with client_of(app, {"X-Admin-Token": TOKEN}) as client:
        yield client


def client_of(app: FastAPI, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A browser or machine before the app."""
    # Errors must come as answers, as they do from a server.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)


@dataclass(frozen=True)
class Shop:
    """A tenant made over the API, and a machine's headers for it."""

    id: int
    number: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Tenant-ID": str(self.id)}


@pytest.fixture
def make_shop(machine: httpx.AsyncClient) -> Callable[..., Awaitable[Shop]]:
    """Creates a tenant over the admin API."""

    async def make(name: str = "Danza Sur", **fields: Any) -> Shop:
        number = f"+{next(_numbers)}"
        answer = await machine.post("/admin/tenants", json={"store_name": name, "bot_phone_number": number, **fields})
        assert answer.status_code == 201, answer.text
        return Shop(answer.json()["id"], number)

    return make


@pytest.fixture
async def shop(make_shop: Callable[..., Awaitable[Shop]]) -> Shop:
    """A fresh tenant."""
    return await make_shop()


@pytest.fixture
def customer_writes(pool: Pool) -> Callable[..., Awaitable[uuid.UUID]]:
    """A customer's text arrives by the acknowledging statement; the conversation it touched."""

    async def write(
        shop: Shop, text: str, *, phone: str = "+5491155550123", name: str | None = None, at: datetime | None = None
    ) -> uuid.UUID:
        wamid = f"wamid.{uuid.uuid4().hex}"
        event = {
            "kind": "message",
            "tenant_id": shop.id,
            "provider": "ycloud",
            "endpoint_id": "",
            "event_id": f"evt_{uuid.uuid4().hex}",
            "event_type": "whatsapp.inbound_message.received",
            "correlation_id": "c-1",
            "body": {},
            "external_user_id": phone_key(phone),
            "display_name": name,
            "wa_address": phone,
            "message_type": "text",
            "content": text,
            "provider_message_id": wamid,
            "provider_id": f"yc-{wamid}",
            "sent_at": (at or datetime.now(UTC)).isoformat(),
            "debounce": 2,
            "debounce_max": 6,
        }
        accepted = (await accept_events(pool, [event]))[0]
        assert accepted.outcome == "accepted"
        assert accepted.conversation_id is not None
        return accepted.conversation_id

    return write


class Channel:
    """What YCloud says, taken as the gateway takes it: every type of message, echoes, history."""

    def __init__(self, pool: Pool, shop: Shop) -> None:
        self._pool, self._shop = pool, shop

    async def inbound(
        self, kind: str, content: Any, *, phone: str = CUSTOMER, wamid: str | None = None, **more: Any
    ) -> tuple[uuid.UUID, str]:
        """The customer's message of a type; its conversation and wamid."""
        wamid = wamid or f"wamid.{uuid.uuid4().hex}"
        message = {"id": f"yc-{wamid}", "wamid": wamid, "from": phone, "to": self._shop.number, "type": kind}
        message |= {"sendTime": datetime.now(UTC).isoformat(), kind: content} | more
        return await self._take("whatsapp.inbound_message.received", "whatsappInboundMessage", message), wamid

    async def echo(self, kind: str, content: Any, *, phone: str = CUSTOMER, **more: Any) -> tuple[uuid.UUID, str]:
        """Somebody of the shop wrote on its telephone."""
        wamid = f"wamid.{uuid.uuid4().hex}"
        message = {"id": f"yc-{wamid}", "wamid": wamid, "from": self._shop.number, "to": phone, "type": kind}
        message |= {"sendTime": datetime.now(UTC).isoformat(), kind: content} | more
        return await self._take("whatsapp.smb.message.echoes", "whatsappMessage", message), wamid

    async def history(self, text: str, at: datetime, *, phone: str = CUSTOMER) -> uuid.UUID:
        """A customer's message of before the number was connected."""
        wamid = f"wamid.{uuid.uuid4().hex}"
        message = {"id": f"yc-{wamid}", "wamid": wamid, "from": phone, "to": self._shop.number, "type": "text"}
        message |= {"sendTime": at.isoformat(), "text": {"body": text}}
        return await self._take("whatsapp.smb.history", "whatsappInboundMessage", message)

    async def _take(self, event_type: str, name: str, message: dict[str, Any]) -> uuid.UUID:
        arrival = Arrival({self._shop.number: self._shop.id}, "", "c-1", 2, 6)
        event = interpret({"id": f"evt_{uuid.uuid4().hex}", "type": event_type, name: message}, arrival)
        accepted = (await accept_events(self._pool, [event]))[0]
        assert accepted.outcome == "accepted", accepted
        assert accepted.conversation_id is not None
        return accepted.conversation_id


@pytest.fixture
def channel(pool: Pool, shop: Shop) -> Channel:
    """The shop's number at YCloud."""
    return Channel(pool, shop)


@pytest.fixture
def make_person(pool: Pool) -> Callable[..., Awaitable[str]]:
    """An account with a role in the given shops; its e-mail."""

    async def make(*shops: Shop, role: str = "owner", platform_admin: bool = False) -> str:
        email = f"persona-{uuid.uuid4().hex[:10]}@danza.example"
        user_id = await pool.fetchval("select create_user($1, $2, $3)", email, STORED, platform_admin)
        for shop in shops:
            await pool.execute("select add_member($1, $2, $3)", shop.id, user_id, role)
        return email

    return make


@pytest.fixture
def sign_in(
    browser: httpx.AsyncClient, make_person: Callable[..., Awaitable[str]]
) -> Callable[..., Awaitable[httpx.AsyncClient]]:
    """The browser with a session of a new account, saying Origin as a page of ours does."""

    async def enter(*shops: Shop, role: str = "owner", platform_admin: bool = False) -> httpx.AsyncClient:
        email = await make_person(*shops, role=role, platform_admin=platform_admin)
        answer = await browser.post("/admin/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        browser.headers["Origin"] = ORIGIN
        return browser

    return enter
