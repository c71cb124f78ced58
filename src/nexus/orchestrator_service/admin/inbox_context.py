"""What stands beside a thread: who the customer is, her appointments, her orders."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from nexus.contracts.errors import errors
from nexus.contracts.identity import phone_key
from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.client import ShopCredentialError, ShopNotConnectedError
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.chats import no_conversation
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.inbox_shapes import ChatContext, CustomerCard, CustomerNumber, OrderList
from nexus.orchestrator_service.admin.phone_words import number_forms, whatsapp_address
from nexus.orchestrator_service.catalogue.recent_orders import orders_of_phone
from nexus.store.chat_list import load_chat
from nexus.store.customer_card import load_context
from nexus.store.secrets import SealBrokenError

_ORDERS_SECONDS = 6.0
_APPOINTMENTS = 10
_ERRORS = errors(400, 401, 404, 422, 503)

router = APIRouter(prefix="/admin/conversations/{conversation_id}", tags=["chats"])


@router.get("/context", summary="Quién es y qué turnos tiene", responses=_ERRORS)
async def context(conversation_id: UUID, deps: Deps, scope: Reader) -> ChatContext:
    """The customer with both forms of each number, and at most ten appointments, those to come first."""
    found = await load_context(scope.tenant_id, deps.pool, conversation_id)
    if found is None:
        raise no_conversation()
    customer, near = found
    hers = [
        one for one in near if one.conversation_id == conversation_id or _same(one.customer_phone, customer["phone"])
    ]
    now = _number(customer["phone"] or customer["external_user_id"])
    earlier = [number for key in customer["earlier"] if (number := _number(key)) and number != now]
    card = CustomerCard.model_validate(customer | {"numbers": [now] if now else [], "earlier_numbers": earlier})
    return ChatContext(customer=card, appointments=hers[:_APPOINTMENTS])


@router.get("/orders", summary="Los pedidos del cliente en Tienda Nube", responses=_ERRORS)
async def orders(conversation_id: UUID, deps: Deps, scope: Reader) -> OrderList:
    """Of the last 90 days, by the chat's phone; a shop that does not answer within six seconds is `unavailable`."""
    chat = await load_chat(scope.tenant_id, deps.pool, conversation_id)
    if chat is None:
        raise no_conversation()
    if chat["wa_address"] is None:
        return OrderList(state="ok", message="No se sabe el teléfono de esta persona.", items=[])
    return await _orders(deps, scope.tenant_id, chat["wa_address"])


async def _orders(deps: AdminDeps, tenant_id: int, phone: str) -> OrderList:
    try:
        async with asyncio.timeout(_ORDERS_SECONDS):
            shop = await deps.room.shops.open(tenant_id)
            found = await orders_of_phone(shop, phone, datetime.now(UTC))
    except ShopNotConnectedError:
        return _without("not_connected", "Conectá Tienda Nube en Ajustes para ver acá los pedidos.")
    except SealBrokenError:
        return _without(
            "unavailable", "La clave guardada de Tienda Nube no se puede leer: volvé a cargarla en Ajustes."
        )
    except ShopCredentialError:
        return _without("unavailable", "Tienda Nube rechaza las credenciales: revisalas en Ajustes.")
    except (PermanentError, RetryableError, UnknownOutcomeError, TimeoutError):
        return _without("unavailable", "Tienda Nube no responde; probá de nuevo en un momento.")
    return OrderList.model_validate({"state": "ok", "message": None, "items": found})


def _without(state: Any, message: str) -> OrderList:
    return OrderList(state=state, message=message, items=[])


def _same(written: str | None, phone: str) -> bool:
    """Whether a number as a person wrote it down is the customer's."""
    address = whatsapp_address(written) if written else None
    return address is not None and phone_key(address) == phone_key(phone)


def _number(address: str) -> CustomerNumber | None:
    forms = number_forms(address)
    return CustomerNumber.model_validate(forms) if forms else None
