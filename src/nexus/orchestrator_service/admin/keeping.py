"""`/admin/tenants/{id}/keeping`: what would go if messages lived so many days, before anybody turns it on.

The days themselves are fields of the shop (`PUT /admin/tenants/{id}`).
"""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import TenantManager
from nexus.orchestrator_service.admin.deps import Deps
from nexus.store.keeping import outlook

router = APIRouter(prefix="/admin/tenants", tags=["tiendas"])


class KeepingOutlook(BaseModel):
    """Counted as of now: `chats_gone` of `chats` disappear, `held` ones wait for somebody and lose nothing until then.

    `payload_days` is how long this installation keeps what providers sent, for every shop.
    """

    before: datetime
    messages: int
    chats: int
    chats_gone: int
    files: int
    bytes: int
    held: int
    payload_days: int


@router.get("/{tenant_id}/keeping", summary="Qué se borraría con un plazo", responses=errors(401, 403, 404, 422, 503))
async def show(deps: Deps, scope: TenantManager, days: Annotated[int, Query(ge=7, le=36_500)]) -> KeepingOutlook:
    """Nothing is deleted by asking; the job of the night does it."""
    found = await outlook(scope.tenant_id, deps.pool, days)
    return KeepingOutlook(**asdict(found), payload_days=deps.settings.keep_provider_events_days)
