"""`POST /chat` for the gateway and for direct callers (contract.md 4)."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Security
from fastapi.security import APIKeyHeader

from nexus.contracts.chat import ChatRequest, OrchestratorResult, OutboundBubble
from nexus.contracts.errors import errors
from nexus.contracts.identity import e164, phone_key
from nexus.orchestrator_service.chat.answer import Answering
from nexus.runtime.auth import internal_only
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import bind_correlation_id, current_correlation_id
from nexus.runtime.metrics import FENCE_REJECTIONS
from nexus.runtime.settings import Settings
from nexus.runtime.web import is_correlation_id
from nexus.store.callers import (
    CallerBurst,
    CallerCustomer,
    CallerMessage,
    ForeignMessageError,
    open_caller_burst,
)
from nexus.store.erased_ids import ErasedMessageError
from nexus.store.memory import UnknownBurstError
from nexus.store.replies import Result, StaleFenceError, stored_result
from nexus.store.tenants import tenant_by_number

_BUSY_PAUSE_SECONDS = 0.1


def chat_router(answering: Answering, settings: Settings) -> APIRouter:
    """The route, behind the internal token."""
    shown = APIKeyHeader(name="X-Internal-Token", scheme_name="internal_token", auto_error=False)
    router = APIRouter(dependencies=[Security(shown), Depends(internal_only(*settings.internal_tokens))])

    @router.post(
        "/chat",
        tags=["chat"],
        summary="Responder a un cliente (S-053)",
        response_model_exclude_none=True,
        responses=errors(400, 401, 404, 409, 410, 413, 422, 503),
    )
    async def chat(
        body: ChatRequest, x_tenant_id: Annotated[int | None, Header(ge=1, le=2**31 - 1)] = None
    ) -> OrchestratorResult:
        tenant_id = await _tenant(answering, body.to_number, x_tenant_id)
        if is_correlation_id(body.correlation_id) and not body.burst_id:
            bind_correlation_id(body.correlation_id)
        try:
            if body.burst_id is not None:
                return _shown(await answering.answer(tenant_id, body.burst_id, body.fence or 0))
            return await _answer_caller(answering, settings, tenant_id, body)
        except StaleFenceError as error:
            FENCE_REJECTIONS.inc()
            raise ApiError(409, "stale_fence", "Otro proceso ya tiene esta conversación.") from error
        except ForeignMessageError as error:
            text = "Ese provider_message_id es de un mensaje de otro cliente."
            raise ApiError(409, "message_id_in_use", text) from error
        except ErasedMessageError as error:
            raise ApiError(410, "message_erased", "Los datos de ese cliente se borraron.") from error
        except UnknownBurstError as error:
            raise ApiError(404, "unknown_burst", "Esa ráfaga de mensajes no existe.") from error
        except asyncio.CancelledError as error:
            # We stop and the answer is not there in time: another of us is asked at once, and it counts as no failure.
            words = "Este proceso se está deteniendo; reintentá."
            raise ApiError(503, "stopping", words, {"Retry-After": "1"}) from error

    return router


async def _tenant(answering: Answering, to_number: str, claimed: int | None) -> int:
    """The tenant of our number; the header may only confirm it (S-050)."""
    number = e164(to_number)
    tenant_id = await tenant_by_number(answering.pool, number) if number else None
    if tenant_id is None:
        raise ApiError(404, "unknown_tenant", "Ninguna tienda usa ese número de WhatsApp.")
    if claimed is not None and claimed != tenant_id:
        raise ApiError(409, "tenant_mismatch", "X-Tenant-ID y to_number son de tiendas distintas.")
    return tenant_id


async def _answer_caller(
    answering: Answering, settings: Settings, tenant_id: int, body: ChatRequest
) -> OrchestratorResult:
    found = await _open(answering, settings, tenant_id, body)
    if found.state == "duplicate" or found.burst_id is None:
        return OrchestratorResult(
            status="duplicate",
            send=False,
            messages=[],
            conversation_id=found.conversation_id,
            burst_id=found.burst_id,
            correlation_id=current_correlation_id(),
        )
    if found.state == "finished":
        return _shown(await stored_result(tenant_id, answering.pool, found.burst_id))
    return _shown(await answering.answer(tenant_id, found.burst_id, found.fence))


async def _open(answering: Answering, settings: Settings, tenant_id: int, body: ChatRequest) -> CallerBurst:
    """Claim the caller's burst, waiting for one in progress at most the answer deadline; then 503."""
    customer = _customer(body)
    messages = [
        CallerMessage(m.provider_message_id, m.type, m.text.strip(), _plausible(m.sent_at), _file(body))
        for m in body.as_messages()
    ]
    lease = timedelta(seconds=max(30.0, settings.answer_deadline_seconds + 5))
    give_up_at = time.monotonic() + settings.answer_deadline_seconds
    while True:
        found = await open_caller_burst(
            tenant_id,
            answering.pool,
            body.provider,
            customer,
            messages,
            correlation_id=current_correlation_id(),
            lease=lease,
        )
        if found.state != "busy":
            return found
        if time.monotonic() > give_up_at:
            raise ApiError(503, "busy", "La conversación está ocupada; reintentá.", {"Retry-After": "5"})
        await asyncio.sleep(_BUSY_PAUSE_SECONDS)


def _file(body: ChatRequest) -> dict[str, Any] | None:
    """What the caller says of the one file of its one message; it has the bytes, we do not."""
    if body.messages or len(body.media) != 1:
        return None
    [file] = body.media
    told = {"type": file.type, "id": file.provider_id, "mime_type": file.mime_type, "name": file.file_name}
    return {name: value for name, value in told.items() if value}


def _plausible(sent_at: datetime | None) -> datetime | None:
    """The caller's time, or None (now) for one that no clock explains: memory is ordered by it (S-031)."""
    if sent_at is None or sent_at.tzinfo is None:
        return None
    now = datetime.now(UTC)
    return sent_at if now - timedelta(days=3650) < sent_at < now + timedelta(days=1) else None


def _customer(body: ChatRequest) -> CallerCustomer:
    address = e164(body.from_number) if body.from_number else None
    external_user_id = phone_key(address) if address else (body.from_user_id or "")
    return CallerCustomer(external_user_id, address, body.from_user_id, body.customer_name)


def _shown(result: Result) -> OrchestratorResult:
    bubbles = [
        OutboundBubble(part=b.part, total=b.total, imageUrl=b.content, caption=b.caption)
        if b.message_type == "image"
        else OutboundBubble(part=b.part, total=b.total, text=b.content)
        for b in result.bubbles
    ]
    return OrchestratorResult(
        status=result.status,
        send=bool(bubbles),
        messages=bubbles,
        conversation_id=result.conversation_id,
        burst_id=result.burst_id,
        correlation_id=result.correlation_id or current_correlation_id(),
    )
