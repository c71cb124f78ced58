"""Who may be told of an order: its phone, or its number with the e-mail of the purchase (tiendanube.md 4.4).

Whatever else is asked gets one and the same answer, so that nobody learns which numbers exist or whose they are.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexus.gateways.tiendanube.client import ShopClient
from nexus.gateways.tiendanube.order_phones import is_of_phone
from nexus.gateways.tiendanube.parse import Item
from nexus.orchestrator_service.catalogue.orders import local_time, order_item
from nexus.orchestrator_service.catalogue.recent_orders import orders_of_phone
from nexus.store.database import Pool
from nexus.store.effects import RunIdentity
from nexus.store.order_tries import note_denied, note_proved, use_try, wrote

DENIAL = (
    "No encontré un pedido con esos datos a nombre de este teléfono. "
    "Si lo hiciste con otro, pasame el número de pedido y el e-mail de la compra."
)
"""The same words for a wrong number, another's order, a wrong e-mail and none: nothing can be guessed from it."""
DENIAL_AND_PERSON = "No encontré un pedido con esos datos. Si querés, te paso con una persona del equipo que lo busca."
"""The same, once the chat has used its tries."""
_MOST_LISTED = 5


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, from the server's context and never from the model: `phone` is the conversation's WhatsApp address.

    `is_real`: a customer, whose tries count, and not the shop's people in the test chat.
    """

    run: RunIdentity
    phone: str | None
    time_zone: str
    correlation_id: str
    is_real: bool


async def answer_about_order(
    shop: ShopClient, pool: Pool, asker: Asker, asked: str, email: str, now: datetime
) -> tuple[Item, list[Item]]:
    """What the model is told, and the orders in it, each as `order_item` shows it.

    `asked` is a number ("#123") or internal id; without digits the sender's own recent orders are listed, by her phone.
    Denied: `{message}` alone, with `suggest: derivhumano` when no try is left. Raises what ShopClient raises.
    """
    digits = re.search(r"\d{1,18}", asked)
    if digits is None:
        return await _own_orders(shop, pool, asker, now)
    order = await _order_of(shop, digits[0])
    if order is not None and asker.phone and is_of_phone(order, asker.phone):
        told = order_item(order, asker.time_zone)
        return told, [told]
    mail = email.strip().casefold()
    if mail and await _proved_by(pool, asker, int(digits[0]), mail, order) and order is not None:
        told = order_item(order, asker.time_zone)
        return told, [told]
    return await _denied(pool, asker, int(digits[0])), []


async def _own_orders(shop: ShopClient, pool: Pool, asker: Asker, now: datetime) -> tuple[Item, list[Item]]:
    """By the phone index alone: a name or an e-mail is nothing to look for."""
    found = await orders_of_phone(shop, asker.phone, now) if asker.phone else []
    listed = [
        {
            "number": order["number"],
            "created_at": local_time(order["created_at"], asker.time_zone),
            "status": order["status_words"],
            "status_text": order["status_words"],
            "tracking": order["tracking"],
        }
        for order in found[:_MOST_LISTED]
    ]
    return ({"orders": listed}, listed) if listed else (await _denied(pool, asker, None), [])


async def _order_of(shop: ShopClient, digits: str) -> Item | None:
    wanted = int(digits)
    found = next((order for order in await shop.find_orders(digits) if order.get("number") == wanted), None)
    return await shop.order(wanted) if found is None and len(digits) >= 8 else found


async def _proved_by(pool: Pool, asker: Asker, number: int, mail: str, order: Item | None) -> bool:
    """Whether the e-mail is the order's; the try is used before, whether there is such an order or not.

    One that the customer did not write herself proves nothing: the model may have read it anywhere.
    """
    right = order is not None and str(order.get("contact_email") or "").strip().casefold() == mail
    if not asker.is_real:
        return right
    if not await wrote(asker.run.tenant_id, pool, asker.run, mail):
        return False
    asked = _digest(asker.run.conversation_id, number, mail)
    if await use_try(asker.run.tenant_id, pool, asker.run, asked) == "used_up":
        return False
    if right:
        await note_proved(asker.run.tenant_id, pool, asker.run, asked)
    return right


async def _denied(pool: Pool, asker: Asker, number: int | None) -> Item:
    if not asker.is_real:
        return {"message": DENIAL}
    asked = None if number is None else _digest(asker.run.conversation_id, number)
    if await note_denied(asker.run.tenant_id, pool, asker.run, asked, asker.correlation_id):
        return {"message": DENIAL_AND_PERSON, "suggest": "derivhumano"}
    return {"message": DENIAL}


def _digest(conversation_id: UUID, number: int, email: str = "") -> str:
    return hashlib.sha256(f"{conversation_id}|{number}|{email}".encode()).hexdigest()
