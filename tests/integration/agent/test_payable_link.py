"""A cart as a link to pay: only where the shop turned it on, at today's prices, and once for each cart."""

import json
from typing import Any

import httpx

from nexus.store.bot_settings import save_bot_settings

from .conftest import CUSTOMER, STORE, TOKEN, Sandbox, Shop, tool_texts

DONE = {"reply": {"bubbles": [{"text": "Listo"}]}}
MAIL = "lucia@example.test"
GISELLE_37 = {"product_id": 51001, "variant_id": 900003, "quantity": 1}


async def link(shop: Shop, sandbox: Sandbox, *items: dict[str, Any], email: str = MAIL, **more: Any) -> dict[str, Any]:
    """What the tool tells the model that asks for a link."""
    arguments = {"items": list(items or (GISELLE_37,)), "contact_name": "Lucía Paz", "contact_email": email, **more}
    await sandbox.script({"tool_calls": [{"name": "payable_link", "arguments": arguments}]}, DONE)
    await shop.ask(f"sí, lo quiero, soy {MAIL}")
    return dict(json.loads(tool_texts(await sandbox.requests())[-1]))


async def drafts(sandbox: Sandbox) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {TOKEN}", "User-Agent": "tests (a@example.test)"}
    answer = await sandbox.http.get(f"/tiendanube/2025-03/{STORE}/draft_orders", headers=headers)
    return list(answer.json()) if answer.status_code == httpx.codes.OK else []


async def turned(shop: Shop, value: str) -> Shop:
    await save_bot_settings(shop.id, shop.pool, {"draft_orders": value})
    return shop


async def test_it_is_offered_only_where_the_shop_turned_it_on(shop: Shop, sandbox: Sandbox) -> None:
    await sandbox.script(DONE)
    for value, offered in (("off", False), ("dry_run", True)):
        await turned(shop, value)
        await shop.ask("hola")
        names = [tool["function"]["name"] for tool in (await sandbox.requests())[-1]["body"]["tools"]]
        assert ("payable_link" in names) is offered
        assert "avisame_cuando_vuelva" not in names
    await turned(shop, "off")
    assert (await link(shop, sandbox))["status"] == "refused"  # a model that asks all the same


async def test_a_dry_run_says_what_would_be_made_and_makes_nothing(shop: Shop, sandbox: Sandbox) -> None:
    answer = await link(await turned(shop, "dry_run"), sandbox)
    assert answer["status"] == "dry_run"
    assert answer["would_make"]["total_text"] == "$ 49.900,00 más el envío"
    assert "?variant=900003" in answer["say"]
    assert await drafts(sandbox) == []
    [event] = [event for event in await shop.events() if event["event_type"] == "draft_order_dry_run"]
    assert event["metadata"]["total"] == 49900
    assert MAIL not in str(event)


async def test_a_cart_has_one_draft_order_however_often_it_is_asked_for(shop: Shop, sandbox: Sandbox) -> None:
    await turned(shop, "on")
    two = {"product_id": 51001, "variant_id": 900003, "quantity": 2}
    first = await link(shop, sandbox)
    again = await link(shop, sandbox, email="Lucia@Example.test")
    other = await link(shop, sandbox, two)
    assert (first["status"], again["checkout_url"]) == ("made", first["checkout_url"])
    assert other["checkout_url"] != first["checkout_url"]
    assert first["checkout_url"] in first["say"]
    made = await drafts(sandbox)
    assert [(draft["contact_name"], draft["contact_phone"], draft["total"]) for draft in made] == [
        ("Lucía Paz", CUSTOMER, "49900.00"),
        ("Lucía Paz", CUSTOMER, "99800.00"),
    ]
    effects = await shop.rows("select state from tool_effects where tool = 'payable_link'")
    assert [effect["state"] for effect in effects] == ["done", "done"]


async def test_an_unclear_outcome_is_a_doubt_that_nobody_settles_by_a_second_call(shop: Shop, sandbox: Sandbox) -> None:
    await turned(shop, "on")
    for quantity, kind in enumerate(("500", "reset", "garbage"), start=1):
        cart = {**GISELLE_37, "quantity": quantity}
        await sandbox.fault("tiendanube", kind, match={"path_contains": "draft_orders"})
        first, again = await link(shop, sandbox, cart), await link(shop, sandbox, cart)
        assert (first["status"], first["suggest"], again["status"]) == ("unknown", "derivhumano", "unknown")
    assert await drafts(sandbox) == []
    assert {row["state"] for row in await shop.rows("select state from draft_carts")} == {"unknown"}
    [chat] = await shop.rows("select needs_human_reason from chat_conversations")
    assert chat["needs_human_reason"] == "draft_order_unknown"


async def test_what_is_known_not_to_have_been_made_may_be_made_later(shop: Shop, sandbox: Sandbox) -> None:
    await turned(shop, "on")
    await sandbox.fault("tiendanube", "429", match={"path_contains": "draft_orders"})
    assert (await link(shop, sandbox))["status"] == "failed"
    assert (await link(shop, sandbox))["status"] == "made"
    assert len(await drafts(sandbox)) == 1


async def test_a_death_between_intent_and_outcome_leaves_a_doubt(shop: Shop, sandbox: Sandbox) -> None:
    await turned(shop, "on")
    await link(shop, sandbox)
    await shop.rows("update draft_carts set state = 'intended', checkout_url = null returning 1")
    assert (await link(shop, sandbox))["status"] == "unknown"
    assert len(await drafts(sandbox)) == 1


async def test_what_cannot_be_sold_as_it_is_is_refused_in_words(shop: Shop, sandbox: Sandbox) -> None:
    await turned(shop, "on")
    for item, email, words in (
        (GISELLE_37, "lucia", "e-mail"),
        (GISELLE_37, "otra@example.test", "que me escribas"),
        ({**GISELLE_37, "quantity": 0}, MAIL, "entre 1 y 20"),
        ({**GISELLE_37, "quantity": 19}, MAIL, "quedan"),
        ({**GISELLE_37, "variant_id": 1}, MAIL, "ya no está"),
        ({**GISELLE_37, "product_id": 77}, MAIL, "ya no está"),
    ):
        answer = await link(shop, sandbox, item, email=email)
        assert (answer["status"], words in answer["say"]) == ("refused", True), answer
    assert await drafts(sandbox) == []
