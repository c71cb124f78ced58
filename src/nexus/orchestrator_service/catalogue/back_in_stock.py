"""One message when something is back, to whoever asked for it in her own words."""

import re
import zlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from nexus.gateways.tiendanube.parse import ON_REQUEST, Item, money_text
from nexus.orchestrator_service.catalogue.shop import ShopDoor
from nexus.orchestrator_service.catalogue.words import fold
from nexus.store.bot_settings import load_bot_settings
from nexus.store.consents import stop_marketing
from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.effects import RunIdentity, effect_once
from nexus.store.memory import SaidMessage, messages_of_burst
from nexus.store.messages import Outgoing
from nexus.store.stock_notices import (
    Notice,
    hold_chat,
    keep_notice,
    load_notice,
    miss,
    queue_stock_jobs,
    tell_once,
    template_for,
    withdraw,
)

TOOL = "avisame_cuando_vuelva"
WITHDRAWN = "Listo, no te mando más avisos de reposición."
WITHDRAWN_CAMPAIGNS = "Listo, no te mando más promociones ni novedades."
WITHDRAWN_ALL = "Listo, no te mando más avisos de reposición, promociones ni novedades."
_STOP = re.compile(r"\W*(?:baja|dar(?:me)? de baja|no me avis\w+ mas)\W*")
_NO = re.compile(r"\bno\b(?:\s+(?:me|nos))?\s+(?:avis|hace falta|quiero|gracias|por ahora)|^\W*no\W*$|\bno,? gracias\b")
_TELL_ME = re.compile(r"\bavis\w+")
_YES = re.compile(
    r"\b(?:si+|sisi|sip|dale|ok|oka|okay|okey|bueno|buenisimo|claro|obvio|obviamente|porfa|por favor|genial|joya|"
    r"perfecto|de una|listo|barbaro)\b|👍"
)
_SHORT_ANSWER = 6
_BLANK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_MOST_BLANKS = 2


async def note_stock_back(tenant_id: int, conn: Connection, product_ids: Sequence[int]) -> int:
    """Say within a refresh or a webhook that these products changed and may be back; how many customers wait for them.

    Whether they are is read live by the jobs that it queues. In the tenant's transaction.
    """
    return await queue_stock_jobs(tenant_id, conn, product_ids)


def agrees(texts: Sequence[str]) -> bool:
    """Whether the customer asks to be told, or shortly answers yes: a model that says so for her is not enough."""
    words = fold(" ".join(texts))
    answers = len(words.split()) <= _SHORT_ANSWER and "?" not in words and _YES.search(words) is not None
    return (answers or _TELL_ME.search(words) is not None) and _NO.search(words) is None


async def ask_to_be_told(pool: Pool, run: RunIdentity, item: Item | None, variant_id: int | None) -> dict[str, Any]:
    """Remember to tell her once it is back; `item` is the product as it is now.

    Status is noted, already, in_stock, unknown, or ask: her messages of this burst do not say yes. Raises
    StaleFenceError.
    """
    variant = _variant(item, variant_id)
    if item is None or (variant_id is not None and variant is None):
        return {"status": "unknown", "say": "No encontré ese producto en la tienda."}
    name = _called(item, variant)
    if (variant or item)["in_stock"]:
        return {"status": "in_stock", "say": f"{name} está en stock ahora."}
    async with tenant_transaction(run.tenant_id, pool) as conn:
        said = await messages_of_burst(run.tenant_id, conn, run.burst_id)
    if said and not agrees([message.content for message in said]):  # in the test chat nothing is stored
        return {"status": "ask", "say": f"¿Querés que te avise por acá cuando vuelva {name}? Es un solo mensaje."}

    async def act(conn: Connection) -> dict[str, Any]:
        is_new = await keep_notice(run.tenant_id, conn, run, int(item["id"]), variant_id, name)
        say = f"Te aviso por acá cuando vuelva {name}, en un solo mensaje. Si no lo querés más, respondé BAJA."
        return {"status": "noted" if is_new else "already", "say": say}

    arguments = {"product_id": item["id"], "variant_id": variant_id}
    ordinal = zlib.crc32(f"{item['id']}:{variant_id}".encode()) >> 1  # one effect of a burst for each product
    return await effect_once(run.tenant_id, pool, run, TOOL, ordinal, arguments, act)


