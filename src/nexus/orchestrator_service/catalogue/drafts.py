"""A cart from the chat as a link to pay it: a draft order of the shop, made once for each cart (tiendanube.md 5).

Prices are the shop's at this moment, and the shop asks for them again at its checkout; nothing is confirmed or paid.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.client import ShopClient
from nexus.gateways.tiendanube.parse import Item, money_text, number, web_address
from nexus.store.database import Pool
from nexus.store.draft_carts import intend, settle_made, settle_refused, settle_unknown
from nexus.store.effects import Rehearsal, RunIdentity
from nexus.store.events import add_event
from nexus.store.order_tries import wrote

MOST_LINES, MOST_OF_ONE = 10, 20
_MAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]+\.[^\s@<>,;]{2,}")
_SALE_CHANNEL = "whatsapp"
UNKNOWN_WORDS = (
    "No pude confirmar si el link de pago se armó. Para no duplicarlo, mejor te ayuda una persona del equipo."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a cart as the model asked for it."""

    product_id: int
    variant_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, in her own words; the phone is the conversation's."""

    name: str
    email: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class Till:
    """What making a link needs; with `dry_run` nothing is made."""

    shop: ShopClient
    pool: Pool
    run: RunIdentity
    correlation_id: str
    dry_run: bool


async def payable_link(till: Till, wanted: Sequence[Wanted], buyer: Buyer) -> tuple[Item, list[Item]]:
    """What the model is told, and the products in it as they are now.

    Status is made (`checkout_url`), dry_run (what would have been made), unknown, refused (why in `say`), or failed.
    Raises what ShopClient's reads raise, and StaleFenceError.
    """
    email = buyer.email.strip()
    if not _MAIL.fullmatch(email) or not await _is_hers(till, email):
        return {"status": "refused", "say": "Para armarte el link de pago necesito que me escribas tu e-mail."}, []
    cart = _merged(wanted)
    if not cart or len(cart) > MOST_LINES:
        return {"status": "refused", "say": f"Puedo armar el link con entre 1 y {MOST_LINES} productos."}, []
    products = await till.shop.products_by_ids(list(dict.fromkeys(line.product_id for line in cart)))
    lines, problems = _priced(cart, products)
    if problems:
        return {"status": "refused", "say": " ".join(problems)}, products
    offer = {"lines": [_shown(line) for line in lines], "total_text": money_text(_total(lines)) + " más el envío"}
    if till.dry_run or isinstance(till.run, Rehearsal):
        return await _dry_run(till, lines, offer), products
    return {**await _made(till, lines, email, buyer), **offer}, products


async def _is_hers(till: Till, email: str) -> bool:
    """The shop may write to it, so it is one that she wrote; in the test chat nothing is stored."""
    rehearsed = isinstance(till.run, Rehearsal)
    return rehearsed or await wrote(till.run.tenant_id, till.pool, till.run, email)


async def _made(till: Till, lines: list[Item], email: str, buyer: Buyer) -> Item:
    """Intent, call, outcome; each its own transaction, so that a death in between leaves a doubt and not a second."""
    tenant_id = till.run.tenant_id
    kept = [{key: line[key] for key in ("product_id", "variant_id", "quantity", "price")} for line in lines]
    key = cart_digest(till.run, lines, email)
    known = await intend(tenant_id, till.pool, till.run, key, kept)
    if not known.is_ours:
        if known.state == "made":
            return _told_link(str(known.checkout_url))
        return {"status": "unknown", "say": UNKNOWN_WORDS, "suggest": "derivhumano"}
    try:
        draft = await till.shop.create_draft_order(_body(lines, email, buyer))
    except (PermanentError, RetryableError) as error:
        await settle_refused(tenant_id, till.pool, till.run, key, error.code)
        if isinstance(error, PermanentError) and error.status in (401, 402, 403):
            raise
        return {"status": "failed", "say": "La tienda no pudo armar el link ahora; podés comprarlo desde su página."}
    except UnknownOutcomeError:
        await settle_unknown(tenant_id, till.pool, till.run, key, till.correlation_id)
        return {"status": "unknown", "say": UNKNOWN_WORDS, "suggest": "derivhumano"}
    address = web_address(draft.get("checkout_url") or draft.get("abandoned_checkout_url"))
    if address is None:
        await settle_unknown(tenant_id, till.pool, till.run, key, till.correlation_id)
        return {"status": "unknown", "say": UNKNOWN_WORDS, "suggest": "derivhumano"}
    made_id = draft.get("id")
    await settle_made(tenant_id, till.pool, till.run, key, made_id if isinstance(made_id, int) else None, address)
    return _told_link(address)


