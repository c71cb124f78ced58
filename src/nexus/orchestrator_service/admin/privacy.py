"""`/admin/privacy`: a customer's data in her hands, its end, the shop's end, and who asked for any of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, BinaryIO, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import MANAGING_ROLES, FileReader, Manager, Owner, Scope, role_too_low
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Line
from nexus.orchestrator_service.admin.phone_words import readable_phone, whatsapp_address
from nexus.orchestrator_service.privacy.erasing import (
    PrivacyRoom,
    StillSendingError,
    carry_out,
    person_hash,
    sought_by,
    subject_of,
)
from nexus.orchestrator_service.privacy.export import NobodyFoundError, export_person, outline_person
from nexus.orchestrator_service.privacy.shop_file import packed_shop
from nexus.runtime.errors import ApiError
from nexus.store.chat_list import load_chat
from nexus.store.events import add_event
from nexus.store.person import Sought
from nexus.store.privacy_requests import (
    NewRequest,
    PrivacyRequest,
    add_request,
    close_request,
    list_requests,
    load_request,
    note_export,
)
from nexus.store.tenant_copy import ShopFileError
from nexus.store.tenants import load_tenant

_CHUNK = 256 * 1024
_JOB_STEPS_IN = timedelta(minutes=2)
"""What is carried out on the spot and did not come to its end is the job's."""
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}
_LastFour = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{4}$", description="Las cuatro últimas cifras del teléfono")]

router = APIRouter(prefix="/admin/privacy", tags=["privacidad"])


class RequestItem(BaseModel):
    """One request; `about` names the person while somebody needs it, and is null once she is erased.

    `can_cancel`: whether the caller may call this one off.
    """

    id: UUID
    kind: Literal["export", "erase", "erase_shop"]
    source: Literal["panel", "cli", "tiendanube"]
    asked_by: str
    asked_at: datetime
    state: Literal["open", "done", "cancelled"]
    due_at: datetime | None
    done_at: datetime | None
    done_by: str | None
    about: str | None
    counts: dict[str, int]
    can_cancel: bool


class RequestList(BaseModel):
    """The open ones first, by when they are due."""

    items: list[RequestItem]
    grace_hours: float


class PersonFound(BaseModel):
    """What there is of a person, in short; `phone` as it is written here."""

    phone: str
    names: list[str]
    chats: int
    messages: int
    appointments: int


class PersonToErase(BaseModel):
    """The chat or phone of a person, and the last four characters of the number that her chat shows."""

    conversation_id: UUID | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    last_four: _LastFour


class Erased(BaseModel):
    """What went, by kind; nothing at all where nothing was kept."""

    counts: dict[str, int]


class ShopToErase(BaseModel):
    """The shop's name, as it is written in its settings."""

    store_name: Line


def room_of(deps: AdminDeps) -> PrivacyRoom:
    """What an erasure of this process works with."""
    return PrivacyRoom(deps.pool, deps.cache, deps.vault, deps.folder)


@router.get("/requests", summary="Pedidos de privacidad", responses=errors(400, 401, 403, 404, 422, 503))
async def requests(deps: Deps, scope: Manager) -> RequestList:
    """Of people of the shop, the command line and Tienda Nube."""
    found = await list_requests(scope.tenant_id, deps.pool)
    return RequestList(items=[_item(one, scope) for one in found], grace_hours=deps.settings.shop_erasure_grace_hours)


@router.get("/person", summary="Qué hay guardado de un teléfono", responses=errors(400, 401, 403, 404, 422, 503))
async def person(deps: Deps, scope: Manager, phone: Annotated[str, Query(max_length=40)]) -> PersonFound:
    """Before it is downloaded or erased; 404 when there is nothing."""
    sought = await _sought(deps, scope, None, phone, None)
    try:
        found = await outline_person(scope.tenant_id, room_of(deps), sought)
    except NobodyFoundError as error:
        raise _nobody() from error
    return PersonFound.model_validate(found | {"phone": readable_phone(sought.phone or "")})


