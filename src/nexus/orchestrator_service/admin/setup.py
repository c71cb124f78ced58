"""`/admin/setup` and the webhook of a shop: what is left to do before the bot answers, from what is really there."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader, TenantReader, own_host
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.setup_words import light_of, steps_of
from nexus.store.live_tests import load_tests
from nexus.store.setup import setup_facts
from nexus.store.webhook_lights import webhook_light

_ERRORS = errors(400, 401, 404, 422, 503)

router = APIRouter(prefix="/admin", tags=["puesta en marcha"])


class SetupStep(BaseModel):
    """One step; `link` is the panel's own address where it is done."""

    key: Literal["shop", "whatsapp", "ask", "hours", "handoff", "live"]
    state: Literal["done", "todo", "problem"]
    title: str
    message: str
    link: str


class Setup(BaseModel):
    """How many steps are done, and each in its order."""

    done: int
    of: int
    steps: list[SetupStep]


class Webhook(BaseModel):
    """The address to enter at YCloud, and whether what comes by it is rightly signed."""

    url: str
    last_signed_at: datetime | None
    last_refused_at: datetime | None
    state: Literal["green", "waiting", "red"]


@router.get("/setup", summary="Cuánto falta para que el bot atienda", responses=_ERRORS)
async def setup(deps: Deps, scope: Reader) -> Setup:
    """Computed from credentials, their live tests, the webhook, bursts and hours; nothing is ticked by hand."""
    facts = await setup_facts(scope.tenant_id, deps.pool)
    light = light_of(await webhook_light(scope.tenant_id, deps.pool))
    steps = steps_of(facts, await load_tests(scope.tenant_id, deps.pool), light)
    shown = [SetupStep(**asdict(step)) for step in steps]
    return Setup(done=sum(step.state == "done" for step in steps), of=len(steps), steps=shown)


@router.get("/tenants/{tenant_id}/webhook", summary="La dirección del webhook y su luz", responses=_ERRORS)
async def webhook(request: Request, deps: Deps, scope: TenantReader) -> Webhook:
    """WHATSAPP_PUBLIC_URL, else the WhatsApp Service's port on the host that this was asked of."""
    base = deps.settings.whatsapp_public_url.rstrip("/")
    if not base:
        host = urlsplit(f"//{own_host(request)}").hostname or deps.settings.nexus_host
        host = f"[{host}]" if ":" in host else host
        base = f"http://{host}:{deps.settings.whatsapp_service_port}"
    light = await webhook_light(scope.tenant_id, deps.pool)
    return Webhook(
        url=f"{base}/webhook/ycloud/{scope.tenant_id}",
        last_signed_at=light["last_signed_at"],
        last_refused_at=light["last_refused_at"],
        state=light_of(light),
    )
