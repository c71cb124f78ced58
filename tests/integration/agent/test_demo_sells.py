"""The demo's brain in the real room: cards, a link, a notice, orders, as `./nexus demo` shows them."""

from typing import Any

from nexus.orchestrator_service.agent.outcome import Answered
from nexus.store.bot_settings import save_bot_settings
from nexus.store.memory import SaidMessage
from nexus.store.replies import Burst, NewBubble, load_burst

from .conftest import STORE, Sandbox, Shop


class Talk:
    """A chat whose memory is what was said in it."""

    def __init__(self, shop: Shop, phone: str = "+5491155550123") -> None:
        self._shop, self._phone = shop, phone
        self._history: list[SaidMessage] = []

    async def say(self, text: str, **changes: Any) -> list[NewBubble]:
        burst = await self._shop.burst(text, phone=self._phone)
        if changes:
            await self._shop.rows(
                "update chat_messages set message_type = 'order', payload = $2::jsonb where burst_id = $1 returning 1",
                burst.id,
                changes["payload"],
            )
            loaded = await load_burst(self._shop.id, self._shop.pool, burst.id, burst.fence)
            assert isinstance(loaded, Burst)
            burst = loaded
        outcome = await self._shop.answer(burst, self._history)
        assert isinstance(outcome, Answered), outcome
        at = burst.messages[0].at
        self._history.append(burst.messages[0])
        for bubble in outcome.bubbles:
            self._history.append(
                SaidMessage("assistant", "bot", bubble.message_type, bubble.content, at, caption=bubble.caption)
            )
        return outcome.bubbles


async def test_a_product_is_a_card_with_the_asked_size_and_the_others_a_list(shop: Shop, sandbox: Sandbox) -> None:
    opening, card, others = await Talk(shop).say("Tenés puntas talle 37?")
    assert opening.content.startswith("¡Hola! Sí, tenemos Zapatillas de punta")
    assert card.message_type == "image"
    assert card.caption is not None
    assert "$ 49.900,00 (antes $ 58.900,00)" in card.caption
    assert "Talle 37: quedan 5" in card.caption
    assert "?variant=900003" in card.caption
    assert others.content.startswith("Otras opciones:\n• *")


async def test_a_cart_becomes_a_link_and_what_is_sold_out_a_notice(shop: Shop, sandbox: Sandbox) -> None:
    await save_bot_settings(shop.id, shop.pool, {"draft_orders": "on", "back_in_stock": True})
    talk = Talk(shop)
    await talk.say("Tenés puntas Giselle talle 37?")
    (asked,) = await talk.say("la quiero comprar, dale")
    assert "¿Cuál es tu e-mail?" in asked.content
    (link,) = await talk.say("lucia@example.test")
    assert "/checkout/v3/order/proxy/" in link.content
    other = Talk(shop, "+5491155551111")
    opening, *_ = await other.say("Tenés puntas Giselle talle 36?")
    assert "¿Querés que te avise por acá cuando vuelva?" in opening.content
    (noted,) = await other.say("sí, porfa")
    assert noted.content.startswith("Te aviso por acá cuando vuelva Zapatillas de punta Modelo Giselle (36)")
    assert await shop.rows("select variant_id from stock_notices") == [{"variant_id": 900002}]


async def test_own_orders_need_no_number_and_others_the_purchase_mail(shop: Shop, sandbox: Sandbox) -> None:
    (own,) = await Talk(shop, "+5491155500002").say("dónde está mi pedido?")
    assert "#102: en camino" in own.content
    talk = Talk(shop)
    (denied,) = await talk.say("cómo viene el pedido 101?")
    assert "e-mail de la compra" in denied.content
    (shown,) = await talk.say("cliente.uno@example.test")
    assert "#101: esperando el comprobante de transferencia" in shown.content
    assert "entre el 18/11 y el 23/11/2026" in shown.content


async def test_an_order_from_the_catalogue_is_answered_with_todays_total(shop: Shop, sandbox: Sandbox) -> None:
    payload = '{"details": {"items": [{"product_retailer_id": "PUN-GIS-37", "quantity": 2, "item_price": 40000}]}}'
    await sandbox.control("PATCH", f"/shops/{STORE}/products/51001", stock=9)
    (told,) = await Talk(shop).say("hola, quiero esto", payload=payload)
    assert "Total de hoy: $ 99.800,00 más el envío" in told.content
    assert "figuraba a $ 40.000,00" in told.content