def cart_digest(run: RunIdentity, lines: Sequence[Item], email: str) -> str:
    """The key of a cart: the chat, what is in it and whose e-mail; the order of its lines does not matter."""
    inside = sorted((line["variant_id"], line["quantity"]) for line in lines)
    written = json.dumps([str(run.conversation_id), inside, email.casefold()])
    return hashlib.sha256(written.encode()).hexdigest()


def _told_link(address: str) -> Item:
    return {"status": "made", "checkout_url": address, "say": f"Te armé el pedido; lo pagás acá:\n{address}"}


async def _dry_run(till: Till, lines: list[Item], offer: Item) -> Item:
    """Nothing is made; the shop's people see what would have been."""
    if not isinstance(till.run, Rehearsal):
        await add_event(
            till.run.tenant_id,
            till.pool,
            "info",
            "draft_order_dry_run",
            "El bot habría armado un link de pago (prueba sin efecto)",
            {
                "conversation_id": till.run.conversation_id,
                "items": [{key: line[key] for key in ("variant_id", "quantity")} for line in lines],
                "total": number(_total(lines)),
            },
            till.correlation_id,
        )
    pages = [str(line["url"]) for line in lines if line["url"]]
    say = "Todavía no puedo mandarte un link de pago; lo comprás desde la página:\n" + "\n".join(pages)
    return {"status": "dry_run", "would_make": offer, "say": say}


def _merged(wanted: Sequence[Wanted]) -> list[Wanted]:
    """One line for each variant."""
    lines: dict[int, Wanted] = {}
    for line in wanted:
        before = lines.get(line.variant_id)
        quantity = line.quantity + (before.quantity if before else 0)
        lines[line.variant_id] = Wanted(line.product_id, line.variant_id, quantity)
    return list(lines.values())


def _priced(cart: Sequence[Wanted], products: Sequence[Item]) -> tuple[list[Item], list[str]]:
    """The lines at today's prices, and in words why the cart cannot be made as it is."""
    by_id = {item["id"]: item for item in products}
    lines, problems = [], []
    for wanted in cart:
        item = by_id.get(wanted.product_id)
        variant = next((v for v in item["variants"] if v["id"] == wanted.variant_id), None) if item else None
        if item is None or variant is None:
            problems.append("Uno de los productos ya no está en la tienda.")
            continue
        name = _called(item, variant)
        if not 1 <= wanted.quantity <= MOST_OF_ONE:
            problems.append(f"De {name} puedo poner entre 1 y {MOST_OF_ONE}.")
        elif not variant["in_stock"]:
            problems.append(f"{name} está sin stock.")
        elif variant["stock"] is not None and variant["stock"] < wanted.quantity:
            left = variant["stock"]
            problems.append(f"De {name} queda 1." if left == 1 else f"De {name} quedan {left}.")
        elif variant["price"] is None:
            problems.append(f"{name} tiene precio a consultar.")
        else:
            lines.append(_line(item, variant, wanted, name))
    return lines, problems


def _line(item: Item, variant: Item, wanted: Wanted, name: str) -> Item:
    price = variant["promotional_price"] if variant["promotional_price"] is not None else variant["price"]
    return {
        "product_id": wanted.product_id,
        "variant_id": wanted.variant_id,
        "quantity": wanted.quantity,
        "price": price,
        "name": name,
        "url": f"{item['url']}?variant={wanted.variant_id}" if item["url"] else None,
    }


def _called(item: Item, variant: Item) -> str:
    values = ", ".join(str(value) for value in variant["values"])
    return f"{item['name']} ({values})" if values else str(item["name"])


def _shown(line: Item) -> Item:
    price = Decimal(str(line["price"]))
    return {
        "name": line["name"],
        "quantity": line["quantity"],
        "price": number(price),
        "price_text": money_text(price),
    }


def _total(lines: Sequence[Item]) -> Decimal:
    return sum((Decimal(str(line["price"])) * line["quantity"] for line in lines), Decimal(0))


def _body(lines: Sequence[Item], email: str, buyer: Buyer) -> dict[str, Any]:
    """As section 5 has it: unpaid, without shipping; the shop writes to agree on that."""
    first, _, last = " ".join(buyer.name.split()).partition(" ")
    body: dict[str, Any] = {
        "contact_name": first[:100] or "Cliente",
        "contact_lastname": last[:100] or "-",
        "contact_email": email,
        "payment_status": "unpaid",
        "sale_channel": _SALE_CHANNEL,
        "note": "Creado desde el chat",
        "products": [{"variant_id": line["variant_id"], "quantity": line["quantity"]} for line in lines],
    }
    return body | ({"contact_phone": buyer.phone} if buyer.phone else {})
