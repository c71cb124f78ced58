"""Shadow mode at the panel's door: a person sends what the bot proposes, changes it, or throws it away."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from nexus.store.bot_settings import save_bot_settings
from nexus.store.callers import CallerCustomer, CallerMessage, open_caller_burst
from nexus.store.chat_list import load_chat
from nexus.store.database import Pool, tenant_transaction
from nexus.store.drafts import NewDraft
from nexus.store.replies import Burst, Result, commit_draft, load_burst
from tests.integration.admin.conftest import CUSTOMER, Shop

PICTURE = "https://cdn.example.test/puntas.png"
BUBBLES: list[dict[str, Any]] = [
    {"message_type": "text", "content": "Mirá estas", "caption": None},
    {"message_type": "image", "content": PICTURE, "caption": "Puntas: $ 49.900,00"},
]


async def _proposed(shop: Shop, pool: Pool, *promised: str) -> Result:
    await save_bot_settings(shop.id, pool, {"shadow_mode": True})
    who = CallerCustomer("541155550123", CUSTOMER, None, "Lucía")
    said = [CallerMessage(f"wamid.{uuid4()}", "text", "¿Tenés puntas?", None)]
    opened = await open_caller_burst(shop.id, pool, "tests", who, said, correlation_id="c", lease=timedelta(0))
    assert opened.burst_id is not None
    burst = await load_burst(shop.id, pool, opened.burst_id, opened.fence)
    assert isinstance(burst, Burst)
    assert burst.shadow
    return await commit_draft(shop.id, pool, burst, NewDraft(BUBBLES, list(promised), '[{"id": 7, "name": "Puntas"}]'))


async def _rows(shop: Shop, pool: Pool, query: str, *given: Any) -> list[dict[str, Any]]:
    async with tenant_transaction(shop.id, pool) as conn:
        return [dict(row) for row in await conn.fetch(query, *given)]


async def _sent(shop: Shop, pool: Pool, chat: UUID) -> list[dict[str, Any]]:
    return await _rows(
        shop,
        pool,
        """select author, kind, message_type, content, payload->>'caption' as caption, delivery from chat_messages
           where conversation_id = $1 and role = 'assistant' order by seq""",
        chat,
    )


async def test_a_draft_is_sent_once_as_the_persons_and_the_bot_goes_on(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    result = await _proposed(shop, pool)
    assert (result.status, result.reason, result.bubbles) == ("ignored", "draft", [])
    chat = result.conversation_id
    assert await _sent(shop, pool, chat) == []
    waiting = await load_chat(shop.id, pool, chat)
    assert waiting is not None
    assert waiting["needs_human_reason"] == "draft"
    path = f"/admin/conversations/{chat}/draft"
    found = (await machine.get(path, headers=shop.headers)).json()["draft"]
    assert found["bubbles"] == [
        {"text": "Mirá estas", "image_url": None, "caption": None},
        {"text": None, "image_url": PICTURE, "caption": "Puntas: $ 49.900,00"},
    ]
    assert (found["burst_id"], found["promised"], found["window_open"]) == (str(result.burst_id), [], True)

    first = await machine.post(f"{path}/{found['id']}/send", json={}, headers=shop.headers)
    again = await machine.post(f"{path}/{found['id']}/send", json={}, headers=shop.headers)
    assert first.status_code == 202, first.text
    assert first.json() == again.json()
    rows = await _sent(shop, pool, chat)
    assert [(row["author"], row["kind"], row["content"], row["caption"]) for row in rows] == [
        ("human", "manual", "Mirá estas", None),
        ("human", "manual", PICTURE, "Puntas: $ 49.900,00"),
    ]
    after = await load_chat(shop.id, pool, chat)
    assert after is not None
    assert (after["needs_human_since"], after["human_override_until"]) == (None, None)
    assert (await machine.get(path, headers=shop.headers)).json() == {"draft": None}
    shown = await _rows(shop, pool, "select shown_products->0->>'id' as id from bursts where id = $1", result.burst_id)
    assert shown == [{"id": "7"}]
    gone = await machine.delete(f"{path}/{found['id']}", headers=shop.headers)
    assert (gone.status_code, gone.json()["error"]["code"]) == (409, "draft_decided")


async def test_a_draft_is_changed_but_gets_no_picture_of_anybody_else(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    result = await _proposed(shop, pool)
    path = f"/admin/conversations/{result.conversation_id}/draft"
    ident = (await machine.get(path, headers=shop.headers)).json()["draft"]["id"]
    foreign = {"bubbles": [{"image_url": "https://otra.example.test/x.png"}]}
    refused = await machine.post(f"{path}/{ident}/send", json=foreign, headers=shop.headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "picture_unknown")
    for wrong in ({"bubbles": []}, {"bubbles": [{"text": "a", "image_url": PICTURE}]}, {"bubbles": [{"text": " "}]}):
        assert (await machine.post(f"{path}/{ident}/send", json=wrong, headers=shop.headers)).status_code == 422
    changed = {"bubbles": [{"text": "Hola, mirá:"}, {"image_url": PICTURE}]}
    sent = await machine.post(f"{path}/{ident}/send", json=changed, headers=shop.headers)
    assert len(sent.json()["messages"]) == 2
    rows = await _sent(shop, pool, result.conversation_id)
    assert [(row["content"], row["caption"]) for row in rows] == [("Hola, mirá:", None), (PICTURE, None)]


async def test_what_the_bot_only_tried_must_be_done_before_it_is_told(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    result = await _proposed(shop, pool, "book_appointment")
    path = f"/admin/conversations/{result.conversation_id}/draft"
    found = (await machine.get(path, headers=shop.headers)).json()["draft"]
    assert found["promised"] == [{"name": "book_appointment", "label": "Reservó un turno"}]
    refused = await machine.post(f"{path}/{found['id']}/send", json={}, headers=shop.headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "draft_promises")
    assert await _sent(shop, pool, result.conversation_id) == []
    done = await machine.post(f"{path}/{found['id']}/send", json={"done": True}, headers=shop.headers)
    assert done.status_code == 202


async def test_a_newer_draft_takes_the_place_and_a_discarded_one_leaves_nothing(
    machine: httpx.AsyncClient, shop: Shop, pool: Pool
) -> None:
    first = await _proposed(shop, pool)
    path = f"/admin/conversations/{first.conversation_id}/draft"
    old = (await machine.get(path, headers=shop.headers)).json()["draft"]["id"]
    second = await _proposed(shop, pool)
    assert second.conversation_id == first.conversation_id
    new = (await machine.get(path, headers=shop.headers)).json()["draft"]["id"]
    assert new != old
    late = await machine.post(f"{path}/{old}/send", json={}, headers=shop.headers)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "draft_decided")
    assert (await machine.delete(f"{path}/{new}", headers=shop.headers)).status_code == 204
    assert (await machine.delete(f"{path}/{new}", headers=shop.headers)).status_code == 204
    assert (await machine.get(path, headers=shop.headers)).json() == {"draft": None}
    chat = await load_chat(shop.id, pool, first.conversation_id)
    assert chat is not None
    assert chat["needs_human_since"] is None
    assert await _sent(shop, pool, first.conversation_id) == []
    states = await _rows(
        shop, pool, "select state, decided_by is not null as who from reply_drafts order by created_at"
    )
    assert states == [{"state": "replaced", "who": False}, {"state": "discarded", "who": True}]


@pytest.mark.parametrize("method", ["get", "send", "delete"])
async def test_another_shops_draft_is_nobodys(
    machine: httpx.AsyncClient, make_shop: Any, shop: Shop, pool: Pool, method: str
) -> None:
    result, other = await _proposed(shop, pool), await make_shop("Otra")
    path = f"/admin/conversations/{result.conversation_id}/draft"
    ident = (await machine.get(path, headers=shop.headers)).json()["draft"]["id"]
    if method == "get":
        assert (await machine.get(path, headers=other.headers)).json() == {"draft": None}
    elif method == "send":
        sent = await machine.post(f"{path}/{ident}/send", json={}, headers=other.headers)
        assert (sent.status_code, sent.json()["error"]["code"]) == (404, "draft_not_found")
    else:
        assert (await machine.delete(f"{path}/{ident}", headers=other.headers)).status_code == 404
