"""What the server knows in a run and the model cannot touch (architecture.md idea 7)."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.agent.gate.evidence import Evidence
from nexus.orchestrator_service.agent.heard import Replay
from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.orchestrator_service.agent.versions import RunVersion
from nexus.orchestrator_service.catalogue.products import Catalogue
from nexus.orchestrator_service.catalogue.shop import ShopDoor
from nexus.store.agenda import Service
from nexus.store.bot_settings import BotSettings
from nexus.store.effects import RunIdentity
from nexus.store.tenants import Tenant


@dataclass(slots=True)
class AgendaFindings:
    """What this run's agenda tools did and refused; `changing` is held by the one that changes something."""

    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    refusal: dict[str, Any] | None = None
    used: bool = False
    _changes: Counter[str] = field(default_factory=Counter)

    def begin_again(self) -> None:
        """The model is asked anew: its first change is the first one again, and gets the recorded answer."""
        self._changes.clear()

    def next_ordinal(self, tool: str) -> int:
        """Which change by this tool the next one is; what was refused is none."""
        return self._changes[tool] + 1

    def note(self, tool: str, told: dict[str, Any], *, done: bool) -> None:
        """Remember what a tool answered."""
        self.used = True
        self._changes[tool] += done
        if told["status"] in ("refused", "full"):
            self.refusal = told


@dataclass(frozen=True, slots=True)
class KnownAgenda:
    """What can be booked in the shop, and the customer's own appointments to come, as the run begins."""

    services: list[Service] = field(default_factory=list)
    upcoming: list[Appointment] = field(default_factory=list)


@dataclass(slots=True)
class Findings:
    """What this run's tools returned: the only products, links and pictures that may reach the customer.

    `evidence` is every tool's answer as the model read it, `orders` the customer's own orders (`order_item` shape),
    `effects` what was committed in this burst beside the agenda, each {tool, status, …}.
    """

    products: dict[Any, dict[str, Any]] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    evidence: list[Evidence] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    handoff_message: str | None = None
    unfilled: list[str] = field(default_factory=list)
    """Placeholders in what the model said that nothing of this run could fill; their sentences were dropped."""
    agenda: AgendaFindings = field(default_factory=AgendaFindings)

    def add_products(self, items: list[dict[str, Any]]) -> None:
        """Remember what a product search returned."""
        for item in items:
            self.products[item["id"]] = item
            self.links |= {item["url"]} if item["url"] else set()
            self.images |= {item["image_url"]} if item["image_url"] else set()


@dataclass(frozen=True)
class RunContext:
    """The run's tenant, conversation and customer, and the ways out of the process that its tools may take.

    `phone` is the WhatsApp address of the conversation, None for a customer without one; `now` is the run's one moment,
    which a replay sets to the recorded one; with `replay` no tool does anything, each says what it said then.
    """

    tenant: Tenant
    run: RunIdentity
    phone: str | None
    customer_name: str | None
    last_shown: str | None
    correlation_id: str
    door: ShopDoor
    version: RunVersion = field(default_factory=RunVersion)
    agenda: KnownAgenda = field(default_factory=KnownAgenda)
    bot: BotSettings = field(default_factory=BotSettings)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    notes: tuple[str, ...] = ()
    """What code knows of this customer: sentences for the notes of the last message."""
    findings: Findings = field(default_factory=Findings)
    trace: RunTrace = field(default_factory=RunTrace)
    replay: Replay | None = None

    async def catalogue(self) -> Catalogue:
        """The tenant's products. Raises ShopNotConnectedError, SealBrokenError."""
        return Catalogue(await self.door.open(self.tenant.id), self.door.cache, self.door.pool)
