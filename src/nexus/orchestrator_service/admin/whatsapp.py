"""`/admin/whatsapp/health`: how the number, its account, its templates, its webhook and our key are."""

from fastapi import APIRouter

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.health_words import words_of
from nexus.orchestrator_service.admin.shapes import HealthItem, HealthList
from nexus.store.whatsapp_health import list_health

router = APIRouter(prefix="/admin/whatsapp", tags=["WhatsApp"])


@router.get("/health", summary="Cómo anda el WhatsApp de la tienda", responses=errors(400, 401, 404, 422, 503))
async def health(deps: Deps, scope: Reader) -> HealthList:
    """What was told last of each part, the worst first, with what to do about it."""
    items = []
    for row in await list_health(scope.tenant_id, deps.pool):
        words = words_of(row["subject"], row["key"], row["code"], row["level"])
        items.append(HealthItem(**{name: value for name, value in row.items() if name != "details"}, **words))
    return HealthList(items=items, worst=items[0].level if items else "ok")
