"""`POST /messages/send`: one bubble of the shop's own systems, queued (S-021, contract.md 3)."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field, StringConstraints, model_validator

from nexus.contracts.errors import errors
from nexus.contracts.identity import e164, phone_key
from nexus.runtime.auth import internal_only
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import current_correlation_id
from nexus.runtime.settings import Settings
from nexus.store.consents import ConsentWithdrawnError
from nexus.store.database import Pool
from nexus.store.erased_ids import ErasedMessageError
from nexus.store.messages import Outgoing, queue_for_address
from nexus.store.send_limits import may_write_to
from nexus.store.tenants import load_tenant

_URL = re.compile(r"[^\x00-\x20\x7f<>\"\\^`{|}]+")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
Parameter = Annotated[str, StringConstraints(max_length=1024)]


class Template(BaseModel):
    """An approved template; parameters fill its body in order."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    language: Annotated[str, StringConstraints(min_length=2, max_length=16)]
    parameters: Annotated[list[Parameter], Field(max_length=30)] = []


class SendRequest(BaseModel):
    """Exactly one of text, imageUrl (under which a caption may stand) and template."""

    to: Annotated[str, StringConstraints(max_length=32)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None
    imageUrl: Annotated[str, StringConstraints(max_length=2048)] | None = None  # noqa: N815 - the seed's name
    caption: Annotated[str, StringConstraints(max_length=1024)] | None = None
    template: Template | None = None
    client_ref: Annotated[str, StringConstraints(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _one_content(self) -> "SendRequest":
        if sum(content is not None for content in (self.text, self.imageUrl, self.template)) != 1:
            raise ValueError("text, imageUrl o template: exactamente uno")
        if self.text is not None and not self.text.strip():
            raise ValueError("text no puede estar vacío")
        if self.caption is not None and self.imageUrl is None:
            raise ValueError("caption va sólo con imageUrl")
        return self


class Queued(BaseModel):
    """The row that will be sent, and its state now."""

    id: UUID
    status: str


def sending_router(pool: Pool, settings: Settings) -> APIRouter:
    """The route, behind the internal token."""
    shown = APIKeyHeader(name="X-Internal-Token", scheme_name="internal_token", auto_error=False)
    router = APIRouter(dependencies=[Security(shown), Depends(internal_only(*settings.internal_tokens))])

    @router.post(
        "/messages/send",
        status_code=202,
        tags=["mensajes"],
        summary="Encola un mensaje al cliente, una vez por client_ref",
        responses=errors(400, 401, 404, 409, 410, 413, 422, 503),
    )
    async def send_message(body: SendRequest, x_tenant_id: Annotated[int, Header(ge=1, le=2**31 - 1)]) -> Queued:
        if await load_tenant(x_tenant_id, pool) is None:
            raise ApiError(404, "unknown_tenant", "Esa tienda no existe.")
        address = e164(body.to)
        if address is None:
            raise ApiError(422, "invalid_number", "El destinatario no es un número de teléfono internacional.")
        outgoing = _outgoing(body, allow_loopback=settings.egress_allow_loopback)
        key = phone_key(address)
        if body.template is None and not await may_write_to(x_tenant_id, pool, key, body.client_ref):
            raise ApiError(409, "window_closed", "No se pudo enviar: pasaron más de 24 h desde su último mensaje.")
        try:
            message_id, status = await queue_for_address(x_tenant_id, pool, address, key, outgoing)
        except ErasedMessageError as error:
            raise ApiError(410, "message_erased", "Los datos de ese cliente se borraron.") from error
        except ConsentWithdrawnError as error:
            raise ApiError(409, "consent_withdrawn", "Esta persona pidió que no le manden promociones.") from error
        return Queued(id=message_id, status=status)

    return router


def _outgoing(body: SendRequest, *, allow_loopback: bool) -> Outgoing:
    correlation_id = current_correlation_id()
    if body.template is not None:
        payload: dict[str, Any] = body.template.model_dump()
        return Outgoing("template", f"[plantilla {body.template.name}]", body.client_ref, payload, correlation_id)
    if body.imageUrl is not None:
        if not is_sendable_url(body.imageUrl, allow_loopback=allow_loopback):
            raise ApiError(422, "invalid_image_url", "La imagen tiene que ser una dirección https.")
        caption = {"caption": body.caption} if body.caption and body.caption.strip() else None
        return Outgoing("image", body.imageUrl, body.client_ref, caption, correlation_id)
    return Outgoing("text", body.text or "", body.client_ref, None, correlation_id)


def is_sendable_url(url: str, *, allow_loopback: bool) -> bool:
    """https with a host; http only on loopback, and only where that is allowed (development, demo).

    What no URL holds (RFC 3986: spaces, control characters) and a password that would travel to WhatsApp are refused.
    """
    if not _URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if "@" in parts.netloc:
        return False
    if parts.scheme == "https":
        return "." in host
    return parts.scheme == "http" and allow_loopback and host in _LOOPBACK
