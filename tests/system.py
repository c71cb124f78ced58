"""The real thing for tests: embedded PostgreSQL and Valkey, the sandbox, and our services as processes.

Vendors are reached through the sandbox, which is the counter: what its ledger holds is what a customer received.
"""

import asyncio
import contextlib
import itertools
import json
import os
import secrets
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.store.migrate import migrate
from tests.service import NO_TLS, ROOT, Service, eventually

INTERNAL_TOKEN = "internal-token-of-the-tests"
ADMIN_TOKEN = "admin-token-of-the-tests"
ENCRYPTION_KEY = "encryption-key-of-the-tests"
_given_ports: set[int] = set()
_numbers = itertools.count(int(time.time()) % 100_000 * 100)


def free_port() -> int:
    """A port that nobody listens on right now, and that no other test is given.

    Below the kernel's range for outgoing connections: one of those could take a dead service's port before it is
    back (chaos), or another run's between this look and the bind. Each worker of a run has a part of its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    while True:
        port = 20_000 + worker * 1_500 + secrets.randbelow(1_500)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given_ports:
                _given_ports.add(port)
                return port


@dataclass
class Shop:
    """One tenant with its own number, key, secret and Tienda Nube shop in the sandbox."""

    system: "System"
    tenant_id: int
    number: str
    secret: str
    api_key: str
    store_id: str
    token: str = ""
    _customers: itertools.count = field(default_factory=lambda: itertools.count(1))  # type: ignore[type-arg]

    def customer(self) -> str:
        """A number that no other test uses."""
        return f"+54911{next(_numbers) % 100_000_000:08d}"

    async def say(self, customer: str, text: str, **extra: Any) -> dict[str, Any]:
        """The customer writes; the webhook's answer is in `delivery`."""
        self.system.spoken.update((text, customer, customer.removeprefix("+549")))
        body = {"text": text, "to": self.number, **extra}
        answer = await self.system.sandbox.post(f"/sandbox/phone/{customer}/messages", json=body)
        answer.raise_for_status()
        return dict(answer.json())

    async def received(self, customer: str) -> list[dict[str, Any]]:
        """What the customer received, by the sandbox's ledger, in order."""
        answer = await self.system.sandbox.get("/sandbox/ledger", params={"to": customer, "number": self.number})
        return list(answer.json()["sends"])

    async def bubbles(self, customer: str, at_least: int = 1, *, within: float = 20.0) -> list[dict[str, Any]]:
        """Wait until the customer received that many bubbles."""

        async def enough() -> list[dict[str, Any]]:
            sends = await self.received(customer)
            return sends if len(sends) >= at_least else []

        return list(await eventually(enough, within=within, what=f"{at_least} bubbles for {customer}"))

    async def settled(self, customer: str, *, within: float = 30.0) -> dict[str, Any]:
        """Wait until nothing of the chat waits any more (no burst due, no bubble unsent); the chat item."""

        async def quiet() -> dict[str, Any] | None:
            row = await self.system.one(
                """select c.claim_at is null and not exists (select 1 from chat_messages m
                       where m.conversation_id = c.id and m.provider_status in ('pending', 'sending')) as quiet
                   from chat_conversations c where c.tenant_id = $1 and c.external_user_id = $2""",
                self.tenant_id,
                _key(customer),
            )
            return await self.chat(customer) if row and row["quiet"] else None

        return dict(await eventually(quiet, within=within, what=f"chat of {customer} settled"))

    async def answers(self, customer: str, at_least: int = 1, *, within: float = 30.0) -> list[dict[str, Any]]:
        """All that the customer received once nothing waits any more, and at least so many bubbles."""
        await self.bubbles(customer, at_least, within=within)
        await self.settled(customer, within=within)
        return await self.received(customer)

    async def stays_at(self, customer: str, count: int, *, seconds: float = 0.7) -> None:
        """Silence: nothing of the chat waits, and for so long the customer has received exactly `count` bubbles."""
        await self.settled(customer)
        await asyncio.sleep(seconds)
        received = await self.received(customer)
        assert len(received) == count, received

    async def events(self, event_type: str) -> list[dict[str, Any]]:
        """The shop's system_events of one type by the admin API, newest first."""
        answer = await self.system.admin(self.tenant_id).get("/admin/logs", params={"event_type": event_type})
        answer.raise_for_status()
        return list(answer.json()["items"])

    async def chat(self, customer: str) -> dict[str, Any] | None:
        """The chat item of this customer (her phone or username-scoped id), by the admin API."""
        answer = await self.system.admin(self.tenant_id).get("/admin/chats", params={"limit": 100})
        answer.raise_for_status()
        return next((c for c in answer.json()["items"] if c["external_user_id"] == _key(customer)), None)

    async def thread(self, customer: str) -> list[dict[str, Any]]:
        """The chat's messages by the admin API, oldest first."""
        chat = await self.chat(customer)
        if chat is None:
            return []
        answer = await self.system.admin(self.tenant_id).get(
            f"/admin/chats/{chat['id']}/messages", params={"limit": 200}
        )
        answer.raise_for_status()
        return list(answer.json()["items"])

    async def post_event(self, body: Any, **extra: Any) -> dict[str, Any]:
        """An arbitrary webhook through the sandbox; {"status", "body"}. See sandbox_api for headers, sign, raw."""
        payload = {"number": self.number, **({"body": body} if body is not None else {}), **extra}
        answer = await self.system.sandbox.post("/sandbox/webhooks", json=payload)
        answer.raise_for_status()
        return dict(answer.json())


