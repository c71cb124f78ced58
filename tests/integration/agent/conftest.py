"""An agent room on real stores, in front of a running sandbox (shop, model, mailbox)."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from nexus.contracts.identity import phone_key
from nexus.orchestrator_service.agent.outcome import Outcome
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.runtime.cache import Cache
from nexus.runtime.logs import configure_logging
from nexus.runtime.settings import Settings
from nexus.sandbox.__main__ import SandboxServer, server_config
from nexus.store.callers import CallerCustomer, CallerMessage, open_caller_burst
from nexus.store.credentials import set_credentials
from nexus.store.database import Pool
from nexus.store.effects import load_handoff_config
from nexus.store.events import list_events
from nexus.store.memory import SaidMessage
from nexus.store.replies import Burst, load_burst
from nexus.store.secrets import Vault
from nexus.store.tenants import create_tenant, load_tenant, update_tenant
from tests.service import NO_TLS

CUSTOMER = "+5491155550123"
STORE, TOKEN = "7654321", "shop-token"
WEBSITE = "https://www.danzademo.example.test"
_numbers = itertools.count(5491150000000)


@dataclass
class Sandbox:
    """The running sandbox's control API."""

    address: str
    smtp_port: int
    http: httpx.AsyncClient

    async def control(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        response = await self.http.request(method, f"/sandbox{path}", json=body or None)
        assert response.is_success, response.text
        return dict(response.json())

    async def script(self, *steps: dict[str, Any], **match: str) -> None:
        """The model plays these steps, the last one for ever."""
        scenarios = [{"match": match, "steps": list(steps)}]
        await self.control("POST", "/model", mode="scripted", scenarios=scenarios)

    async def fault(self, target: str, kind: str, **more: Any) -> None:
        await self.control("POST", "/faults", target=target, kind=kind, **more)

    async def requests(self) -> list[dict[str, Any]]:
        """What the model was asked, oldest first."""
        return list((await self.control("GET", "/model/requests"))["requests"])

    async def mails(self) -> list[dict[str, Any]]:
        return list((await self.control("GET", "/mail"))["mails"])


@asynccontextmanager
async def _running() -> AsyncIterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_SMTP_PORT", "0")
        patch.delenv("SANDBOX_DATA_DIR", raising=False)
        config = server_config(0)
        server = SandboxServer(config)
        listener = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with httpx.AsyncClient(verify=NO_TLS, base_url=address, timeout=20) as http:
        yield Sandbox(address, config.app.state.smtp_port, http)  # type: ignore[union-attr]
    server.should_exit = True
    await serving


@pytest.fixture(scope="session", autouse=True)
def _json_logs() -> None:
    """As the services log; the library's default draws every traceback, which takes seconds."""
    configure_logging("tests", "INFO")


@pytest.fixture(scope="session")
async def open_sandbox() -> AsyncIterator[Sandbox]:
    async with _running() as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(open_sandbox: Sandbox) -> Sandbox:
    """A fresh sandbox with the demo shop and the demo brain."""
    await open_sandbox.control("POST", "/reset?all=1")
    await open_sandbox.control("POST", "/model", mode="demo")
    await open_sandbox.control("POST", "/shops", store_id=STORE, access_token=TOKEN)
    return open_sandbox


@dataclass
class Shop:
    """A tenant with its customers, talking to the room under test."""

    id: int
    room: AgentRoom
    pool: Pool
    cache: Cache
    vault: Vault
    settings: Settings
    last: Burst | None = field(default=None)

    async def burst(self, *texts: str, phone: str | None = CUSTOMER, name: str | None = "Lucía") -> Burst:
        """The texts as a stored and claimed burst."""
        who = CallerCustomer(phone_key(phone) if phone else f"user-{uuid4()}", phone, None, name)
        messages = [CallerMessage(f"wamid.{uuid4()}", "text", text, None) for text in texts]
        opened = await open_caller_burst(
            self.id, self.pool, "tests", who, messages, correlation_id=str(uuid4()), lease=timedelta(seconds=0)
        )
        assert opened.burst_id is not None, opened
        burst = await load_burst(self.id, self.pool, opened.burst_id, opened.fence)
        assert isinstance(burst, Burst)
        self.last = burst
        return burst

    async def answer(self, burst: Burst, history: list[SaidMessage] | None = None, shown: str | None = None) -> Outcome:
        tenant = await load_tenant(self.id, self.pool)
        assert tenant is not None
        return await self.room.run_agent(history or [], burst.messages, tenant, burst, shown)

    async def ask(self, *texts: str, **who: Any) -> Outcome:
        """What the room answers to a customer's texts."""
        history, shown = who.pop("history", None), who.pop("shown", None)
        return await self.answer(await self.burst(*texts, **who), history, shown)

    async def events(self) -> list[dict[str, Any]]:
        return await list_events(self.id, self.pool)

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows as the tenant sees them."""
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.execute("select set_config('nexus.tenant_id', $1, true)", str(self.id))
            return [dict(row) for row in await conn.fetch(query, *arguments)]

    async def lockout(self, conversation_id: UUID) -> Any:
        rows = await self.rows("select human_override_until from chat_conversations where id = $1", conversation_id)
        return rows[0]["human_override_until"]

    async def smtp_config(self) -> dict[str, Any]:
        return await load_handoff_config(self.id, self.pool, self.vault)


MakeShop = Callable[..., Any]


@pytest.fixture
async def make_shop(sandbox: Sandbox, pool: Pool, cache: Cache) -> AsyncIterator[MakeShop]:
    """Makes tenants; keyword arguments are environment variables for their room."""
    vault, rooms = Vault("una clave maestra de prueba, larga"), []

    async def make(store_id: str = STORE, token: str = TOKEN, name: str = "Danza Sur", **environ: Any) -> Shop:
        defaults = {
            "LLM_BASE_URL": f"{sandbox.address}/openai/v1",
            "LLM_API_KEY": "clave-del-entorno",
            "TIENDANUBE_BASE_URL": f"{sandbox.address}/tiendanube",
            "ANSWER_DEADLINE_SECONDS": 20,
        }
        settings = Settings(_env_file=None, **{**defaults, **environ})  # type: ignore[call-arg]
        tenant_id = await create_tenant(pool, name, f"+{next(_numbers)}")
        await update_tenant(tenant_id, pool, {"store_website": WEBSITE})
        if token:
            values = {"store_id": store_id, "access_token": token}
            await set_credentials(tenant_id, pool, vault, "tiendanube", values)
        await cache.delete(f"rate:tiendanube:{store_id}")
        room = AgentRoom(settings, pool, cache, vault)
        rooms.append(room)
        return Shop(tenant_id, room, pool, cache, vault, settings)

    yield make
    for room in rooms:
        await room.close()


@pytest.fixture
async def shop(make_shop: MakeShop) -> Shop:
    """The demo shop's tenant."""
    made: Shop = await make_shop()
    return made


def tool_texts(requests: list[dict[str, Any]]) -> list[str]:
    """The tool results in the last request to the model, chat completions."""
    messages = requests[-1]["body"]["messages"]
    return [message["content"] for message in messages if message["role"] == "tool"]


def products_told(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(json.loads(tool_texts(requests)[-1]))