async def tell_when_back(tenant_id: int, notice_id: UUID, pool: Pool, door: ShopDoor) -> None:
    """Look whether it is back and queue the one message: free text within 24 h of her last message, else the template.

    Does nothing when it is not, when she was told or took it back, or when the shop has turned notices off. Message
    and mark are one transaction, so that a death or a second worker tells nobody twice. Raises what ShopClient raises.
    """
    notice = await load_notice(tenant_id, pool, notice_id)
    if notice is None:
        return
    bot = await load_bot_settings(tenant_id, pool)
    if not bot.back_in_stock:
        return
    shop = await door.open(tenant_id)
    item = next(iter(await shop.products_by_ids([notice.product_id])), None)
    if item is None or not _is_back(item, notice):
        return
    async with tenant_transaction(tenant_id, pool) as conn:
        chat = await hold_chat(tenant_id, conn, notice)
        back = [one for one in chat.notices if _is_back(item, one)]
        if not back:
            return
        outgoing: Outgoing | None = Outgoing("text", _words(item, back), f"back_in_stock:{back[0].id}")
        if not chat.window_is_open:
            outgoing = await _by_template(tenant_id, conn, bot.back_in_stock_template, item, back)
        if outgoing is None:
            await miss(tenant_id, conn, back, "no_template")
        else:
            await tell_once(tenant_id, conn, back, outgoing)


async def stop_if_asked(pool: Pool, run: RunIdentity, messages: Sequence[SaidMessage]) -> str | None:
    """The answer to "BAJA" of somebody who waits for a notice, or got one or a campaign lately; None when it is
    something else. Her consent is taken back then, also where the bot may not answer her now.
    """
    texts = [message.content for message in messages if message.content.strip()]
    if len(texts) != 1 or not _STOP.fullmatch(fold(texts[0])):
        return None
    async with tenant_transaction(run.tenant_id, pool) as conn:
        notices = await withdraw(run.tenant_id, conn, run.conversation_id, run.burst_id)
        campaign = await stop_marketing(run.tenant_id, conn, run.conversation_id, run.burst_id)
    if notices:
        return WITHDRAWN_ALL if campaign else WITHDRAWN
    return WITHDRAWN_CAMPAIGNS if campaign else None


async def _by_template(
    tenant_id: int, conn: Connection, name: str | None, item: Item, back: Sequence[Notice]
) -> Outgoing | None:
    """The shop's template with the product and its page in its blanks; None without one that they fit."""
    found = await template_for(tenant_id, conn, name) if name else None
    if name is None or found is None:
        return None
    language, components = found
    body = next((part for part in components if str(part.get("type", "")).upper() == "BODY"), {})
    blanks = len(set(_BLANK.findall(str(body.get("text") or ""))))
    product, page = _names(item, back), _page(item, back) or ""
    if blanks > _MOST_BLANKS or (blanks == _MOST_BLANKS and not page):
        return None
    payload = {"name": name, "language": language, "parameters": [product, page][:blanks]}
    return Outgoing("template", f"Aviso de reposición: {product}", f"back_in_stock:{back[0].id}", payload)


def _is_back(item: Item, notice: Notice) -> bool:
    variant = _variant(item, notice.variant_id)
    return bool(item["in_stock"] if notice.variant_id is None else variant and variant["in_stock"])


def _words(item: Item, back: Sequence[Notice]) -> str:
    variant = _variant(item, back[0].variant_id) if len(back) == 1 else None
    price = str(item["price_text"])
    if variant is not None:
        value = variant["price"] if variant["promotional_price"] is None else variant["promotional_price"]
        price = ON_REQUEST if value is None else money_text(Decimal(str(value)))
    lines = [f"¡Volvió! Hay stock de *{_names(item, back)}*: {price}.", _page(item, back) or ""]
    return "\n".join(line for line in lines if line)


def _names(item: Item, back: Sequence[Notice]) -> str:
    values = [", ".join(v["values"]) for n in back if (v := _variant(item, n.variant_id)) and v["values"]]
    return f"{item['name']} ({'; '.join(values)})" if values and len(values) == len(back) else str(item["name"])


def _page(item: Item, back: Sequence[Notice]) -> str | None:
    url: str | None = item["url"]
    if url is None or len(back) != 1 or back[0].variant_id is None:
        return url
    return f"{url}{'&' if '?' in url else '?'}variant={back[0].variant_id}"


def _variant(item: Item | None, variant_id: int | None) -> Item | None:
    variants = item["variants"] if item else []
    return next((one for one in variants if variant_id is not None and one["id"] == variant_id), None)


def _called(item: Item, variant: Item | None) -> str:
    return f"{item['name']} ({', '.join(variant['values'])})" if variant and variant["values"] else str(item["name"])