def _key(customer: str) -> str:
    """How a chat names her: the digits of her phone, or her username-scoped id."""
    return "54" + customer[-10:] if customer.startswith("+") else customer


class System:
    """Stores, sandbox and services of one test session."""

    def __init__(self, folder: Path, *, panel: bool = False, **settings: str) -> None:
        """`panel` starts platform-ui, too; `settings` are variables of every process."""
        self.folder = folder
        self.panel = panel
        self.postgres = EmbeddedPostgres(folder / "postgres")
        self.valkey = EmbeddedValkey(folder / "valkey")
        self.ports = {name: free_port() for name in ("gateway", "brain", "sandbox", "smtp", "panel")}
        self.settings = settings
        self.services: dict[str, Service] = {}
        self.sandbox, self.gateway, self.brain = (self._client(name) for name in ("sandbox", "gateway", "brain"))
        self.spoken: set[str] = set()  # texts, phones and secrets that no log may hold
        self._admins: dict[int, httpx.AsyncClient] = {}
        self._one_at_a_time = asyncio.Lock()
        self._superuser: asyncpg.Connection[asyncpg.Record] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:  # nobody else would stop what runs already
            await self.__aexit__()
            raise
        return self

    async def _start(self) -> None:
        await self.postgres.start()
        await self.valkey.start()
        await migrate(self.postgres.owner_dsn)
        env = self.environment()
        names = {"sandbox": "sandbox", "orchestrator-service": "brain", "whatsapp-service": "gateway"}
        if self.panel:
            names["platform-ui"] = "panel"
        for name, port in names.items():
            service = Service(name, self.ports[port], env, self.folder / f"{name}.log")
            self.services[name] = service
            service.start()
        for service in self.services.values():
            await service.ready()

    async def __aexit__(self, *_: object) -> None:
        for client in (self.sandbox, self.gateway, self.brain, *self._admins.values()):
            await client.aclose()
        if self._superuser is not None:
            self._superuser.terminate()
        for service in reversed(self.services.values()):
            service.stop()
        await self.valkey.stop()
        await self.postgres.stop()

    def url(self, port: str, path: str = "") -> str:
        """The address of one of this system's doors: sandbox, gateway, brain or panel."""
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def _client(self, port: str) -> httpx.AsyncClient:
        kept = httpx.Limits(keepalive_expiry=2)  # the sandbox lets an idle connection go after 5 s, as httpx does
        return httpx.AsyncClient(base_url=self.url(port), timeout=60, verify=NO_TLS, trust_env=False, limits=kept)

    def environment(self) -> dict[str, str]:
        """What every process gets; test settings are quick where waiting shows nothing."""
        sandbox = f"http://127.0.0.1:{self.ports['sandbox']}"
        keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
        return keep | {
            "PYTHONPATH": str(ROOT / "src"),
            "ENV": "test",
            "NEXUS_HOST": "127.0.0.1",
            "WHATSAPP_SERVICE_PORT": str(self.ports["gateway"]),
            "ORCHESTRATOR_SERVICE_PORT": str(self.ports["brain"]),
            "SANDBOX_PORT": str(self.ports["sandbox"]),
            "SANDBOX_SMTP_PORT": str(self.ports["smtp"]),
            "SANDBOX_PANEL_URL": self.url("panel") if self.panel else "",
            "PLATFORM_UI_PORT": str(self.ports["panel"]),
            "SANDBOX_RETRY_SCALE": "0.01",
            "POSTGRES_DSN": self.postgres.app_dsn,
            "REDIS_URL": self.valkey.url,
            "INTERNAL_API_TOKEN": INTERNAL_TOKEN,
            "ADMIN_TOKEN": ADMIN_TOKEN,
            "ENCRYPTION_KEY": ENCRYPTION_KEY,
            "YCLOUD_BASE_URL": f"{sandbox}/ycloud/v2",
            "TIENDANUBE_BASE_URL": f"{sandbox}/tiendanube",
            "LLM_BASE_URL": f"{sandbox}/openai/v1",
            "LLM_API_KEY": "sandbox",
            "LLM_MODEL": "sandbox-demo",
            "LLM_API": "chat",
            "STT_BASE_URL": f"{sandbox}/openai/v1",
            "STT_API_KEY": "sandbox",
            "NEXUS_DATA_DIR": str(self.folder),
            "EGRESS_ALLOW_LOOPBACK": "1",
            "WHATSAPP_DEBOUNCE_SECONDS": "0.4",
            "WHATSAPP_DEBOUNCE_MAX_SECONDS": "1.5",
            "ANSWER_DEADLINE_SECONDS": "6",
            **self.settings,
        }

    def admin(self, tenant_id: int | None = None) -> httpx.AsyncClient:
        """A machine's client of the admin API, for one tenant."""
        key = tenant_id or 0
        if key not in self._admins:
            headers = {"X-Admin-Token": ADMIN_TOKEN} | ({"X-Tenant-ID": str(tenant_id)} if tenant_id else {})
            self._admins[key] = httpx.AsyncClient(
                base_url=self.url("brain"), headers=headers, timeout=30, verify=NO_TLS, trust_env=False
            )
        return self._admins[key]

    async def new_shop(self, name: str = "Danza Sur", *, shop: dict[str, Any] | None = None) -> Shop:
        """A tenant made over the admin API, with its number and Tienda Nube shop in the sandbox."""
        n = next(_numbers)
        number = f"+54911{n % 100_000_000:08d}"
        made = Shop(
            self,
            tenant_id=0,
            number=number,
            secret=f"whsec_{secrets.token_hex(12)}",
            api_key=f"key-{secrets.token_hex(12)}",
            store_id=str(1_000_000 + n % 8_000_000),
        )
        made.token = token = secrets.token_hex(16)
        self.spoken.update((made.secret, made.api_key, token))
        webhook = f"http://127.0.0.1:{self.ports['gateway']}/webhook/ycloud"
        registered = await self.sandbox.post(
            "/sandbox/numbers",
            json={
                "phone": number,
                "store_name": name,
                "api_key": made.api_key,
                "webhook_url": webhook,
                "webhook_secret": made.secret,
            },
        )
        registered.raise_for_status()
        shop_body = {"store_id": made.store_id, "access_token": token, "plan_factor": 10, **(shop or {})}
        (await self.sandbox.post("/sandbox/shops", json=shop_body)).raise_for_status()
        created = await self.admin().post("/admin/tenants", json={"store_name": name, "bot_phone_number": number})
        created.raise_for_status()
        made.tenant_id = created.json()["id"]
        for kind, values in (
            ("ycloud", {"api_key": made.api_key, "webhook_secret": made.secret}),
            ("tiendanube", {"store_id": made.store_id, "access_token": token}),
        ):
            put = await self.admin(made.tenant_id).put(
                f"/admin/tenants/{made.tenant_id}/credentials/{kind}", json=values
            )
            put.raise_for_status()
        await eventually(lambda: self._signs(made), every=0.2, what="the gateway to know the new secret")
        return made

    async def _signs(self, shop: Shop) -> bool:
        """Whether the gateway knows this shop's secret: what is signed and no JSON is 400 and leaves no trace."""
        return bool((await shop.post_event(None, raw="no JSON"))["status"] == 400)

    async def set_handoff(self, shop: Shop, **changes: Any) -> None:
        """Handoff mail through the sandbox's mailbox."""
        config = {
            "enabled": True,
            "destination_email": "equipo@tienda.test",
            "smtp_host": "127.0.0.1",
            "smtp_port": self.ports["smtp"],
            "smtp_security": "NONE",
        } | changes
        put = await self.admin(shop.tenant_id).put(f"/admin/tenants/{shop.tenant_id}/handoff", json=config)
        put.raise_for_status()

    async def fault(self, target: str, kind: str, **options: Any) -> None:
        """Make a vendor misbehave; see the sandbox's faults."""
        body = {"target": target, "kind": kind, **options}
        (await self.sandbox.post("/sandbox/faults", json=body)).raise_for_status()

    async def script(self, scenarios: list[dict[str, Any]], **mode: Any) -> None:
        """Scripted answers of the model; requests that no scenario claims go to the demo brain."""
        body = {"mode": "scripted", "scenarios": scenarios, **mode}
        (await self.sandbox.post("/sandbox/model", json=body)).raise_for_status()

    async def calm(self) -> None:
        """Between tests: no faults, no scripts."""
        (await self.sandbox.delete("/sandbox/faults")).raise_for_status()
        (await self.sandbox.post("/sandbox/model", json={"mode": "demo"})).raise_for_status()
        (await self.sandbox.delete("/sandbox/model/requests")).raise_for_status()

    async def model_runs(self, containing: str = "") -> list[dict[str, Any]]:
        """Recorded model requests whose body holds the text."""
        answer = await self.sandbox.get("/sandbox/model/requests")
        return [r for r in answer.json()["requests"] if containing in json.dumps(r["body"], ensure_ascii=False)]

    async def one(self, query: str, *arguments: Any) -> Any:
        """One row as the superuser; for what no door shows."""
        async with self._one_at_a_time:
            if self._superuser is None or self._superuser.is_closed():
                self._superuser = await asyncpg.connect(self.postgres.superuser_dsn, database="nexus")
            return await self._superuser.fetchrow(query, *arguments)
