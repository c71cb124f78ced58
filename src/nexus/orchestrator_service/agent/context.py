"""What the server knows in a run and the model cannot touch (architecture.md idea 7)."""

from dataclasses import dataclass, field
from typing import Any

from nexus.orchestrator_service.catalogue.products import Catalogue
from nexus.orchestrator_service.catalogue.shop import ShopDoor
from nexus.store.effects import RunIdentity
from nexus.store.tenants import Tenant


@dataclass(slots=True)
class Findings:
    """What this run's tools returned: the only products, links and pictures that may reach the customer."""

    products: dict[Any, dict[str, Any]] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    handoff_message: str | None = None

    def add_products(self, items: list[dict[str, Any]]) -> None:
        """Remember what a product search returned."""
        for item in items:
            self.products[item["id"]] = item
            self.links |= {item["url"]} if item["url"] else set()
            self.images |= {item["image_url"]} if item["image_url"] else set()


@dataclass(frozen=True)
class RunContext:
    """The run's tenant, conversation and customer, and the ways out of the process that its tools may take.

    `phone` is the WhatsApp address of the conversation, None for a customer without one.
    """

    tenant: Tenant
    run: RunIdentity
    phone: str | None
    customer_name: str | None
    last_shown: str | None
    correlation_id: str
    door: ShopDoor
    findings: Findings = field(default_factory=Findings)

    async def catalogue(self) -> Catalogue:
        """The tenant's products. Raises ShopNotConnectedError, SealBrokenError."""
        return Catalogue(await self.door.open(self.tenant.id), self.door.cache)
