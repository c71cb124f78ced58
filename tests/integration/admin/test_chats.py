"""The list and the thread that the panel polls."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from nexus.store.database import Pool, tenant_transaction
from tests.integration.admin.conftest import Shop

MakeShop = Callable[..., Awaitable[Shop]]
Write = Callable[..., Awaitable[uuid.UUID]]
NAMES = ("Lucía Fernández", None, "100%_\\ real")


async def _thread(machine: httpx.AsyncClient, shop: Shop, chat: uuid.UUID, query: str = "") -> dict[str, Any]:
    answer = await machine.get(f"/admin/chats/{chat}/messages{query}", headers=shop.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_two_shops_with_the_same_customer_see_only_their_own_chat(
    machine: httpx.AsyncClient, make_shop: MakeShop, customer_writes: Write
) -> None:
    first, second = await make_shop("Danza"), await make_shop("Zapatería")
    mine = await customer_writes(first, "¿Tenés puntas?")
    theirs = await customer_writes(second, "¿Tenés borcegos?")
    assert mine != theirs
    for shop, chat, text in ((first, mine, "¿Tenés puntas?"), (second, theirs, "¿Tenés borcegos?")):
        items = (await machine.get("/admin/chats", headers=shop.headers)).json()["items"]
        assert [(item["id"], item["last_message_preview"]) for item in items] == [(str(chat), text)]
        assert [item["content"] for item in (await _thread(machine, shop, chat))["items"]] == [text]
    for path, body in (
        ("messages/send", {"conversation_id": str(theirs), "text": "Hola", "client_ref": "x"}),
        (f"conversations/{theirs}/human-override", {"enabled": True}),
        (f"conversations/{theirs}/human-override", {"enabled": False}),
        (f"conversations/{theirs}/handoff", {"reason": "x"}),
    ):
        answer = await machine.post(f"/admin/{path}", json=body, headers=first.headers)
        assert (path, answer.status_code) == (path, 404)
    assert (await machine.get(f"/admin/chats/{theirs}/messages", headers=first.headers)).status_code == 404


async def test_a_chat_item_has_the_fields_of_the_contract(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    sent = datetime.now(UTC) - timedelta(hours=1)
    chat = await customer_writes(shop, "Hola", at=sent)
    (item,) = (await machine.get("/admin/chats", headers=shop.headers)).json()["items"]
    assert item == {
        "id": str(chat),
        "tenant_id": shop.id,
        "channel": "whatsapp",
        "external_user_id": "541155550123",
        "wa_address": "+5491155550123",
        "display_name": "+54 9 11 5555-0123",
        "status": "open",
        "human_override_until": None,
        "override_cause": None,
        "override_since": None,
        "override_author": None,
        "last_message_at": item["last_message_at"],
        "last_message_preview": "Hola",
        "unread": 1,
        "window_expires_at": item["window_expires_at"],
        "needs_human_since": None,
        "needs_human_reason": None,
        "bot": "on",
        "override_reason": None,
        "assigned_to": None,
        "labels": [],
        "last_message_direction": "in",
        "last_message_author": "customer",
        "waiting_since": item["last_message_at"],
        "match": None,
    }
    assert (await machine.get(f"/admin/chats/{chat}", headers=shop.headers)).json() == item
    assert datetime.fromisoformat(item["window_expires_at"]) == sent + timedelta(hours=24)
    assert datetime.fromisoformat(item["last_message_at"]) == sent


async def test_pages_follow_each_other_newest_first_without_gap_or_repeat(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    same_moment = datetime.now(UTC) - timedelta(minutes=5)
    made = [
        await customer_writes(shop, f"mensaje {n}", phone=f"+549351555{n:04d}", at=same_moment if n < 4 else None)
        for n in range(7)
    ]
    seen: list[str] = []
    query = "?limit=2"
    for _ in range(4):
        page = (await machine.get(f"/admin/chats{query}", headers=shop.headers)).json()
        seen += [item["id"] for item in page["items"]]
        query = f"?limit=2&before={page['next']}"
    assert page["next"] is None
    assert sorted(seen) == sorted(str(chat) for chat in made)
    assert seen[:3] == [str(chat) for chat in reversed(made[4:])]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lucía", {0}), ("FERN", {0}), ("+54 9 351 555-0001", {1}), ("3515550001", {1}), ("555-000", {0, 1, 2}),
        ("100%_", {2}), ("%", {2}), ("_", {2}), ("\\", {2}), ("' or 1=1 --", set()), ("nadie", set()),
    ],
)  # fmt: skip
async def test_search_finds_part_of_a_name_or_of_a_number_and_takes_nothing_as_a_pattern(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, words: str, found: set[int]
) -> None:
    chats = [await customer_writes(shop, "Hola", phone=f"+549351555{n:04d}", name=name) for n, name in enumerate(NAMES)]
    answer = await machine.get("/admin/chats", params={"q": words}, headers=shop.headers)
    assert {item["id"] for item in answer.json()["items"]} == {str(chats[n]) for n in found}


async def test_nothing_new_is_304_and_something_new_is_not(
    machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop, customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola")
    for path in ("/admin/chats", f"/admin/chats/{chat}/messages"):
        first = await machine.get(path, headers=shop.headers)
        tag = {"If-None-Match": first.headers["etag"]}
        same = await machine.get(path, headers=shop.headers | tag)
        assert same.status_code == 304
        assert same.content == b""
        assert same.headers["etag"] == first.headers["etag"]
        assert (await machine.get(f"{path}?limit=1", headers=shop.headers | tag)).status_code == 200
        await customer_writes(shop, "¿Seguís ahí?")
        assert (await machine.get(path, headers=shop.headers | tag)).status_code == 200
    empty = await machine.get("/admin/chats", headers=(await make_shop()).headers)
    other = await machine.get(
        "/admin/chats", headers=(await make_shop()).headers | {"If-None-Match": empty.headers["etag"]}
    )
    assert other.status_code == 200


async def test_opening_a_thread_as_seen_leaves_nothing_unread(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    chat = await customer_writes(shop, "Hola")
    await customer_writes(shop, "¿Hay alguien?")
    await _thread(machine, shop, chat)
    assert (await machine.get("/admin/chats", headers=shop.headers)).json()["items"][0]["unread"] == 2
    await _thread(machine, shop, chat, "?seen=1")
    assert (await machine.get("/admin/chats", headers=shop.headers)).json()["items"][0]["unread"] == 0


async def test_a_thread_is_read_backwards_in_pages_and_forwards_from_the_last_seen(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write
) -> None:
    for n in range(5):
        chat = await customer_writes(shop, f"m{n}")
    newest = await _thread(machine, shop, chat, "?limit=2")
    older = await _thread(machine, shop, chat, f"?limit=2&before={newest['next']}")
    oldest = await _thread(machine, shop, chat, f"?limit=2&before={older['next']}")
    pages = [[item["content"] for item in page["items"]] for page in (newest, older, oldest)]
    assert pages == [["m3", "m4"], ["m1", "m2"], ["m0"]]
    assert oldest["next"] is None
    forward = await _thread(machine, shop, chat, f"?limit=2&after={oldest['last']}")
    assert [item["content"] for item in forward["items"]] == ["m1", "m2"]
    rest = await _thread(machine, shop, chat, f"?limit=5&after={forward['next']}")
    assert [item["content"] for item in rest["items"]] == ["m3", "m4"]
    assert rest["next"] is None
    assert (await _thread(machine, shop, chat, f"?after={newest['last']}")) == {"items": [], "next": None, "last": None}


async def test_each_author_state_and_picture_is_told_apart(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola <b>vos</b>")
    rows = [
        ("assistant", "bot", "reply", "image", "https://cdn.example/fotos/punta%20rosa.jpg", "read", None),
        ("assistant", "bot", "reply", "text", "Tarde", "discarded", "lockout"),
        ("assistant", "human", "manual", "text", "Soy Caro", "failed", "131047"),
        ("assistant", "bot", "reply", "text", "¿Llegó?", "unknown", "sender_died"),
        ("assistant", "bot", "reply", "text", "Raro", "failed", "987654"),
        ("system", "system", "line", "text", "Bot pausado", None, None),
    ]
    async with tenant_transaction(shop.id, pool) as conn:
        for row in rows:
            await conn.execute(
                """insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content,
                                              provider_status, status_code) values ($1,$2,$3,$4,$5,$6,$7,$8,$9)""",
                shop.id, chat, *row,
            )  # fmt: skip
    items = (await _thread(machine, shop, chat))["items"]
    customer, picture, dropped, human, doubtful, odd, line = items
    assert (customer["role"], customer["author"], customer["status"]) == ("user", "customer", None)
    assert customer["content"] == "Hola <b>vos</b>"
    assert (picture["type"], picture["content"], picture["status_reason"]) == ("image", "", None)
    assert picture["media"] == {
        "id": None,
        "url": "https://cdn.example/fotos/punta%20rosa.jpg",
        "type": "image",
        "mime": "image/jpeg",
        "name": "punta rosa.jpg",
        "size": None,
        "seconds": None,
    }
    assert dropped["status_reason"]["code"] == "lockout"
    assert human["role"] == "human_supervisor"
    assert human["status_reason"] == {
        "code": "131047",
        "message": "WhatsApp no deja escribirle: pasaron más de 24 h desde su último mensaje.",
    }
    assert "reinició" in doubtful["status_reason"]["message"]
    assert odd["status_reason"] == {"code": "987654", "message": "WhatsApp no aceptó el mensaje."}
    assert (line["role"], line["author"], line["status"]) == ("system", "system", None)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("chats?limit=0", 422),
        ("chats?limit=201", 422),
        ("chats?limit=x", 422),
        ("chats?before=%00", 422),
        ("chats?before=bWFsfG1hbA", 422),
        ("chats?before=" + "A" * 300, 422),
        ("chats?before=MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHwwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDA", 422),
        ("chats?q=%00", 422),
        ("chats?q=%ED%A0%80", 200),
        ("chats?q=" + "x" * 101, 422),
        ("chats/no-uuid/messages", 422),
        ("chats/00000000-0000-4000-8000-000000000000/messages", 404),
        ("chats/00000000-0000-4000-8000-000000000000/messages?after=-1", 422),
        ("chats/00000000-0000-4000-8000-000000000000/messages?after=%C2%B2", 422),
        ("chats/00000000-0000-4000-8000-000000000000/messages?before=99999999999999999999", 422),
        ("logs?level=fatal", 422),
        ("logs?event_type=%00", 422),
        ("logs?correlation_id=%00", 422),
        ("logs?before=2147483648", 422),
    ],
)
async def test_a_hostile_query_gets_its_status_and_never_500(
    machine: httpx.AsyncClient, shop: Shop, path: str, status: int
) -> None:
    answer = await machine.get(f"/admin/{path}", headers=shop.headers)
    assert answer.status_code == status, answer.text
