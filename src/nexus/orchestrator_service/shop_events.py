"""The door at which Tienda Nube tells that something changed (tiendanube.md 1.5): ids only, looked up at the shop.

It answers at once: the work is put on the queue. A shop whose app has a client secret signs; of one without, nobody
can tell who speaks, so that all it can bring about is a look at the shop, now and then.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.catalogue.refresh import wish_changes, wish_refresh
from nexus.runtime.cache import Cache
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import get_logger
from nexus.runtime.strict_json import MalformedJsonError, decode
from nexus.store.catalogue_sync import forget_refusal, note_refusal, note_webhook
from nexus.store.credentials import load_credentials
from nexus.store.database import Pool, tenant_transaction
from nexus.store.secrets import SealBrokenError, Vault

SHOP_EVENTS_PATH = "/webhook/tiendanube"
"""Its bodies are read as they came, for their signature."""
SIGNATURE = "x-linkedstore-hmac-sha256"
_LONGEST_BODY = 64 * 1024
_UNSIGNED_AT_ONCE, _UNSIGNED_PER_SECOND = 6, 0.1
_REFUSALS = {"app/uninstalled": 401, "app/suspended": 402}


class ShopEventHeard(BaseModel):
    """`ignored`: nothing of it concerns us."""

    status: Literal["accepted", "ignored"]


@dataclass(frozen=True, slots=True)
class _Event:
    tenant_id: int
    store_id: str
    name: str
    subject: int | None
    signed: bool


def shop_events_router(pool: Pool, cache: Cache, vault: Vault) -> APIRouter:
    """The route; it asks for no session and no token, only for the shop's signature where there is a secret."""
    router = APIRouter(tags=["tienda nube"])

    @router.post(
        f"{SHOP_EVENTS_PATH}/{{tenant_id}}",
        summary="Un aviso de Tienda Nube",
        responses=errors(400, 401, 404, 413, 422, 503),
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}},
    )
    async def heard(tenant_id: Annotated[int, Path(ge=1, le=2**31 - 1)], request: Request) -> ShopEventHeard:
        """Queue a look at what changed. 401 when the signature is not the shop's."""
        event = await _event(tenant_id, request, pool, vault)
        accepted = event is not None and await _take(event, pool, cache)
        return ShopEventHeard(status="accepted" if accepted else "ignored")

    return router


_BODY = {
    "type": "object",
    "properties": {"store_id": {"type": "integer"}, "event": {"type": "string"}, "id": {"type": "integer"}},
}


async def _event(tenant_id: int, request: Request, pool: Pool, vault: Vault) -> _Event | None:
    """What was told, None when it is no event of this shop. Raises ApiError."""
    raw = await read_body(request)
    try:
        known = await load_credentials(tenant_id, pool, vault, "tiendanube")
    except SealBrokenError as error:
        raise ApiError(503, "seal_broken", "Las credenciales de la tienda hay que volver a cargarlas.") from error
    if not known.get("store_id"):
        raise ApiError(404, "unknown_shop", "Esa tienda no está conectada a Tienda Nube.")
    secret = known.get("client_secret")
    if secret and not is_signed(raw, secret, request.headers.get(SIGNATURE, "")):
        get_logger().warning("shop_event_refused", tenant_id=tenant_id)
        raise ApiError(401, "invalid_signature", "La firma del aviso no es válida.")
    try:
        told: Any = decode(raw)
    except MalformedJsonError as error:
        raise ApiError(400, "malformed_json", "El cuerpo no es JSON válido.") from error
    if not isinstance(told, dict) or str(told.get("store_id")) != known["store_id"]:
        return None
    subject = str(told.get("id"))
    number = int(subject) if subject.isdecimal() and len(subject) <= 18 else None
    return _Event(tenant_id, known["store_id"], str(told.get("event")), number, signed=bool(secret))


def is_signed(raw: bytes, secret: str, signature: str) -> bool:
    """Whether the signature is the lower-case hex HMAC-SHA256 of the raw body, keyed by the app's secret."""
    expected = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.strip().encode())


async def _take(event: _Event, pool: Pool, cache: Cache) -> bool:
    """Do with it what is to be done; False for what is no business of ours."""
    kind = event.name.partition("/")[0]
    if kind not in ("product", "category", "order", "app"):
        return False
    async with tenant_transaction(event.tenant_id, pool) as conn:
        await note_webhook(event.tenant_id, conn)
        if kind == "product" and event.signed and event.subject is not None:
            await wish_changes(event.tenant_id, conn, [event.subject])
            return True
        if kind == "app" and event.name == "app/resumed" and event.signed:
            await forget_refusal(event.tenant_id, conn)
    if kind == "order":
        await cache.delete(f"cache:orders:{event.tenant_id}:{event.store_id}")
    elif kind in ("product", "category") and await _may_look(event, cache):
        await wish_refresh(event.tenant_id, pool, news=event.signed)
    elif event.name in _REFUSALS and event.signed:
        await note_refusal(event.tenant_id, pool, _REFUSALS[event.name])
    return True


async def _may_look(event: _Event, cache: Cache) -> bool:
    """Whoever does not sign is heard once in ten seconds: every refresh costs the shop's patience."""
    if event.signed:
        return True
    key = f"rate:shop-events:{event.tenant_id}"
    return await cache.take_token(key, _UNSIGNED_AT_ONCE, _UNSIGNED_PER_SECOND) == 0


async def read_body(request: Request) -> bytes:
    """The body as it came. Raises 413 as soon as it is too long, whatever Content-Length says."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY:
            raise ApiError(413, "too_large", "El aviso supera 64 KiB.")
    return bytes(body)
