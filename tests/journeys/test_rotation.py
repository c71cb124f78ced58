"""Every secret is changed while customers write: two of each service, restarted one after the other."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from nexus.embedded.rotation import rotate
from nexus.store.migrate import migrate
from tests.service import NO_TLS, Service, eventually
from tests.sockets import View
from tests.system import Shop, System, free_port

SECRETS = {"INTERNAL_API_TOKEN": "token-interno", "ADMIN_TOKEN": "token-de-admin", "ENCRYPTION_KEY": "clave-maestra"}
OLD = {name: f"{value}-de-antes" for name, value in SECRETS.items()}
NEW = {name: f"{value}-nueva" for name, value in SECRETS.items()}


def _with(first: dict[str, str], also: dict[str, str] | None) -> dict[str, str]:
    return first | {f"{name}_ALSO": (also or {}).get(name, "") for name in SECRETS}


class House:
    """Two gateways and two Orchestrators on a database of their own, each gateway asking the other pair's brain."""

    def __init__(self, system: System, dsn: str) -> None:
        self.system, self.dsn = system, dsn
        self.ports = {name: free_port() for name in ("brain-0", "gateway-0", "brain-1", "gateway-1")}
        self.services: dict[str, Service] = {}

    async def start(self, number: int, known: dict[str, str]) -> None:
        """A gateway and an Orchestrator that know these secrets."""
        for kind in ("brain", "gateway"):
            name = f"{kind}-{number}"
            env = self.system.environment() | known
            env |= {"POSTGRES_DSN": self.dsn, "REDIS_URL": self.system.valkey.url.removesuffix("/0") + "/7"}
            env |= {"WHATSAPP_SERVICE_PORT": str(self.ports[name]), "ORCHESTRATOR_SERVICE_PORT": str(self.ports[name])}
            env |= {"ORCHESTRATOR_SERVICE_URL": self.url(f"brain-{1 - number}")} if kind == "gateway" else {}
            service = {"brain": "orchestrator-service", "gateway": "whatsapp-service"}[kind]
            self.services[name] = Service(service, self.ports[name], env, self.system.folder / f"rotation-{name}.log")
            self.services[name].start()
        for kind in ("brain", "gateway"):
            await self.services[f"{kind}-{number}"].ready()

    def stop(self, number: int) -> None:
        for kind in ("gateway", "brain"):
            self.services[f"{kind}-{number}"].stop()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    async def call(self, method: str, where: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url(where), verify=NO_TLS, trust_env=False, timeout=30) as client:
            return await client.request(method, path, **options)


@pytest.fixture
async def house(system: System) -> AsyncIterator[House]:
    """Two pairs in the middle of a rotation: the first shows the old secrets, the second the new ones."""
    name = f"rotation_{secrets.token_hex(4)}"
    await system.one(f"create database {name} owner nexus_owner")
    await migrate(system.postgres.owner_dsn.rsplit("/", 1)[0] + f"/{name}")
    made = House(system, system.postgres.app_dsn.rsplit("/", 1)[0] + f"/{name}")
    try:
        await made.start(0, _with(OLD, NEW))
        await made.start(1, _with(NEW, OLD))
        yield made
    finally:
        for service in made.services.values():
            service.stop()


async def _shop(house: House) -> Shop:
    """A shop whose YCloud calls the first gateway; its credentials go in through either Orchestrator."""
    shop = Shop(house.system, 0, f"+54911{secrets.randbelow(10**8):08d}", "whsec_" + secrets.token_hex(12), "", "")
    shop.api_key = "key-" + secrets.token_hex(12)
    await _tell_ycloud(shop, house.url("gateway-0"), shop.secret)
    admin = {"X-Admin-Token": NEW["ADMIN_TOKEN"]}
    body = {"store_name": "Danza Sur", "bot_phone_number": shop.number}
    shop.tenant_id = (await house.call("POST", "brain-0", "/admin/tenants", headers=admin, json=body)).json()["id"]
    await _put(house, shop, "brain-0", webhook_secret=shop.secret)
    await _put(house, shop, "brain-1", api_key=shop.api_key)
    return shop


async def _put(house: House, shop: Shop, where: str, **values: str) -> None:
    headers = {"X-Admin-Token": OLD["ADMIN_TOKEN"]}
    path = f"/admin/tenants/{shop.tenant_id}/credentials/ycloud"
    assert (await house.call("PUT", where, path, headers=headers, json=values)).status_code == 200


async def _tell_ycloud(shop: Shop, gateway: str, secret: str) -> None:
    body = {"phone": shop.number, "store_name": "Danza Sur", "api_key": shop.api_key, "webhook_secret": secret}
    body["webhook_url"] = f"{gateway}/webhook/ycloud"
    (await shop.system.sandbox.post("/sandbox/numbers", json=body)).raise_for_status()


async def _written(shop: Shop) -> list[str]:
    """Some customers write at once, and each webhook is taken at its first try."""
    people = [shop.customer() for _ in range(3)]
    said = await asyncio.gather(*(shop.say(person, "Hola, a qué hora abren?") for person in people))
    assert [answer["delivery"]["status"] for answer in said] == [200] * 3, said
    return people


async def _answered(shop: Shop) -> None:
    """As above, and each gets an answer."""
    for person in await _written(shop):
        await shop.bubbles(person)


