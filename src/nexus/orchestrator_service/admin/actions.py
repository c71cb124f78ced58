"""What a person does about a chat: pause, give back, assign, hand off, try a parked burst again, open a new one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from nexus.contracts.errors import errors
from nexus.contracts.identity import phone_key
from nexus.orchestrator_service.admin.auth import Scope, Writer
from nexus.orchestrator_service.admin.chats import no_conversation, shown_chat
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Line, Reason
from nexus.orchestrator_service.admin.inbox_shapes import ChatItem
from nexus.orchestrator_service.admin.phone_words import whatsapp_address
from nexus.orchestrator_service.admin.sending import mirror_lockout
from nexus.orchestrator_service.admin.shapes import HandedOff, Override, Retried
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import current_correlation_id
from nexus.store.conversations import (
    UnknownPersonError,
    assign_chat,
    hand_off_by_person,
    open_conversation,
    retry_burst,
)
from nexus.store.lockout import OFF_UNTIL, Pause, pause_bot, resume_bot
from nexus.store.tenants import load_tenant

_LONGEST_PAUSE = timedelta(days=366)
_ERRORS = errors(400, 401, 403, 404, 413, 422, 503)
_THERE_ALREADY: dict[int | str, dict[str, Any]] = {200: {"model": ChatItem, "description": "Ya existía"}}

router = APIRouter(prefix="/admin", tags=["chats"])


class OverrideChange(BaseModel):
    """`enabled` true pauses the bot for `hours`, `until` a moment, or turns it `off` in this chat; the shop's own hours
    when none of them is given. `reason` is shown with who did it. False gives the chat back to the bot.
    """

    enabled: bool
    hours: Annotated[float, Field(gt=0, le=8760, allow_inf_nan=False)] | None = None
    until: AwareDatetime | None = None
    off: bool = False
    reason: Annotated[Reason, StringConstraints(max_length=300)] | None = None
    answer_pending: bool = False

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.hours is not None) + (self.until is not None) + self.off > 1:
            raise ValueError("va uno solo de hours, until y off")
        return self


class Assignment(BaseModel):
    """Whose the chat is from now on; null is nobody's."""

    user_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None


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
    return await shown_chat(deps, scope, chat_id)


@router.post("/conversations/{conversation_id}/human-override", summary="Pausar o devolver al bot", responses=_ERRORS)
async def override(conversation_id: UUID, body: OverrideChange, deps: Deps, scope: Writer) -> Override:
    """Pause the bot, turn it off, or give the chat back; `answer_pending` lets it answer what nobody has."""
    if body.enabled:
        pause = Pause(await _pause_end(body, deps, scope), scope.caller.name, body.reason)
        found = await pause_bot(scope.tenant_id, deps.pool, conversation_id, pause)
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


async def _pause_end(body: OverrideChange, deps: AdminDeps, scope: Scope) -> datetime:
    """When the pause ends. Raises 422 for a moment that is over or more than a year away."""
    now = datetime.now(UTC)
    if body.off:
        return OFF_UNTIL
    if body.until is not None:
        if not now < body.until <= now + _LONGEST_PAUSE:
            raise ApiError(422, "until_invalid", "La pausa tiene que terminar más adelante, a lo sumo en un año.")
        return body.until
    tenant = await load_tenant(scope.tenant_id, deps.pool)
    hours = body.hours or (tenant.lockout_hours if tenant else deps.settings.handoff_lockout_hours)
    return now + timedelta(hours=hours)


@router.put("/conversations/{conversation_id}/assignee", summary="Asignar una conversación", responses=_ERRORS)
async def assign(conversation_id: UUID, body: Assignment, deps: Deps, scope: Writer) -> ChatItem:
    """Put the chat into a person's hands; it neither pauses the bot nor keeps others out."""
    try:
        known = await assign_chat(scope.tenant_id, deps.pool, conversation_id, body.user_id, scope.caller.name)
    except UnknownPersonError as error:
        raise ApiError(422, "person_unknown", "Esa persona no es de esta tienda.") from error
    if not known:
        raise no_conversation()
    return await shown_chat(deps, scope, conversation_id)


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
