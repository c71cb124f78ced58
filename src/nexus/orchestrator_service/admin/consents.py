"""`/admin/conversations/{id}/consents`: for what this person may be written to, and by which words of hers."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader, Scope, Writer
from nexus.orchestrator_service.admin.chats import no_conversation
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.store.consents import PURPOSES, Purpose, State, list_consents, note_by_hand

router = APIRouter(prefix="/admin/conversations/{conversation_id}/consents", tags=["chats"])


class SaidOnce(BaseModel):
    """One time that it was given or taken back: by her message, by somebody of the shop, or by a webhook."""

    state: State
    at: datetime
    source: Literal["message", "panel", "webhook"]
    message_id: UUID | None
    author: str | None


class ConsentItem(BaseModel):
    """One purpose: `allowed` is what counts, `said` what was said of it, the newest first."""

    purpose: Purpose
    allowed: bool
    said: list[SaidOnce]


class ConsentList(BaseModel):
    """Every purpose, whether anything was said of it or not."""

    items: list[ConsentItem]


class NewState(BaseModel):
    """What she told somebody of the shop."""

    state: State


@router.get("", summary="Para qué se le puede escribir", responses=errors(400, 401, 404, 422, 503))
async def show(conversation_id: UUID, deps: Deps, scope: Reader) -> ConsentList:
    """Only what was taken back is forbidden."""
    return await _listed(deps, scope, conversation_id)


@router.put("/{purpose}", summary="Anotar lo que pidió", responses=errors(400, 401, 403, 404, 413, 422, 503))
async def note(conversation_id: UUID, purpose: Purpose, body: NewState, deps: Deps, scope: Writer) -> ConsentList:
    """Given or withdrawn, by hand; said twice is said once. Notices that wait end with their consent."""
    author = scope.caller.name
    if not await note_by_hand(scope.tenant_id, deps.pool, conversation_id, purpose, body.state, author):
        raise no_conversation()
    return await _listed(deps, scope, conversation_id)


async def _listed(deps: AdminDeps, scope: Scope, conversation_id: UUID) -> ConsentList:
    found = await list_consents(scope.tenant_id, deps.pool, conversation_id)
    if found is None:
        raise no_conversation()
    said: dict[str, list[dict[str, Any]]] = {purpose: [] for purpose in PURPOSES}
    for row in found:
        said[row.pop("purpose")].append(row)
    items = [
        {"purpose": purpose, "allowed": not rows or rows[0]["state"] == "given", "said": rows}
        for purpose, rows in said.items()
    ]
    return ConsentList.model_validate({"items": items})
