"""What a person does in a chat: write, pause, give back, hand off, try a parked burst again."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Writer
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import MessageText, Reason, Reference
from nexus.orchestrator_service.admin.shapes import HandedOff, Override, Queued, Retried
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import current_correlation_id
from nexus.store.conversations import hand_off_by_person, retry_burst, window_allows
from nexus.store.lockout import lockout_until, pause_bot, resume_bot
from nexus.store.messages import Outgoing, queue_manual
from nexus.store.tenants import load_tenant

_MIRROR_SECONDS = 86_400
_ERRORS = errors(400, 401, 403, 404, 413, 422, 503)

router = APIRouter(prefix="/admin", tags=["chats"])


class NewMessage(BaseModel):
    """A person's text; `client_ref` is the caller's own id of it, so that a repeat is the same row."""

    conversation_id: UUID
    text: MessageText
    client_ref: Reference


class OverrideChange(BaseModel):
    """`enabled` true pauses the bot for `hours` (the shop's own when left out), false gives the chat back to it."""

    enabled: bool
    hours: Annotated[float, Field(gt=0, le=8760, allow_inf_nan=False)] | None = None
    answer_pending: bool = False


class HandoffRequest(BaseModel):
    """Why a person is needed; it goes into the e-mail."""

    reason: Reason


@router.post("/messages/send", status_code=202, summary="Escribirle al cliente", responses=_ERRORS | errors(409))
async def send(body: NewMessage, deps: Deps, scope: Writer) -> Queued:
    """Queue the text and pause the bot (S-086); 409 `window_closed` more than 24 h after the customer's last one."""
    allowed = await window_allows(scope.tenant_id, deps.pool, body.conversation_id, body.client_ref)
    if allowed is None:
        raise _no_conversation()
    if not allowed:
        raise ApiError(409, "window_closed", "No se pudo enviar: pasaron más de 24 h desde su último mensaje.")
    outgoing = Outgoing("text", body.text, body.client_ref, correlation_id=current_correlation_id())
    queued = await queue_manual(scope.tenant_id, deps.pool, body.conversation_id, outgoing)
    if queued is None:
        raise _no_conversation()
    await _mirror(deps, scope.tenant_id, body.conversation_id)
    return Queued.model_validate({"id": queued[0], "status": queued[1]})


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
        raise _no_conversation()
    return Override(human_override_until=await _mirror(deps, scope.tenant_id, conversation_id))


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
    until = await _mirror(deps, scope.tenant_id, conversation_id) if handoff_id else None
    if handoff_id is None or until is None:
        raise _no_conversation()
    return HandedOff(handoff_id=handoff_id, human_override_until=until)


@router.post("/bursts/{burst_id}/retry", status_code=202, summary="Reintentar una ráfaga detenida", responses=_ERRORS)
async def retry(burst_id: UUID, deps: Deps, scope: Writer) -> Retried:
    """A new burst of a parked one's messages, due now; 404 when no parked burst has this id."""
    conversation_id = await retry_burst(scope.tenant_id, deps.pool, burst_id)
    if conversation_id is None:
        raise ApiError(404, "burst_not_parked", "No hay una ráfaga detenida con ese identificador.")
    return Retried(conversation_id=conversation_id)


async def _mirror(deps: AdminDeps, tenant_id: int, conversation_id: UUID) -> datetime | None:
    """Copy the lockout to Redis with the same end (S-046, S-106), and return that end."""
    until = await lockout_until(tenant_id, deps.pool, conversation_id)
    key = f"override:chat:{conversation_id}"
    if until is None:
        await deps.cache.delete(key)
    else:
        remaining = (until - datetime.now(UTC)).total_seconds()
        await deps.cache.set(key, until.isoformat(), min(remaining, _MIRROR_SECONDS))
    return until


def _no_conversation() -> ApiError:
    return ApiError(404, "conversation_not_found", "Esa conversación no existe en esta tienda.")
