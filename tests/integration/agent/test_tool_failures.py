"""However the shop fails, the customer gets one of the fixed texts in time, and people see why (issue 6, Done when)."""

import asyncio
import re

import pytest

from nexus.orchestrator_service.agent.fixed_texts import FIXED_TEXTS
from nexus.orchestrator_service.catalogue.shop import REFUSED
from nexus.orchestrator_service.chat.answer import Answering
from nexus.runtime.metrics import TOOL_CALLS
from nexus.store.health import tenant_facts
from nexus.store.replies import Result
from tests.integration.agent.booking import call, says
from tests.integration.agent.conftest import MakeShop, Sandbox, Shop

FAILURES = ("401", "402", "404", "429", "500", "503", "garbage", "drip", "hang", "reset")
EVENTS = {"tool_execution", "credential_refused", "answer_failed", "reply_blocked"}
LIE = says("Las Giselle salen $ 49.900,00, hay stock en 37: https://danzademo.mitiendanube.com/giselle")
FAILING = {
    "search_specific_products": ({"q": "giselle"}, FAILURES),
    "orders": ({"q": "101"}, ("401", "402", "404", "500", "hang")),
}
"""Both tools ask by the same door; what is not its doing is tried with each."""


async def failing(shop: Shop, sandbox: Sandbox, kind: str) -> Result:
    """The customer asks while every call to the shop fails in that way; what she gets."""
    store = (await shop.rows("select value from tenant_credentials where name = 'store_id'"))[0]["value"]
    await sandbox.fault("tiendanube", kind, times=-1, match={"store_id": store})
    burst = await shop.burst(f"hola {shop.id}")
    answering = Answering(shop.settings, shop.pool, shop.cache, shop.room)
    return await answering.answer(shop.id, burst.id, burst.fence)


@pytest.mark.parametrize("tool", FAILING)
async def test_every_failure_of_the_shop_ends_in_a_fixed_text_a_count_and_an_event(
    make_shop: MakeShop, sandbox: Sandbox, tool: str
) -> None:
    arguments, kinds = FAILING[tool]
    await sandbox.script(call(tool, **arguments), LIE)  # a model that would rather invent than admit
    shops = {}
    for n, kind in enumerate(kinds):
        store = str(8_100_000 + n)
        await sandbox.control("POST", "/shops", store_id=store, access_token="t")
        shops[kind] = await make_shop(store_id=store, token="t", ANSWER_DEADLINE_SECONDS=5)
    counted = TOOL_CALLS.labels(tool=tool, status="error")
    before = counted._value.get()

    async with asyncio.timeout(20):
        results = await asyncio.gather(*(failing(shop, sandbox, kind) for kind, shop in shops.items()))

    for kind, result in zip(kinds, results, strict=True):
        said = [bubble.content for bubble in result.bubbles]
        assert said, (kind, result)
        assert all(text in FIXED_TEXTS.values() for text in said), (kind, said)
        events = [event["event_type"] for event in await shops[kind].events()]
        assert EVENTS & set(events), (kind, events)
        (chat,) = await shops[kind].rows("select needs_human_since, needs_human_reason from chat_conversations")
        assert chat["needs_human_since"] is not None, kind
    assert counted._value.get() - before == len(kinds) - 1  # 404 is how Tienda Nube says that it has none
    for kind in ("401", "402"):
        assert "credential_refused" in [event["event_type"] for event in await shops[kind].events()]
        assert (await tenant_facts(shops[kind].id, shops[kind].pool))["shop_refused"] == int(kind)  # the panel's light
        told = await shops[kind].rows("select ok, message from live_tests where kind = 'tiendanube'")
        assert told == [{"ok": False, "message": REFUSED[int(kind)]}]


def test_no_fixed_text_holds_a_price_a_stock_or_a_link() -> None:
    for text in FIXED_TEXTS.values():
        assert not re.search(r"[\d$]|stock|https?:|www\.|\.com", text)


async def test_a_search_that_works_after_one_that_failed_is_an_answer_like_any_other(
    make_shop: MakeShop, sandbox: Sandbox
) -> None:
    shop = await make_shop()
    await sandbox.fault("tiendanube", "404", times=1, match={"path": "/orders"})
    again = call("search_specific_products", q="giselle")
    await sandbox.script(call("orders", q="101"), again, says("Tenemos las Giselle 😊"))
    burst = await shop.burst("hola")
    result = await Answering(shop.settings, shop.pool, shop.cache, shop.room).answer(shop.id, burst.id, burst.fence)
    assert [bubble.content for bubble in result.bubbles] == ["Tenemos las Giselle 😊"]
