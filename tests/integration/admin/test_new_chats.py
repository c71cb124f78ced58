"""A chat with somebody who never wrote, and who paused whom."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import httpx
import pytest

from nexus.store.database import Pool, tenant_transaction
from tests.integration.admin.conftest import Shop

Write = Callable[..., Awaitable[uuid.UUID]]
MakeShop = Callable[..., Awaitable[Shop]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


async def _open(machine: httpx.AsyncClient, shop: Shop, phone: str, name: str | None = None) -> httpx.Response:
    return await machine.post("/admin/conversations", json={"phone": phone, "name": name}, headers=shop.headers)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("011 15 5555-0123", "+5491155550123"),
        ("11 15 5555 0123", "+5491155550123"),
        ("11 5555 0123", "+5491155550123"),
        ("011 5555-0123", "+5491155550123"),
        ("+54 11 5555 0123", "+5491155550123"),
        ("+54 9 11 5555-0123", "+5491155550123"),
        ("+54 (011) 15 5555-0123", "+5491155550123"),
        ("+54 9 11 15 5555 0123", "+5491155550123"),
        ("54 9 11 5555 0123", "+5491155550123"),
        ("0054 11 5555 0123", "+5491155550123"),
        ("0351 15 555-0123", "+5493515550123"),
        ("02901 15 555123", "+5492901555123"),
        ("351 555 0123", "+5493515550123"),
        ("9 351 555 0123", "+5493515550123"),
        ("+598 99 123 456", "+59899123456"),
        ("598 99 123 456", "+59899123456"),
        ("+1 305 555 0123", "+13055550123"),
        ("00 1 305 555 0123", "+13055550123"),
    ],
)
async def test_a_number_is_taken_as_people_here_write_it(
    machine: httpx.AsyncClient, shop: Shop, typed: str, address: str
) -> None:
    answer = await _open(machine, shop, typed)
    assert (answer.status_code, answer.json()["wa_address"]) == (201, address), answer.text


@pytest.mark.parametrize(
    "typed",
    [
        "15 5555-0123", "5555-0123", "hola", "", "+54 11 5555", "+54 9 11 5555 01234", "+", "0", "+0 11 5555 0123",
        "٥٤٩١١٥٥٥٥٠١٢٣", "+5491155550123; drop table", "1" * 41,
    ],
)  # fmt: skip
async def test_what_is_no_number_is_refused(machine: httpx.AsyncClient, shop: Shop, typed: str) -> None:
    assert (await _open(machine, shop, typed)).status_code == 422


async def test_the_same_person_is_one_chat_in_both_forms_and_at_once(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    answers = await asyncio.gather(*[_open(machine, shop, "+54 11 5555 0123", "Lucía") for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    (chat,) = {answer.json()["id"] for answer in answers}
    assert answers[0].json()["display_name"] == "Lucía"
    assert str(await customer_writes(shop, "Hola", phone="+541155550123", name="Lu")) == chat
    known = await _open(machine, shop, "011 15 5555-0123", "Otra")
    assert (known.status_code, known.json()["display_name"]) == (200, "Lu")
    (listed,) = (await machine.get("/admin/chats", headers=shop.headers)).json()["items"]
    assert listed == known.json()


async def test_an_earlier_number_of_a_customer_opens_her_chat(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(
            "insert into customer_aliases (tenant_id, external_user_id, conversation_id) values ($1, $2, $3)",
            shop.id, "543515550000", chat,
        )  # fmt: skip
    answer = await _open(machine, shop, "+5493515550000")
    assert (answer.status_code, answer.json()["id"]) == (200, str(chat))


async def test_the_shop_does_not_chat_with_itself_nor_two_shops_share_a_chat(
    machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop
) -> None:
    assert (await _open(machine, shop, shop.number)).json()["error"]["code"] == "own_number"
    other = await make_shop()
    first, second = [await _open(machine, each, "+5491155550123") for each in (shop, other)]
    assert first.json()["id"] != second.json()["id"]


async def test_a_pause_says_who_did_it_until_the_bot_has_the_chat_again(
    machine: httpx.AsyncClient, shop: Shop, sign_in: SignIn
) -> None:
    person = await sign_in(shop)
    chat = (await person.post("/admin/conversations", json={"phone": "+5491155550123"})).json()["id"]
    who = (await person.get("/admin/me")).json()["user"]["email"]
    for path, body, cause in (
        (f"conversations/{chat}/human-override", {"enabled": True}, "panel_pause"),
        (f"conversations/{chat}/handoff", {"reason": "quiere hablar"}, "panel_handoff"),
    ):
        assert (await person.post(f"/admin/{path}", json=body)).is_success
        (item,) = (await person.get("/admin/chats")).json()["items"]
        assert (item["override_cause"], item["override_author"]) == (cause, who)
        assert item["override_since"] is not None
    await person.post(f"/admin/conversations/{chat}/human-override", json={"enabled": False})
    (item,) = (await person.get("/admin/chats")).json()["items"]
    assert (item["override_cause"], item["override_author"], item["override_since"]) == (None, None, None)


async def test_a_reader_opens_no_chat(shop: Shop, sign_in: SignIn) -> None:
    person = await sign_in(shop, role="read-only")
    assert (await person.post("/admin/conversations", json={"phone": "+5491155550123"})).status_code == 403