@router.get(
    "/export",
    response_class=Response,
    summary="Descargar los datos de un cliente",
    responses=_ZIP | errors(400, 401, 403, 404, 422, 503),
)
async def export(
    deps: Deps,
    scope: FileReader,
    conversation_id: UUID | None = None,
    phone: Annotated[str | None, Query(max_length=40)] = None,
    request_id: UUID | None = None,
) -> Response:
    """A ZIP of whoever is behind a chat, a phone or a request; who took it is written down."""
    if scope.role not in MANAGING_ROLES:
        raise role_too_low()
    sought = await _sought(deps, scope, conversation_id, phone, request_id)
    try:
        made = await export_person(scope.tenant_id, room_of(deps), sought)
    except NobodyFoundError as error:
        raise _nobody() from error
    remembered = person_hash(scope.tenant_id, deps.vault, made.key)
    if request_id is None:
        await note_export(scope.tenant_id, deps.pool, "panel", scope.caller.name, remembered)
    name = f"datos-{datetime.now(UTC):%Y-%m-%d}.zip"  # no phone: names of files end up in logs and chats
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(_pieces(made.file), 200, headers, "application/zip")


@router.get(
    "/shop-export",
    response_class=Response,
    summary="Descargar la tienda entera",
    responses=_ZIP | errors(400, 401, 403, 404, 422, 503),
)
async def export_shop(deps: Deps, scope: FileReader) -> Response:
    """A ZIP in clear that `tenant import` takes, for owners: settings, chats, files, appointments, no credentials."""
    if scope.role != "owner":
        raise role_too_low()
    try:
        file = await packed_shop(scope.tenant_id, room_of(deps))
    except ShopFileError as error:
        raise ApiError(503, "shop_busy", "Ahora no se puede: hay una actualización en curso.") from error
    said = f"{scope.caller.name} descargó la tienda entera."
    await add_event(scope.tenant_id, deps.pool, "info", "shop_exported", said)
    name = f"tienda-{datetime.now(UTC):%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(_pieces(file), 200, headers, "application/zip")


@router.post(
    "/erase", summary="Borrar los datos de un cliente", responses=errors(400, 401, 403, 404, 409, 413, 422, 503)
)
async def erase(body: PersonToErase, deps: Deps, scope: Manager) -> Erased:
    """At once and for good; 409 `wrong_digits` when the four do not fit. What cannot be reached: docs/privacy.md."""
    sought = await _sought(deps, scope, body.conversation_id, body.phone, None)
    known_as = await _known_as(deps, scope, sought)
    if known_as[-4:].lower() != body.last_four.lower():
        raise ApiError(409, "wrong_digits", "No son las cuatro últimas cifras de ese cliente.")
    subject = subject_of(sought)
    new = NewRequest("erase", "panel", scope.caller.name, subject, after=_JOB_STEPS_IN)
    request_id = await add_request(scope.tenant_id, deps.pool, new)
    try:
        counts = await carry_out(scope.tenant_id, room_of(deps), request_id) if request_id else None
    except StillSendingError as error:
        text = "Hay un mensaje saliendo hacia WhatsApp: se borra apenas termine."
        raise ApiError(503, "still_sending", text, {"Retry-After": "30"}) from error
    return Erased(counts=counts or {})


@router.post(
    "/requests/{request_id}/done",
    summary="Marcar un pedido de datos como entregado",
    responses=errors(400, 401, 403, 404, 409, 413, 422, 503),
)
async def done(request_id: UUID, deps: Deps, scope: Manager) -> RequestItem:
    """The data were handed out; who says so is kept. 409 for any other kind, and for what is closed."""
    request = await _load(deps, scope, request_id)
    if request.kind != "export" or not await close_request(
        scope.tenant_id, deps.pool, request_id, "done", scope.caller.name
    ):
        raise _closed()
    return _item(await _load(deps, scope, request_id), scope)