async def _statuses(house: House, shop: Shop, where: str, known: dict[str, str]) -> list[int]:
    """Of a pair's doors with this admin token and this internal token."""
    tenant = {"X-Tenant-ID": str(shop.tenant_id)}
    admin, internal = {"X-Admin-Token": known["ADMIN_TOKEN"]}, {"X-Internal-Token": known["INTERNAL_API_TOKEN"]}
    body = {"to": shop.customer(), "text": "hola", "client_ref": secrets.token_hex(8)}
    answers = [
        await house.call("GET", f"brain-{where}", "/admin/chats", headers=admin | tenant),
        await house.call("POST", f"gateway-{where}", "/messages/send", headers=internal | tenant, json=body),
        await house.call("POST", f"brain-{where}", "/chat", headers=internal, json={}),
    ]
    return [answer.status_code for answer in answers]


_LET_IN = [200, 409, 422]  # outside the window; nothing in the body


async def _feed_and_a_booking(house: House, shop: Shop, admin: dict[str, str]) -> str:
    """A calendar's address; an appointment made at one Orchestrator is heard once at the other."""
    [resource] = (await house.call("GET", "brain-0", "/admin/agenda/resources", headers=admin)).json()["items"]
    path = f"/admin/agenda/resources/{resource['id']}/feed"
    feed: str = (await house.call("POST", "brain-0", path, headers=admin)).json()["url"]
    view = await View(house.url("brain-1"), {"token": OLD["ADMIN_TOKEN"], "tenant_id": shop.tenant_id}).open()
    booking = {"start": "2031-03-03T10:00:00-03:00", "customer_name": "Lucía"}
    made = await house.call("POST", "brain-0", "/admin/appointments", headers=admin, json=booking)
    assert made.status_code == 201, made.text

    async def heard() -> bool:
        return [event for event, _ in view.heard] == ["NEW_APPOINTMENT"]

    await eventually(heard, what="the other Orchestrator's views to hear it")
    await view.close()
    return feed.split("/", 3)[3]


async def _former_is_seen(house: House, shop: Shop, admin: dict[str, str]) -> bool:
    """Within the seconds that a gateway holds the secrets for; what is signed and no JSON is 400."""
    assert (await shop.post_event(None, raw="no JSON"))["status"] == 400
    shown = await house.call("GET", "brain-1", f"/admin/tenants/{shop.tenant_id}/credentials", headers=admin)
    return bool(shown.json()["_previous_secret"]["signed_at"])


async def _key_sealed_anew(house: House, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command, as an operator runs it, while customers write."""
    for name, value in (_with(NEW, OLD) | {"POSTGRES_DSN": house.dsn, "POSTGRES_OWNER_DSN": ""}).items():
        monkeypatch.setenv(name, value)
    folder = str(shop.system.folder)
    told, _ = await asyncio.gather(asyncio.to_thread(rotate, "encryption-key", folder), _answered(shop))
    assert any("nada necesita ya ENCRYPTION_KEY_ALSO" in line for line in told), told


async def test_no_secret_that_changes_cuts_anybody_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await _shop(house)
    admin = {"X-Admin-Token": OLD["ADMIN_TOKEN"], "X-Tenant-ID": str(shop.tenant_id)}
    for where in "01":
        for known in (OLD, NEW):
            assert await _statuses(house, shop, where, known) == _LET_IN
    await _answered(shop)
    feed = await _feed_and_a_booking(house, shop, admin)

    # YCloud's secret: the shop has the new one, YCloud still signs with the old one; then it signs with the new one.
    fresh = "whsec_" + secrets.token_hex(12)
    await _put(house, shop, "brain-1", webhook_secret=fresh)
    await _answered(shop)
    await eventually(lambda: _former_is_seen(house, shop, admin), every=0.5, what="the former secret's use to be shown")
    await _tell_ycloud(shop, house.url("gateway-1"), fresh)
    await _answered(shop)
    await _key_sealed_anew(house, shop, monkeypatch)

    # The first pair comes back with nothing but the new secrets; what came meanwhile waited for its Orchestrator.
    house.stop(0)
    waiting = await _written(shop)
    await house.start(0, _with(NEW, None))
    for person in waiting:
        await shop.bubbles(person)
    await _tell_ycloud(shop, house.url("gateway-0"), fresh)
    await _answered(shop)
    assert await _statuses(house, shop, "0", OLD) == [401, 401, 401]
    assert await _statuses(house, shop, "0", NEW) == _LET_IN
    assert (await house.call("GET", "brain-0", feed)).status_code == 200
    await _the_former_is_ended(house, shop, admin | {"X-Admin-Token": NEW["ADMIN_TOKEN"]})


async def _the_former_is_ended(house: House, shop: Shop, admin: dict[str, str]) -> None:
    path = f"/admin/tenants/{shop.tenant_id}/credentials/ycloud/previous-secret"
    assert (await house.call("DELETE", "brain-0", path, headers=admin)).status_code == 204
    await _tell_ycloud(shop, house.url("gateway-0"), shop.secret)

    async def refused() -> bool:
        return bool((await shop.post_event(None, raw="no JSON"))["status"] == 401)

    await eventually(refused, within=10, every=0.3, what="the former secret to be refused")
