"""The inbox as a team uses it: tabs, search, whose a chat is, labels, notes, canned replies, a bot that is off."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from nexus.store.database import Pool, tenant_transaction
from tests.integration.admin.conftest import Channel, Shop

Write = Callable[..., Awaitable[uuid.UUID]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
MakeShop = Callable[..., Awaitable[Shop]]


async def _list(client: httpx.AsyncClient, shop: Shop, **query: Any) -> dict[str, Any]:
    answer = await client.get("/admin/chats", params=query, headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _ids(client: httpx.AsyncClient, shop: Shop, **query: Any) -> list[str]:
    return [item["id"] for item in (await _list(client, shop, **query))["items"]]


async def _override(client: httpx.AsyncClient, shop: Shop, chat: uuid.UUID, **body: Any) -> httpx.Response:
    return await client.post(f"/admin/conversations/{chat}/human-override", json=body, headers=shop.headers)


async def test_every_chat_is_the_bots_or_a_persons_and_the_tabs_say_how_many(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    paused, off, needy, calm = [str(await customer_writes(shop, "Hola", phone=f"+549351555000{n}")) for n in range(4)]
    assert (await _override(machine, shop, uuid.UUID(paused), enabled=True, hours=1)).status_code == 200
    assert (await _override(machine, shop, uuid.UUID(off), enabled=True, off=True)).status_code == 200
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(
            "update chat_conversations set needs_human_since = now(), needs_human_reason = 'x' where id = $1", needy
        )
    await machine.get(f"/admin/chats/{calm}/messages?seen=1", headers=shop.headers)
    page = await _list(machine, shop)
    assert page["counts"] == {"all": 4, "unread": 3, "human": 3, "bot": 1}
    assert {item["id"]: item["bot"] for item in page["items"]} == {
        paused: "paused", off: "off", needy: "on", calm: "on"
    }  # fmt: skip
    assert set(await _ids(machine, shop, tab="human")) == {paused, off, needy}
    assert await _ids(machine, shop, tab="bot") == [calm]
    assert set(await _ids(machine, shop, tab="unread")) == {paused, off, needy}


async def test_a_customer_waits_since_her_first_message_that_nobody_answered(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    chat = await customer_writes(shop, "Hola", at=start)
    await customer_writes(shop, "¿Hay alguien?", at=start + timedelta(minutes=1))
    (item,) = (await _list(machine, shop))["items"]
    assert datetime.fromisoformat(item["waiting_since"]) == start
    answered = start + timedelta(minutes=2)
    async with tenant_transaction(shop.id, pool) as conn:
        message = await conn.fetchval(
            """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                          provider_status, sent_at)
               values ($1, $2, 'assistant', 'bot', 'reply', 'text', 'Acá estoy', 'sent', $3) returning id""",
            shop.id, chat, answered,
        )  # fmt: skip
        await conn.execute("update chat_conversations set last_message_at = $2 where id = $1", chat, answered)
    first = await machine.get("/admin/chats", headers=shop.headers)
    (item,) = first.json()["items"]
    assert (item["waiting_since"], item["last_message_direction"], item["last_message_author"]) == (None, "out", "bot")
    again = answered + timedelta(minutes=1)
    await customer_writes(shop, "Gracias", at=again)
    (item,) = (await _list(machine, shop))["items"]
    assert datetime.fromisoformat(item["waiting_since"]) == again
    # What did not reach her was no answer.
    tag = {"If-None-Match": (await machine.get("/admin/chats", headers=shop.headers)).headers["etag"]}
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute("update chat_messages set provider_status = 'failed' where id = $1", message)
    late = await machine.get("/admin/chats", headers=shop.headers | tag)
    assert datetime.fromisoformat(late.json()["items"][0]["waiting_since"]) == start


async def test_off_stays_off_whatever_is_written_until_the_chat_is_given_back(
    machine: httpx.AsyncClient, shop: Shop, channel: Channel
) -> None:
    chat, _ = await channel.inbound("text", {"body": "Hola"})
    for end in ({"hours": 1, "off": True}, {"until": "2020-01-01T00:00:00Z"}, {"until": "2200-01-01T00:00:00Z"}):
        assert (await _override(machine, shop, chat, enabled=True, **end)).status_code == 422
    soon = datetime.now(UTC) + timedelta(hours=3)
    answer = await _override(machine, shop, chat, enabled=True, until=soon.isoformat(), reason="Es mi prima")
    assert datetime.fromisoformat(answer.json()["human_override_until"]) == soon
    item = (await machine.get(f"/admin/chats/{chat}", headers=shop.headers)).json()
    assert (item["bot"], item["override_reason"], item["override_author"]) == (
        "paused", "Es mi prima", "Una integración"
    )  # fmt: skip
    await _override(machine, shop, chat, enabled=True, off=True, reason="Proveedor")
    await channel.echo("text", {"body": "Desde el teléfono"})
    sent = {"conversation_id": str(chat), "text": "Desde el panel", "client_ref": uuid.uuid4().hex}
    assert (await machine.post("/admin/messages/send", json=sent, headers=shop.headers)).status_code == 202
    handed = await machine.post(
        f"/admin/conversations/{chat}/handoff", json={"reason": "Reclamo"}, headers=shop.headers
    )
    assert handed.status_code == 202
    item = (await machine.get(f"/admin/chats/{chat}", headers=shop.headers)).json()
    assert (item["bot"], item["override_cause"], item["override_reason"]) == ("off", "panel_off", "Proveedor")
    assert item["human_override_until"].startswith("9999-12-31")
    thread = (await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)).json()["items"]
    assert "Una integración apagó el bot en esta conversación: Proveedor" in [m["content"] for m in thread]
    await _override(machine, shop, chat, enabled=False)
    item = (await machine.get(f"/admin/chats/{chat}", headers=shop.headers)).json()
    assert (item["bot"], item["override_reason"], item["human_override_until"]) == ("on", None, None)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("CANCION", {0}), ("canción", {0}), ("panuelo", {1}), ("azucar canc", {0}), ("ancio", {0}), ("ñandú", {2}),
        ("nandu", {2}), ("100%", {1}), ("cancion pañuelo", set()), ("secreto", set()), ("like", set()),
        ("011 15 4444-0002", {2}), ("11 4444 0002", {2}), ("+54 11 4444-0002", {2}), ("54 9 11 4444", {0, 1, 2}),
        ("fernández", {1}), ("FERNANDEZ lucia", {1}),
    ],
)  # fmt: skip
async def test_search_looks_into_names_numbers_and_all_messages_whatever_the_case_and_the_accents(
    machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop, customer_writes: Write, words: str, found: set[int]
) -> None:
    texts = ("La canción con AZÚCAR", "Un pañuelo 100% seda", "El Ñandú negro")
    names = (None, "Lucía Fernández", None)
    chats = [
        await customer_writes(shop, text, phone=f"+54911444400{n:02d}", name=names[n]) for n, text in enumerate(texts)
    ]
    for chat in range(3):
        await customer_writes(shop, "Otra cosa", phone=f"+54911444400{chat:02d}")
    await customer_writes(await make_shop("Ajena"), f"{words} secreto", phone="+5491144440099")
    items = (await _list(machine, shop, q=words))["items"]
    assert {item["id"] for item in items} == {str(chats[n]) for n in found}


async def test_a_hit_is_the_newest_message_with_the_words_and_says_where_they_are(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    chat = await customer_writes(shop, "Quería una malla", at=at)
    await customer_writes(shop, "👋 " + "y " * 60 + "¿La MÁLLA de niña?", at=at + timedelta(minutes=1))
    await customer_writes(shop, "Gracias", at=at + timedelta(minutes=2))
    (item,) = (await _list(machine, shop, q="malla nina"))["items"]
    match = item["match"]
    snippet = match["snippet"].encode("utf-16-le")
    assert [snippet[2 * a : 2 * b].decode("utf-16-le") for a, b in match["ranges"]] == ["MÁLLA", "niña"]
    around = f"/admin/chats/{chat}/messages?around={match['message_id']}"
    thread = (await machine.get(around, headers=shop.headers)).json()
    assert match["message_id"] in [message["id"] for message in thread["items"]]
    assert (await _list(machine, shop, q="351"))["items"] == []
    (item,) = (await _list(machine, shop))["items"]
    assert item["match"] is None


async def test_a_common_word_fills_its_pages_from_the_newest_chat_on(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    for n in range(5):
        await customer_writes(shop, "Hola", phone=f"+54911444400{n:02d}", at=at + timedelta(minutes=n))
    other = await customer_writes(shop, "Buenas", phone="+5491144440050")
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(
            """insert into chat_messages (tenant_id, conversation_id, role, author, message_type, content, sent_at)
               select c.tenant_id, c.id, 'user', 'customer', 'text', 'hola ' || n, now() - interval '2 days'
               from chat_conversations c, generate_series(1, 450) n where c.id <> $1""",
            other,
        )
    first = await _list(machine, shop, q="hola", limit=3)
    rest = await _list(machine, shop, q="hola", limit=3, before=first["next"])
    seen = [item["id"] for item in first["items"] + rest["items"]]
    assert seen == [chat for chat in await _ids(machine, shop) if chat != str(other)]
    assert rest["next"] is None
    assert {item["match"]["snippet"] for item in first["items"]} == {"Hola"}


async def test_a_chat_is_put_into_somebodys_hands_and_found_there(
    sign_in: SignIn, machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop, customer_writes: Write
) -> None:
    mine, free = [await customer_writes(shop, "Hola", phone=f"+549351555000{n}") for n in range(2)]
    person = await sign_in(shop, role="agent")
    me = (await person.get("/admin/me")).json()["user"]
    stranger = await sign_in(await make_shop("Ajena"), role="agent")
    other_id = (await stranger.get("/admin/me")).json()["user"]["id"]
    path = f"/admin/conversations/{mine}/assignee"
    answer = await machine.put(path, json={"user_id": me["id"]}, headers=shop.headers)
    assert answer.json()["assigned_to"] == {"user_id": me["id"], "email": me["email"], "name": None}
    assert await _ids(machine, shop, assigned=me["id"]) == [str(mine)]
    assert await _ids(machine, shop, assigned="none") == [str(free)]
    assert (await _list(machine, shop, assigned="none"))["counts"]["all"] == 1
    assert (await machine.put(path, json={"user_id": other_id}, headers=shop.headers)).status_code == 422
    assert (await machine.get("/admin/chats?assigned=me", headers=shop.headers)).status_code == 422
    answer = await machine.put(path, json={"user_id": None}, headers=shop.headers)
    assert answer.json()["assigned_to"] is None
    thread = (await machine.get(f"/admin/chats/{mine}/messages", headers=shop.headers)).json()["items"]
    assert [m["content"] for m in thread if m["author"] == "system"] == [
        f"Una integración asignó la conversación a {me['email']}",
        "Una integración dejó la conversación sin asignar",
    ]


async def test_labels_are_named_once_given_to_chats_and_taken_away(
    machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop, customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola")
    other = await make_shop("Ajena")
    made = [
        (await machine.post("/admin/labels", json={"name": name}, headers=shop.headers)).json()["id"]
        for name in ("Mayorista", "Reclamo")
    ]
    foreign = (await machine.post("/admin/labels", json={"name": "Mayorista"}, headers=other.headers)).json()["id"]
    again = await machine.post("/admin/labels", json={"name": "MAYORISTA"}, headers=shop.headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "label_exists")
    path = f"/admin/conversations/{chat}/labels"
    assert (await machine.put(path, json={"label_ids": [foreign]}, headers=shop.headers)).status_code == 404
    given = await machine.put(path, json={"label_ids": made + made}, headers=shop.headers)
    assert [label["name"] for label in given.json()["labels"]] == ["Mayorista", "Reclamo"]
    assert await _ids(machine, shop, label=made[0]) == [str(chat)]
    listed = await machine.get("/admin/chats", headers=shop.headers)
    tag = {"If-None-Match": listed.headers["etag"]}
    named = await machine.put(f"/admin/labels/{made[0]}", json={"name": "Por mayor"}, headers=shop.headers)
    assert named.json() == {"id": made[0], "name": "Por mayor", "chats": 1}
    assert (await machine.get("/admin/chats", headers=shop.headers | tag)).status_code == 200
    clash = await machine.put(f"/admin/labels/{made[0]}", json={"name": "reclamo"}, headers=shop.headers)
    assert clash.status_code == 409
    assert (await machine.delete(f"/admin/labels/{made[1]}", headers=shop.headers)).status_code == 204
    assert (await machine.delete(f"/admin/labels/{foreign}", headers=shop.headers)).status_code == 404
    items = (await machine.get("/admin/labels", headers=shop.headers)).json()["items"]
    assert items == [{"id": made[0], "name": "Por mayor", "chats": 1}]


async def test_a_note_is_its_writers_and_the_managers(
    sign_in: SignIn, machine: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola")
    path = f"/admin/conversations/{chat}/notes"
    theirs = (await machine.post(path, json={"text": "De otra mano"}, headers=shop.headers)).json()
    person = await sign_in(shop, role="agent")
    mine = (await person.post(path, json={"text": "  Prefiere la tarde "})).json()
    assert (mine["text"], mine["can_change"], mine["updated_at"]) == ("Prefiere la tarde", True, None)
    listed = (await person.get(path)).json()["items"]
    assert [(note["text"], note["can_change"]) for note in listed] == [
        ("Prefiere la tarde", True), ("De otra mano", False)
    ]  # fmt: skip
    changed = await person.put(f"/admin/notes/{mine['id']}", json={"text": "Prefiere la mañana"})
    assert (changed.json()["text"], changed.json()["updated_at"] is not None) == ("Prefiere la mañana", True)
    for call in (
        person.put(f"/admin/notes/{theirs['id']}", json={"text": "x"}),
        person.delete(f"/admin/notes/{theirs['id']}"),
    ):
        assert (await call).status_code == 403
    assert (await machine.delete(f"/admin/notes/{mine['id']}", headers=shop.headers)).status_code == 204
    assert (await person.delete(f"/admin/notes/{mine['id']}")).status_code == 404
    assert (await person.post(path, json={"text": " "})).status_code == 422
    thread = (await person.get(f"/admin/chats/{chat}/messages")).json()["items"]
    assert [message["content"] for message in thread] == ["Hola"]


async def test_a_reader_writes_nothing_and_an_agent_manages_nothing(
    sign_in: SignIn, shop: Shop, customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola")
    reader = await sign_in(shop, role="read-only")
    for call in (
        reader.post("/admin/labels", json={"name": "x"}),
        reader.put(f"/admin/conversations/{chat}/labels", json={"label_ids": []}),
        reader.put(f"/admin/conversations/{chat}/assignee", json={"user_id": None}),
        reader.post(f"/admin/conversations/{chat}/notes", json={"text": "x"}),
        reader.post(f"/admin/conversations/{chat}/human-override", json={"enabled": True, "off": True}),
    ):
        assert (await call).status_code == 403
    for path in ("labels", "canned-replies", f"conversations/{chat}/notes", f"chats/{chat}"):
        assert (await reader.get(f"/admin/{path}")).status_code == 200
    agent = await sign_in(shop, role="agent")
    label = (await agent.post("/admin/labels", json={"name": "Nueva"})).json()["id"]
    for call in (
        agent.put(f"/admin/labels/{label}", json={"name": "x"}),
        agent.delete(f"/admin/labels/{label}"),
        agent.post("/admin/canned-replies", json={"shortcut": "x", "text": "x"}),
    ):
        assert (await call).status_code == 403


async def test_canned_replies_have_one_shortcut_each_and_only_known_placeholders(
    machine: httpx.AsyncClient, shop: Shop
) -> None:
    body = {"shortcut": "hola", "text": "¡Hola {nombre}! Soy {yo}, de {tienda}."}
    made = await machine.post("/admin/canned-replies", json=body, headers=shop.headers)
    assert (made.status_code, made.json()) == (201, {"id": made.json()["id"]} | body)
    refused = {
        409: [body],
        422: [
            {"shortcut": "Hola!", "text": "x"}, {"shortcut": "a" * 33, "text": "x"}, {"shortcut": "x", "text": " "},
            {"shortcut": "precio", "text": "Sale {precio}"},
        ],
    }  # fmt: skip
    for status, bodies in refused.items():
        for wrong in bodies:
            answer = await machine.post("/admin/canned-replies", json=wrong, headers=shop.headers)
            assert answer.status_code == status, answer.text
    assert answer.json()["error"]["code"] == "placeholder_unknown"
    second = await machine.post(
        "/admin/canned-replies", json={"shortcut": "chau", "text": "Chau"}, headers=shop.headers
    )
    path = f"/admin/canned-replies/{second.json()['id']}"
    assert (await machine.put(path, json=body, headers=shop.headers)).status_code == 409
    assert (await machine.put(path, json=body | {"shortcut": "a-2"}, headers=shop.headers)).status_code == 200
    items = (await machine.get("/admin/canned-replies", headers=shop.headers)).json()["items"]
    assert [item["shortcut"] for item in items] == ["a-2", "hola"]
    assert (await machine.delete(path, headers=shop.headers)).status_code == 204
    assert (await machine.delete(path, headers=shop.headers)).status_code == 404