@router.post(
    "/shop-erasure",
    status_code=202,
    summary="Pedir que se borre la tienda entera",
    responses=errors(400, 401, 403, 404, 409, 413, 422, 503),
)
async def erase_shop(body: ShopToErase, deps: Deps, scope: Owner) -> RequestItem:
    """The bot goes off now; everything is erased after SHOP_ERASURE_GRACE_HOURS unless it is called off before.

    409 `wrong_name` when the name is not the shop's.
    """
    tenant = await load_tenant(scope.tenant_id, deps.pool)
    if tenant is None or tenant.store_name.casefold() != body.store_name.casefold():
        raise ApiError(409, "wrong_name", "Ese no es el nombre de la tienda.")
    grace = timedelta(hours=deps.settings.shop_erasure_grace_hours)
    waiting = [one for one in await list_requests(scope.tenant_id, deps.pool) if _is_shops(one)]
    if not waiting:
        new = NewRequest("erase_shop", "panel", scope.caller.name, due_in=grace, after=grace)
        request_id = await add_request(scope.tenant_id, deps.pool, new)
        waiting = [await _load(deps, scope, request_id)] if request_id else []
    return _item(waiting[0], scope)


@router.post(
    "/requests/{request_id}/cancel",
    summary="Cancelar el borrado de una tienda",
    responses=errors(400, 401, 403, 404, 409, 413, 422, 503),
)
async def cancel(request_id: UUID, deps: Deps, scope: Owner) -> RequestItem:
    """Nothing is erased and the bot is as it was. What Tienda Nube asked for only a platform admin may call off."""
    request = await _load(deps, scope, request_id)
    if not _may_cancel(request, scope):
        raise role_too_low() if _is_shops(request) else _closed()
    if not await close_request(scope.tenant_id, deps.pool, request_id, "cancelled", scope.caller.name):
        raise _closed()
    return _item(await _load(deps, scope, request_id), scope)


async def _sought(
    deps: AdminDeps, scope: Scope, conversation_id: UUID | None, phone: str | None, request_id: UUID | None
) -> Sought:
    """Whom the three ways to say it are about. Raises 404, 422."""
    if request_id is not None:
        return sought_by(await _load(deps, scope, request_id))
    if conversation_id is not None:
        return Sought(conversation_id=conversation_id)
    if phone is None:
        raise ApiError(422, "person_required", "Falta decir de quién: conversation_id o phone.")
    number = whatsapp_address(phone)
    if number is None:
        raise ApiError(422, "phone_invalid", "Ese teléfono no se entiende: escribilo con su característica.")
    return Sought(phone=number)


async def _known_as(deps: AdminDeps, scope: Scope, sought: Sought) -> str:
    """The number, or the id of who shows none, as the chat shows it. Raises 404."""
    if sought.conversation_id is None:
        return sought.phone or ""
    chat = await load_chat(scope.tenant_id, deps.pool, sought.conversation_id)
    if chat is None:
        raise _nobody()
    return re.sub(r"[^0-9A-Za-z]", "", chat["wa_address"] or chat["external_user_id"])


async def _load(deps: AdminDeps, scope: Scope, request_id: UUID) -> PrivacyRequest:
    request = await load_request(scope.tenant_id, deps.pool, request_id)
    if request is None:
        raise ApiError(404, "request_not_found", "Ese pedido no existe en esta tienda.")
    return request


def _item(request: PrivacyRequest, scope: Scope) -> RequestItem:
    told = request.subject
    about = readable_phone(told["phone"]) if told.get("phone") else told.get("email")
    return RequestItem.model_validate(
        {name: getattr(request, name) for name in PrivacyRequest.__slots__}
        | {"about": about, "can_cancel": _may_cancel(request, scope)}
    )


def _is_shops(request: PrivacyRequest) -> bool:
    return request.kind == "erase_shop" and request.state == "open"


def _may_cancel(request: PrivacyRequest, scope: Scope) -> bool:
    return _is_shops(request) and (scope.caller.sees_all or (request.source == "panel" and scope.role == "owner"))


def _nobody() -> ApiError:
    return ApiError(404, "nobody_found", "No hay nada guardado de esa persona en esta tienda.")


def _closed() -> ApiError:
    return ApiError(409, "request_closed", "Ese pedido ya está cerrado o no se cierra así.")


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _CHUNK):
            yield piece
