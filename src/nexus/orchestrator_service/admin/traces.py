"""`/admin/bursts/{id}/trace`: why the bot said it — the tools it used, in order, and what the answer cost."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.runtime.errors import ApiError
from nexus.store.traces import load_trace

_LABELS = {
    "search_specific_products": "Buscó productos",
    "search_by_category": "Buscó en una categoría",
    "browse_general_storefront": "Miró la vidriera",
    "orders": "Consultó un pedido",
    "check_availability": "Miró horarios libres",
    "book_appointment": "Reservó un turno",
    "reschedule_appointment": "Cambió un turno",
    "cancel_appointment": "Canceló un turno",
    "derivhumano": "Pidió una persona",
}

router = APIRouter(prefix="/admin", tags=["chats"])


class ToolUsed(BaseModel):
    """One call; `arguments` without phones, `found` how many things came back where they can be counted."""

    name: str
    label: str
    arguments: dict[str, str]
    status: Literal["ok", "empty", "error", "refused"]
    milliseconds: int
    found: int | None


class Trace(BaseModel):
    """A burst: how it ended, and what that took; tokens are null where the model's server tells none."""

    burst_id: UUID
    state: str
    reason: str | None
    created_at: datetime
    finished_at: datetime | None
    tokens_in: int | None
    tokens_out: int | None
    model_seconds: float | None
    tools: list[ToolUsed]


@router.get(
    "/bursts/{burst_id}/trace", summary="Por qué el bot contestó eso", responses=errors(400, 401, 404, 422, 503)
)
async def trace(burst_id: UUID, deps: Deps, scope: Reader) -> Trace:
    """No tool at all: the answer took no model (a pause, a reminder's answer), or none of them was needed."""
    found = await load_trace(scope.tenant_id, deps.pool, burst_id)
    if found is None:
        raise ApiError(404, "burst_not_found", "Esa respuesta no existe en esta tienda.")
    return Trace.model_validate(found | {"tools": [named(tool) for tool in found["tools"]]})


def named(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool of a trace with what people call it."""
    return tool | {"label": _LABELS.get(tool["name"], "Una herramienta que no existe")}
