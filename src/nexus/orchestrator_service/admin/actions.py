"""What a person does about a chat: pause, give back, hand off, try a parked burst again, open one with a number."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from nexus.contracts.errors import errors
from nexus.contracts.identity import phone_key
from nexus.orchestrator_service.admin.auth import Writer
from nexus.orchestrator_service.admin.chats import chat_item
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import Line, Reason
from nexus.orchestrator_service.admin.phone_words import whatsapp_address
from nexus.orchestrator_service.admin.sending import mirror_lockout, no_conversation
from nexus.orchestrator_service.admin.shapes import ChatItem, HandedOff, Override, Retried
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import current_correlation_id
from nexus.store.conversations import hand_off_by_person, load_chat, open_conversation, retry_burst
from nexus.store.lockout import pause_bot, resume_bot
from nexus.store.tenants import load_tenant

_ERRORS = errors(400, 401, 403, 404, 413, 422, 503)
_THERE_ALREADY: dict[int | str, dict[str, Any]] = {200: {"model": ChatItem, "description": "Ya existía"}}

router = APIRouter(prefix="/admin", tags=["chats"])


class OverrideChange(BaseModel):
    """`enabled` true pauses the bot for `hours` (the shop's own when left out), false gives the chat back to it."""

    enabled: bool
    hours: Annotated[float, Field(gt=0, le=8760, allow_inf_nan=False)] | None = None
    answer_pending: bool = False


class NewChat(BaseModel):
    """Whose number, as people here write it, and what to call her while she has no name of her own."""

    phone: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    name: Line | None = None


class HandoffRequest(BaseModel):
    """Why a person is needed; it goes into the e-mail."""

    reason: Reason


@router.post(
    "/conversations",
    response_model=ChatItem,
    status_code=201,
    summary="Abrir una conversación con un número",
    responses=_THERE_ALREADY | _ERRORS,
)
async def open_chat(body: NewChat, response: Response, deps: Deps, scope: Writer) -> Any:
    """The chat with somebody who never wrote, to pause her or to send a template; 200 when there is one already."""
    address = whatsapp_address(body.phone)
    if address is None:
        raise ApiError(422, "phone_invalid", "No es un número de WhatsApp: escribilo con código de área o de país.")
    tenant = await load_tenant(scope.tenant_id, deps.pool)
    key = phone_key(address)
    if tenant is None or key == phone_key(tenant.bot_phone_number):
        raise ApiError(422, "own_number", "Ese es el número de la propia tienda.")
    chat_id, new = await open_conversation(scope.tenant_id, deps.pool, address, key, body.name)
    if not new:
        response.status_code = 200
    chat = await load_chat(scope.tenant_id, deps.pool, chat_id)
    if chat is None:
        raise no_conversation()
    return chat_item(chat)


@router.post("/conversations/{conversation_id}/human-override", summary="Pausar o devolver al bot", responses=_ERRORS)
async def override(conversation_id: UUID, body: OverrideChange, deps: Deps, scope: Writer) -> Override:
    """Pause the bot, or give the chat back; `answer_pending` lets it answer what nobody has."""
    if body.enabled:
        tenant = await load_tenant(scope.tenant_id, deps.pool)
        hours = body.hours or (tenant.lockout_hours if tenant else deps.settings.handoff_lockout_hours)
        until = await pause_bot(scope.tenant_id, deps.pool, conversation_id, hours=hours, who=scope.caller.name)
        found = until is not None
    else:
        found = await resume_bot(
            scope.tenant_id,
            deps.pool,
            conversation_id,
            answer_pending=body.answer_pending,
            debounce=deps.settings.whatsapp_debounce_seconds,
            who=scope.caller.name,
        )
    if not found:
        raise no_conversation()
    return Override(human_override_until=await mirror_lockout(deps, scope.tenant_id, conversation_id))


@router.post(
    "/conversations/{conversation_id}/handoff",
    status_code=202,
    summary="Derivar a una persona",
    responses=_ERRORS,
)
async def hand_off(conversation_id: UUID, body: HandoffRequest, deps: Deps, scope: Writer) -> HandedOff:
    """Lockout and e-mail, no message to the customer (S-090)."""
    handoff_id = await hand_off_by_person(
        scope.tenant_id,
        deps.pool,
        conversation_id,
        reason=body.reason,
        who=scope.caller.name,
        correlation_id=current_correlation_id(),
    )
    until = await mirror_lockout(deps, scope.tenant_id, conversation_id) if handoff_id else None
    if handoff_id is None or until is None:
        raise no_conversation()
    return HandedOff(handoff_id=handoff_id, human_override_until=until)


@router.post("/bursts/{burst_id}/retry", status_code=202, summary="Reintentar una ráfaga detenida", responses=_ERRORS)
async def retry(burst_id: UUID, deps: Deps, scope: Writer) -> Retried:
    """A new burst of a parked one's messages, due now; 404 when no parked burst has this id."""
    conversation_id = await retry_burst(scope.tenant_id, deps.pool, burst_id)
    if conversation_id is None:
        raise ApiError(404, "burst_not_parked", "No hay una ráfaga detenida con ese identificador.")
    return Retried(conversation_id=conversation_id)
