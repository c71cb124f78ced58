"""The door of Tienda Nube's three privacy webhooks (tiendanube.md 1.5), whose addresses are the app's, not a shop's.

So the body's store says which tenants it may be about, and the client secret of one of them must have signed it. The
answer comes at once: the request and its job are one transaction, and a repeat changes nothing.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.phone_words import whatsapp_address
from nexus.orchestrator_service.privacy.erasing import person_hash, subject_of
from nexus.orchestrator_service.shop_events import SHOP_EVENTS_PATH, SIGNATURE, is_signed, read_body
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import get_logger
from nexus.runtime.settings import Settings
from nexus.runtime.strict_json import MalformedJsonError, decode
from nexus.store.credentials import load_credentials
from nexus.store.database import Pool
from nexus.store.person import Sought
from nexus.store.privacy_requests import NewRequest, add_request
from nexus.store.secrets import SealBrokenError, Vault
from nexus.store.tenants import tenants_of_store

PATH = f"{SHOP_EVENTS_PATH}/privacy"
TIENDA_NUBE = "Tienda Nube"
DATA_DUE = timedelta(days=10)
"""To hand the data out: ten days run from the request (Argentina's law 25.326, article 14)."""
ERASURE_DUE = timedelta(days=5)
"""To erase: five working days (article 16); ours begins at once."""
_LONGEST_ID = 64


class PrivacyHeard(BaseModel):
    """`ignored`: known already."""

    status: Literal["accepted", "ignored"]


def shop_privacy_router(pool: Pool, vault: Vault, settings: Settings) -> APIRouter:
    """The three routes; they ask for no session and no token, only for a signature."""
    router = APIRouter(prefix=PATH, tags=["tienda nube"])
    wanted = errors(400, 401, 413, 503)

    async def heard(request: Request, asked: Callable[[int, dict[str, Any]], NewRequest]) -> PrivacyHeard:
        raw = await read_body(request)
        told = _body(raw)
        tenants = await _signers(request, raw, told, pool, vault, settings)
        added = [await add_request(tenant_id, pool, asked(tenant_id, told)) for tenant_id in tenants]
        return PrivacyHeard(status="accepted" if any(added) else "ignored")

    @router.post("/store-redact", summary="Borrar una tienda (Tienda Nube)", responses=wanted, openapi_extra=_BODY)
    async def store_redact(request: Request) -> PrivacyHeard:
        """The bot goes off now; the erasure waits SHOP_ERASURE_GRACE_HOURS, in which it can be called off."""
        grace = timedelta(hours=settings.shop_erasure_grace_hours)
        return await heard(request, lambda _tenant, _told: _of_shop(grace))

    @router.post("/customers-redact", summary="Borrar un cliente (Tienda Nube)", responses=wanted, openapi_extra=_BODY)
    async def customers_redact(request: Request) -> PrivacyHeard:
        """Queue the erasure of the customer's chats, files and traces."""
        return await heard(request, lambda tenant, told: _of_customer(tenant, vault, told, "erase"))

    @router.post(
        "/customers-data-request", summary="Datos de un cliente (Tienda Nube)", responses=wanted, openapi_extra=_BODY
    )
    async def customers_data_request(request: Request) -> PrivacyHeard:
        """People of the shop see the request with its due date, download the data and hand them out."""
        return await heard(request, lambda tenant, told: _of_customer(tenant, vault, told, "export"))

    return router


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["store_id"],
                    "properties": {"store_id": {"type": "integer"}, "customer": {"type": "object"}},
                }
            }
        },
    }
}


def _body(raw: bytes) -> dict[str, Any]:
    try:
        told: Any = decode(raw)
    except MalformedJsonError as error:
        raise ApiError(400, "malformed_json", "El cuerpo no es JSON válido.") from error
    if not isinstance(told, dict):
        raise ApiError(400, "malformed_json", "El cuerpo no es un objeto JSON.")
    return told


async def _signers(
    request: Request, raw: bytes, told: dict[str, Any], pool: Pool, vault: Vault, settings: Settings
) -> list[int]:
    """The tenants of the store whose secret signed it. Raises 401 alike for a store that nobody has."""
    signature = request.headers.get(SIGNATURE, "")
    candidates = await tenants_of_store(pool, str(told.get("store_id")))
    if settings.tiendanube_privacy_unsigned and not signature and candidates:
        return candidates
    try:
        known = [(tenant, await load_credentials(tenant, pool, vault, "tiendanube")) for tenant in candidates]
    except SealBrokenError as error:
        raise ApiError(503, "seal_broken", "Las credenciales de la tienda hay que volver a cargarlas.") from error
    signers = [
        tenant for tenant, keys in known if (secret := keys.get("client_secret")) and is_signed(raw, secret, signature)
    ]
    if not signers:
        get_logger().warning("privacy_webhook_refused", tenants=candidates)
        raise ApiError(401, "invalid_signature", "La firma del aviso no es válida.")
    return signers


def _of_shop(grace: timedelta) -> NewRequest:
    return NewRequest("erase_shop", "tiendanube", TIENDA_NUBE, same_as="store", due_in=grace, after=grace)


def _of_customer(tenant_id: int, vault: Vault, told: dict[str, Any], kind: Literal["erase", "export"]) -> NewRequest:
    customer = told.get("customer")
    fields: dict[str, Any] = customer if isinstance(customer, dict) else {}
    phone, email = str(fields.get("phone") or ""), str(fields.get("email") or "").strip()
    sought = Sought(
        phone=whatsapp_address(phone), email=email or None, drafts=_ids(told.get("drafts_orders_requested"))
    )
    subject = subject_of(sought)
    if kind == "export":  # whoever answers it has to know what was asked for
        subject |= {"requested": {name: told[name] for name in told if name.endswith("_requested")}}
    asked = told.get("data_request")
    number = str(asked.get("id"))[:_LONGEST_ID] if isinstance(asked, dict) else ""
    who = number or ":".join(str(fields.get(name) or "") for name in ("id", "email", "phone"))
    key = subject["key"]
    return NewRequest(
        kind,
        "tiendanube",
        TIENDA_NUBE,
        subject,
        person_hash(tenant_id, vault, str(key) if key else None),
        f"{kind}:{_digest(tenant_id, vault, who)}",
        DATA_DUE if kind == "export" else ERASURE_DUE,
    )


def _digest(tenant_id: int, vault: Vault, who: str) -> str:
    """Of what may name a person: keyed, for it stays when she is gone."""
    return hmac.new(vault.key_for(tenant_id, "privacy").encode(), who.encode(), hashlib.sha256).hexdigest()[:32]


def _ids(given: Any) -> tuple[int, ...]:
    found = given if isinstance(given, list) else []
    return tuple(one for one in found if isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**63)
