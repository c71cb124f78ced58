"""Every type of message as the thread shows it: words, quotes, reactions, details, and what may be done."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from nexus.store.database import Pool, tenant_transaction
from tests.integration.admin.conftest import Channel, Shop

EMPTY = dict.fromkeys(
    ("location", "contacts", "order", "reply", "referral", "product", "template", "unsupported"), None
)


async def _thread(machine: httpx.AsyncClient, shop: Shop, chat: uuid.UUID, query: str = "") -> list[dict[str, Any]]:
    answer = await machine.get(f"/admin/chats/{chat}/messages{query}", headers=shop.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def _change(shop: Shop, pool: Pool, query: str, *arguments: object) -> None:
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(query, *arguments)


@pytest.mark.parametrize(
    ("kind", "content", "words", "details"),
    [
        (
            "location",
            {"latitude": -34.6, "longitude": -58.4, "name": "Casa", "address": "Corrientes 1"},
            "Casa, Corrientes 1",
            {
                "location": {
                    "latitude": -34.6, "longitude": -58.4, "name": "Casa", "address": "Corrientes 1", "url": None,
                },
            },
        ),
        (
            "contacts",
            [{"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+5491144440000", "wa_id": "5491144440000"}]}],
            "Ana: +5491144440000",
            {"contacts": [{"name": "Ana", "phones": ["+5491144440000"]}]},
        ),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "cat:secret", "title": "Puntas", "description": "32"}},
            "Puntas",
            {"reply": {"kind": "list_reply", "title": "Puntas", "description": "32", "body": None}},
        ),
        (
            "button",
            {"payload": "CONFIRM_42", "text": "Confirmo"},
            "Confirmo",
            {"reply": {"kind": "button", "title": "Confirmo", "description": None, "body": None}},
        ),
        (
            "order",
            {
                "catalog_id": "c-1",
                "text": "Para hoy",
                "product_items": [
                    {"product_retailer_id": "SKU1", "quantity": 2, "item_price": 10.5, "currency": "ARS"}
                ],
            },
            "Para hoy",
            {
                "order": {
                    "items": [
                        {"product_retailer_id": "SKU1", "quantity": 2, "item_price": 10.5, "currency": "ARS"}
                    ],
                },
            },
        ),
        (
            "unsupported",
            {"type": "poll_creation"},
            "",
            {
                "unsupported": {
                    "kind": "poll_creation", "message": "Mandó una encuesta: se ve sólo en el teléfono.",
                },
            },
        ),
        ("text", {"body": "Hola"}, "Hola", None),
    ],
)  # fmt: skip
async def test_a_type_shows_its_words_and_what_else_it_holds(
    machine: httpx.AsyncClient,
    shop: Shop,
    channel: Channel,
    kind: str,
    content: Any,
    words: str,
    details: dict[str, Any] | None,
) -> None:
    chat, _ = await channel.inbound(kind, content)
    (item,) = await _thread(machine, shop, chat)
    assert (item["type"], item["content"]) == (kind, words)
    assert item["details"] == (EMPTY | details if details else None)
    assert (item["media"], item["quoted"], item["reactions"]) == (None, None, [])


async def test_an_advertisement_and_a_product_come_with_any_type_and_without_the_click_s_id(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel
) -> None:
    referral = {"headline": "Puntas 20 %", "body": "Sólo hoy", "source_type": "ad", "ctwa_clid": "clid-secret"}
    product = {"catalog_id": "c-1", "product_retailer_id": "SKU9"}
    chat, _ = await channel.inbound(
        "text", {"body": "¿Sigue?"}, referral=referral, context={"referred_product": product}
    )
    answer = await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)
    details = answer.json()["items"][0]["details"]
    assert details["referral"]["headline"] == "Puntas 20 %"
    assert details["product"] == {"product_retailer_id": "SKU9"}
    assert "clid-secret" not in answer.text


async def test_a_quote_shows_the_words_it_answers_and_a_foreign_one_shows_nothing(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel
) -> None:
    chat, first = await channel.inbound("text", {"body": "¿Tenés puntas?"})
    _, other = await channel.inbound("text", {"body": "secreto de otra"}, phone="+5491144448888")
    await channel.echo("text", {"body": "Sí"}, context={"id": first})
    await channel.inbound("text", {"body": "¿Y esto?"}, context={"id": other})
    question, answered, stranger = await _thread(machine, shop, chat)
    assert question["quoted"] is None
    assert answered["quoted"] == {
        "id": question["id"], "author": "customer", "type": "text", "text": "¿Tenés puntas?",
    }  # fmt: skip
    assert stranger["quoted"] == {"id": None, "author": None, "type": None, "text": ""}


async def test_reactions_hang_on_their_message_the_newest_of_each_side_and_an_empty_one_takes_it_back(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel
) -> None:
    chat, wamid = await channel.inbound("text", {"body": "Gracias"})
    await channel.inbound("reaction", {"message_id": wamid, "emoji": "👍"})
    await channel.inbound("reaction", {"message_id": wamid, "emoji": "❤️"})
    await channel.echo("reaction", {"message_id": wamid, "emoji": "🙏"})
    (item,) = await _thread(machine, shop, chat)
    assert sorted((r["author"], r["emoji"]) for r in item["reactions"]) == [("customer", "❤️"), ("human", "🙏")]
    await channel.inbound("reaction", {"message_id": wamid})
    (item,) = await _thread(machine, shop, chat, "?limit=1")
    assert item["reactions"] == [{"author": "human", "emoji": "🙏"}]


async def test_history_stands_in_its_place_of_the_past_on_every_page(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel
) -> None:
    chat, _ = await channel.inbound("text", {"body": "hoy"})
    now = datetime.now(UTC)
    for days in (2, 9, 5):
        await channel.history(f"hace {days}", now - timedelta(days=days))
    page = (await machine.get(f"/admin/chats/{chat}/messages?limit=2", headers=shop.headers)).json()
    assert [item["content"] for item in page["items"]] == ["hace 2", "hoy"]
    older = await _thread(machine, shop, chat, f"?limit=2&before={page['next']}")
    assert [item["content"] for item in older] == ["hace 9", "hace 5"]
    assert datetime.fromisoformat(older[0]["created_at"]) == now - timedelta(days=9)
    assert await _thread(machine, shop, chat, f"?after={page['last']}") == []


async def test_a_file_on_its_way_stored_and_lost_says_so_and_never_shows_the_provider_s_link(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel, pool: Pool
) -> None:
    link = "https://api.ycloud.com/v2/whatsapp/media/download/1?sig=secret"
    audio = {"id": "m-1", "link": link, "mime_type": "audio/ogg; codecs=opus", "sha256": "x"}
    chat, _ = await channel.inbound("audio", audio)
    path = f"/admin/chats/{chat}/messages"
    waiting = await machine.get(path, headers=shop.headers)
    assert "sig=secret" not in waiting.text
    (item,) = waiting.json()["items"]
    assert (item["media"], item["media_state"], item["transcript_state"]) == (None, "waiting", "waiting")
    assert (item["media_problem"], item["transcript_problem"]) == (None, None)
    await _change(
        shop, pool,
        """update chat_messages set media_state = 'failed', media_problem = 'media_expired', words_state = 'failed',
               words_problem = 'no_file' where id = $1""", uuid.UUID(item["id"]),
    )  # fmt: skip
    (item,) = await _thread(machine, shop, chat)
    assert (item["media_state"], item["transcript_state"]) == ("failed", "failed")
    assert item["media_problem"] == "WhatsApp ya no tiene el archivo: pedile que lo mande de nuevo."
    assert item["transcript_problem"] == "No hay audio guardado para transcribir."


async def test_a_caption_that_looks_like_an_address_is_words_and_no_picture(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel
) -> None:
    chat, _ = await channel.inbound("image", {"id": "m-1", "caption": "https://evil.example/x.png"})
    (item,) = await _thread(machine, shop, chat)
    assert (item["media"], item["content"]) == (None, "https://evil.example/x.png")


async def test_what_may_be_done_with_a_send_follows_its_state_and_whose_it_is(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel, pool: Pool
) -> None:
    chat, _ = await channel.inbound("text", {"body": "Hola"})
    rows = {  # (author, kind, delivery, state, minutes ago): (resend, discard)
        ("bot", "reply", "outbox", "pending", 0): (False, True),
        ("bot", "reply", "outbox", "failed", 0): (True, False),
        ("human", "manual", "outbox", "failed", 0): (True, True),
        ("human", "manual", "outbox", "unknown", 1): (False, False),
        ("human", "manual", "outbox", "unknown", 11): (True, True),
        ("bot", "reply", "caller", "failed", 0): (False, False),
        ("human", "echo", None, "failed", 0): (False, False),
        ("bot", "reply", "outbox", "read", 0): (False, False),
        ("human", "manual", "outbox", "discarded", 0): (False, False),
    }
    for author, kind, delivery, state, minutes in rows:
        await _change(
            shop, pool,
            """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                          delivery, provider_status, status_at)
               values ($1, $2, 'assistant', $3, $4, 'text', 'x', $5, $6, now() - make_interval(mins => $7))""",
            shop.id, chat, author, kind, delivery, state, minutes,
        )  # fmt: skip
    items = (await _thread(machine, shop, chat))[1:]
    assert [(item["can_resend"], item["can_discard"]) for item in items] == list(rows.values())


async def test_an_unconfirmed_send_that_ripens_is_news_although_nothing_was_written(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel, pool: Pool
) -> None:
    chat, _ = await channel.inbound("text", {"body": "Hola"})
    await _change(
        shop, pool,
        """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                      delivery, provider_status, status_at)
           values ($1, $2, 'assistant', 'bot', 'reply', 'text', 'x', 'outbox', 'unknown', now())""", shop.id, chat,
    )  # fmt: skip
    path = f"/admin/chats/{chat}/messages"
    tag = {"If-None-Match": (await machine.get(path, headers=shop.headers)).headers["etag"]}
    assert (await machine.get(path, headers=shop.headers | tag)).status_code == 304
    await _change(shop, pool, "update chat_messages set status_at = now() - interval '11 minutes' where author = 'bot'")
    later = await machine.get(path, headers=shop.headers | tag)
    assert later.json()["items"][1]["can_resend"] is True


async def test_a_template_shows_its_words_and_one_of_the_inbox_its_name(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel, pool: Pool
) -> None:
    chat, _ = await channel.inbound("text", {"body": "Hola"})
    payload = {"name": "turno", "language": "es_AR", "parameters": ["Lucía"], "text": "Hola Lucía"}
    for content, held in (("Hola Lucía", json.dumps(payload)), ("[plantilla promo]", None)):
        await _change(
            shop, pool,
            """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                          payload, provider_status)
               values ($1, $2, 'assistant', 'human', 'manual', 'template', $3, $4::jsonb, 'sent')""",
            shop.id, chat, content, held,
        )  # fmt: skip
    _, known, foreign = await _thread(machine, shop, chat)
    assert (known["content"], known["details"]["template"]) == ("Hola Lucía", payload)
    assert foreign["content"] == ""
    assert foreign["details"]["template"] == {"name": "promo", "language": "", "parameters": [], "text": None}


async def test_a_picture_of_the_shop_shows_the_words_under_it(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel, pool: Pool
) -> None:
    chat, _ = await channel.inbound("text", {"body": "Hola"})
    await _change(
        shop, pool,
        """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content, payload,
                                      provider_status)
           values ($1, $2, 'assistant', 'bot', 'reply', 'image', $3, $4::jsonb, 'sent')""",
        shop.id, chat, "https://img.example/puntas.jpg", json.dumps({"caption": "*Puntas*"}),
    )  # fmt: skip
    _, card = await _thread(machine, shop, chat)
    assert (card["content"], card["media"]["url"]) == ("*Puntas*", "https://img.example/puntas.jpg")
