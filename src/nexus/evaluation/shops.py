"""The shop of one scenario: a tenant of its own in front of the fixture, changed as the file says."""

import itertools
import secrets
from collections.abc import Container
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from nexus.evaluation.check import Truth
from nexus.evaluation.place import Place
from nexus.evaluation.scenario import ShopSetup
from nexus.orchestrator_service.agent.versions import load_draft
from nexus.orchestrator_service.catalogue.refresh import refresh
from nexus.store.agenda import list_resources, load_settings, save_hours, save_settings
from nexus.store.bot_settings import HUMAN_TOPICS, save_bot_settings
from nexus.store.credentials import set_credentials
from nexus.store.database import tenant_transaction
from nexus.store.knowledge import write_sections
from nexus.store.prompt_versions import publish
from nexus.store.tenants import Tenant, create_tenant, load_tenant, update_tenant

WEBSITE = "https://danzademo.mitiendanube.com"
_numbers = itertools.count(secrets.randbelow(90_000_000) + 1)


@dataclass(frozen=True, slots=True)
class EvalShop:
    """A tenant with its store in the sandbox."""

    tenant: Tenant
    store_id: str
    token: str

    async def truth(self, place: Place, phone: str, proved: Container[int]) -> Truth:
        """Amounts of the public catalogue, and of the orders of this phone or with a proved number."""
        products, orders = await self._read(place, "products"), await self._read(place, "orders")
        amounts: set[str | None] = set()
        for product in (one for one in products if one["published"]):
            for variant in product["variants"]:
                amounts |= {variant["price"], variant["promotional_price"]}
        hosts = {_host(link) for link in (WEBSITE, *_links_in(products))}
        for order in (one for one in orders if _same(one.get("contact_phone"), phone) or one["number"] in proved):
            amounts |= {order["total"], order.get("subtotal"), *(line["price"] for line in order["products"])}
            hosts |= set(map(_host, _links_in(order)))
        return Truth(frozenset(Decimal(str(one)) for one in amounts if one is not None), frozenset(hosts))

    async def _read(self, place: Place, what: str) -> list[dict[str, Any]]:
        answer = await place.sandbox.get(
            f"/tiendanube/v1/{self.store_id}/{what}",
            params={"per_page": 200},
            headers={"Authentication": f"bearer {self.token}", "User-Agent": "nexus eval"},
        )
        return list(answer.json())


async def open_shop(place: Place, setup: ShopSetup) -> EvalShop:
    """A new tenant, its store, its agenda and what it published."""
    n = next(_numbers)
    store_id, token = str(1_000_000 + n), secrets.token_hex(16)
    await place.control("POST", "/shops", {"store_id": store_id, "access_token": token, "plan_factor": 10})
    for product_id, changes in setup.products.items():
        await place.control("PATCH", f"/shops/{store_id}/products/{product_id}", changes)
    tenant_id = await create_tenant(place.pool, "Danza Demo", f"+54911{n % 100_000_000:08d}")
    await update_tenant(tenant_id, place.pool, {"store_website": WEBSITE, **setup.fields})
    await set_credentials(
        tenant_id, place.pool, place.vault, "tiendanube", {"store_id": store_id, "access_token": token}
    )
    if setup.indexed:
        await refresh(tenant_id, place.answering.room.shops, full=True)
    if setup.agenda_open:
        await _open_agenda(place, tenant_id)
    await _publish(place, tenant_id, setup)
    tenant = await load_tenant(tenant_id, place.pool)
    if tenant is None:
        raise RuntimeError("the new shop is gone")
    return EvalShop(tenant, store_id, token)


async def _open_agenda(place: Place, tenant_id: int) -> None:
    """Every day from 8 to 20, so that "mañana a las 14" never falls on a Sunday."""
    async with tenant_transaction(tenant_id, place.pool) as conn:
        await load_settings(tenant_id, conn)
        await save_settings(tenant_id, conn, {"closes_on_holidays": False})
        for resource in await list_resources(tenant_id, conn):
            await save_hours(tenant_id, conn, resource.id, [(day, time(8), time(20)) for day in range(7)])


async def _publish(place: Place, tenant_id: int, setup: ShopSetup) -> None:
    topics = {topic: topic in setup.human_topics for topic in HUMAN_TOPICS}
    bot = setup.bot | ({"human_topics": topics} if setup.human_topics else {})
    if place.content is not None and not bot and not setup.sections:
        await publish(tenant_id, place.pool, place.content, who="nexus eval")
        return
    if bot:
        await save_bot_settings(tenant_id, place.pool, bot)
    if setup.sections:
        await write_sections(tenant_id, place.pool, setup.sections)
    tenant = await load_tenant(tenant_id, place.pool)
    if tenant is not None and (setup.sections or bot):
        await publish(tenant_id, place.pool, await load_draft(tenant, place.pool), who="nexus eval")


def _same(written: str | None, phone: str) -> bool:
    """The last eight digits: how the fixture writes its phones, apart from the product's own rules."""
    digits = "".join(filter(str.isdigit, written or ""))
    return len(digits) >= 8 and digits[-8:] == phone[-8:]


def _links_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [link for part in value.values() for link in _links_in(part)]
    if isinstance(value, list):
        return [link for part in value for link in _links_in(part)]
    return [value] if isinstance(value, str) and value.startswith("http") else []


def _host(link: str) -> str:
    return (urlsplit(link).hostname or "").removeprefix("www.")
