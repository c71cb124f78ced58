"""What people send from the panel besides words, and what they do about what did not go out."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from nexus.runtime.cache import Cache
from nexus.store.database import Pool, tenant_transaction
from nexus.store.templates import Template, replace_templates
from tests.integration.admin import file_bytes as made
from tests.integration.admin.conftest import Channel, Shop

Write = Callable[..., Awaitable[uuid.UUID]]
MakeShop = Callable[..., Awaitable[Shop]]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
TURNO = Template(
    "turno", "es_AR", "UTILITY", "APPROVED", [{"type": "BODY", "text": "Hola {{1}}: {{2}}. ¿Nos vemos, {{1}}?"}]
)


async def _send(machine: httpx.AsyncClient, shop: Shop, chat: uuid.UUID, **content: Any) -> httpx.Response:
    body = {"conversation_id": str(chat), "client_ref": uuid.uuid4().hex} | content
    return await machine.post("/admin/messages/send", json=body, headers=shop.headers)


async def _upload(machine: httpx.AsyncClient, shop: Shop, content: bytes, name: str) -> str:
    answer = await machine.post("/admin/media", params={"name": name}, content=content, headers=shop.headers)
    return str(answer.json()["id"])


async def _act(machine: httpx.AsyncClient, shop: Shop, message: object, what: str) -> httpx.Response:
    return await machine.post(f"/admin/messages/{message}/{what}", headers=shop.headers)


async def _row(shop: Shop, pool: Pool, message: object) -> dict[str, Any]:
    async with tenant_transaction(shop.id, pool) as conn:
        found = await conn.fetchrow("select * from chat_messages where id = $1", uuid.UUID(str(message)))
    assert found is not None
    return dict(found)


async def _add(shop: Shop, pool: Pool, chat: uuid.UUID, **columns: Any) -> uuid.UUID:
    row = {
        "tenant_id": shop.id, "conversation_id": chat, "role": "assistant", "author": "bot", "kind": "reply",
        "message_type": "text", "content": "x", "delivery": "outbox", "provider_status": "failed",
    } | columns  # fmt: skip
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    async with tenant_transaction(shop.id, pool) as conn:
        added: uuid.UUID = await conn.fetchval(
            f"insert into chat_messages ({', '.join(row)}) values ({places}) returning id",  # noqa: S608 - a test's own
            *row.values(),
        )
    return added


async def _set(shop: Shop, pool: Pool, query: str, *arguments: object) -> None:
    async with tenant_transaction(shop.id, pool) as conn:
        await conn.execute(query, *arguments)


async def _item(machine: httpx.AsyncClient, shop: Shop, chat: uuid.UUID) -> dict[str, Any]:
    thread = (await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)).json()
    last: dict[str, Any] = thread["items"][-1]
    return last


@pytest.mark.parametrize(
    ("content", "name", "kind", "caption", "preview"),
    [
        (made.picture("PNG"), "punta.png", "image", "Estas", "Estas"),
        (made.picture("WEBP"), "punta.webp", "image", None, "Foto"),
        (made.MP4, "clip.mp4", "video", None, "Video"),
        (made.VOICE, "nota.ogg", "audio", None, "Audio"),
        (made.PDF, "lista.pdf", "document", "La lista", "La lista"),
    ],
)
async def test_a_file_goes_with_its_caption_and_pauses_the_bot(
    machine: httpx.AsyncClient,
    shop: Shop,
    customer_writes: Write,
    pool: Pool,
    content: bytes,
    name: str,
    kind: str,
    caption: str | None,
    preview: str,
) -> None:
    chat = await customer_writes(shop, "Hola")
    media_id = await _upload(machine, shop, content, name)
    answer = await _send(machine, shop, chat, media_id=media_id, **({"text": caption} if caption else {}))
    assert answer.status_code == 202, answer.text
    row = await _row(shop, pool, answer.json()["id"])
    assert (row["message_type"], str(row["media_id"]), row["content"]) == (kind, media_id, caption or "")
    item = await _item(machine, shop, chat)
    assert (item["type"], item["content"], item["status"]) == (kind, caption or "", "pending")
    assert item["media"]["url"] == f"/admin/media/{media_id}"
    (listed,) = (await machine.get("/admin/chats", headers=shop.headers)).json()["items"]
    assert listed["last_message_preview"] == preview
    assert (listed["override_cause"], listed["override_author"]) == ("panel_message", "Una integración")


async def test_what_cannot_go_together_or_is_not_there_is_refused(
    machine: httpx.AsyncClient, make_shop: MakeShop, customer_writes: Write, pool: Pool
) -> None:
    shop, other = await make_shop(), await make_shop()
    chat = await customer_writes(shop, "Hola")
    voice = await _upload(machine, shop, made.VOICE, "v.ogg")
    foreign = await _upload(machine, other, made.PDF, "a.pdf")
    template = {"name": "turno", "language": "es_AR"}
    for content, status in (
        ({}, 422),
        ({"text": "a", "template": template}, 422),
        ({"media_id": voice, "template": template}, 422),
        ({"media_id": voice, "text": "con palabras"}, 422),
        ({"media_id": voice, "text": "x" * 1025}, 422),
        ({"media_id": foreign}, 404),
        ({"media_id": str(uuid.uuid4())}, 404),
        ({"template": {"name": "", "language": "es_AR"}}, 422),
        ({"template": template | {"parameters": ["a\nb"]}}, 422),
        ({"template": template | {"parameters": ["  "]}}, 422),
        ({"template": template | {"parameters": ["x"] * 31}}, 422),
    ):
        answer = await _send(machine, shop, chat, **content)
        assert (content, answer.status_code) == (content, status), answer.text
    await _set(shop, pool, "update chat_media set media_type = 'sticker' where id = $1", uuid.UUID(voice))
    assert (await _send(machine, shop, chat, media_id=voice)).json()["error"]["code"] == "media_not_sendable"


async def test_a_template_passes_outside_the_window_with_its_words_filled_in(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    await replace_templates(shop.id, pool, [TURNO])
    chat = await customer_writes(shop, "Hola")
    await _set(shop, pool, "update chat_conversations set last_inbound_at = now() - interval '30 hours'")
    assert (await _send(machine, shop, chat, text="Hola")).status_code == 409
    wanted = {"name": "turno", "language": "es_AR", "parameters": ["Lucía {{2}}", "martes"]}
    answer = await _send(machine, shop, chat, template=wanted)
    assert answer.status_code == 202, answer.text
    words = "Hola Lucía {{2}}: martes. ¿Nos vemos, Lucía {{2}}?"
    row = await _row(shop, pool, answer.json()["id"])
    assert (row["message_type"], row["content"]) == ("template", words)
    assert json.loads(row["payload"]) == wanted | {"text": words}
    item = await _item(machine, shop, chat)
    assert (item["content"], item["details"]["template"]["parameters"]) == (words, wanted["parameters"])


@pytest.mark.parametrize(
    ("known", "parameters", "status", "code"),
    [
        (None, ["a"], 202, ""),
        (TURNO, ["a"], 422, "template_parameters"),
        (Template("turno", "es_AR", None, "PAUSED", TURNO.components), ["a", "b"], 409, "template_not_approved"),
        (Template("turno", "es_AR", None, "APPROVED", []), ["a"], 202, ""),
        (
            Template("turno", "es_AR", None, "APPROVED", [{"type": "BODY", "text": "{{nombre}}"}]),
            ["a"],
            422,
            "template_unsupported",
        ),
        (
            Template("turno", "es_AR", None, "APPROVED", [{"type": "HEADER", "format": "IMAGE"}]),
            [],
            422,
            "template_unsupported",
        ),
    ],
)
async def test_a_template_that_whatsapp_would_refuse_is_refused_before(
    machine: httpx.AsyncClient,
    shop: Shop,
    customer_writes: Write,
    pool: Pool,
    known: Template | None,
    parameters: list[str],
    status: int,
    code: str,
) -> None:
    if known:
        await replace_templates(shop.id, pool, [known])
    chat = await customer_writes(shop, "Hola")
    wanted = {"name": "turno", "language": "es_AR", "parameters": parameters}
    answer = await _send(machine, shop, chat, template=wanted)
    assert (answer.status_code, answer.json().get("error", {}).get("code", "")) == (status, code)


async def test_who_never_wrote_gets_templates_only_and_the_answer_says_so(
    machine: httpx.AsyncClient, shop: Shop
) -> None:
    opened = await machine.post("/admin/conversations", json={"phone": "+5491155550123"}, headers=shop.headers)
    chat = uuid.UUID(opened.json()["id"])
    refused = await _send(machine, shop, chat, text="Hola")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "window_closed")
    assert "todavía no te escribió" in refused.json()["error"]["message"]
    assert (await _send(machine, shop, chat, template={"name": "a", "language": "es_AR"})).status_code == 202


@pytest.mark.parametrize("state", ["failed", "unknown"])
async def test_a_resend_is_one_new_message_of_a_person_however_often_it_is_asked(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool, cache: Cache, state: str
) -> None:
    chat = await customer_writes(shop, "Hola")
    await _set(
        shop, pool, "update chat_conversations set needs_human_since = now(), needs_human_reason = 'send_failed'"
    )
    media_id = uuid.UUID(await _upload(machine, shop, made.picture("PNG"), "a.png"))
    old = await _add(
        shop, pool, chat, message_type="image", media_id=media_id, content="Mirá", provider_status=state,
        status_code="131026",
    )  # fmt: skip
    answers = await asyncio.gather(*[_act(machine, shop, old, "resend") for _ in range(6)])
    assert {answer.status_code for answer in answers} == {202}
    (new,) = {answer.json()["id"] for answer in answers}
    row = await _row(shop, pool, new)
    assert (row["author"], row["kind"], row["provider_status"], row["delivery"]) == (
        "human", "manual", "pending", "outbox",
    )  # fmt: skip
    assert (row["message_type"], row["media_id"], row["content"]) == ("image", media_id, "Mirá")
    gone = await _row(shop, pool, old)
    assert str(gone["resent_as"]) == new
    ended = ("discarded", "resent") if state == "unknown" else ("failed", "131026")
    assert (gone["provider_status"], gone["status_code"]) == ended
    (chat_item,) = (await machine.get("/admin/chats", headers=shop.headers)).json()["items"]
    assert (chat_item["needs_human_since"], chat_item["override_cause"]) == (None, "panel_message")
    assert await cache.get(f"override:chat:{chat}") is not None
    thread = (await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)).json()["items"]
    assert [(item["can_resend"], item["resent_as"]) for item in thread[1:]] == [(False, new), (False, None)]


async def test_a_resend_obeys_the_window_but_for_templates_and_takes_only_our_own_failures(
    machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    payload = json.dumps({"name": "turno", "language": "es_AR", "parameters": []})
    template = await _add(shop, pool, chat, message_type="template", payload=payload)
    text, sent = await _add(shop, pool, chat), await _add(shop, pool, chat, provider_status="sent")
    echo = await _add(shop, pool, chat, kind="echo", author="human", delivery=None)
    inbound = await _add(shop, pool, chat, role="user", author="customer", provider_status=None)
    await _set(shop, pool, "update chat_conversations set last_inbound_at = now() - interval '30 hours'")
    for message, status, code in (
        (text, 409, "window_closed"),
        (sent, 409, "not_resendable"),
        (echo, 409, "not_resendable"),
        (inbound, 409, "not_resendable"),
        (uuid.uuid4(), 404, "message_not_found"),
        (template, 202, ""),
    ):
        answer = await _act(machine, shop, message, "resend")
        assert (answer.status_code, answer.json().get("error", {}).get("code", "")) == (status, code)
    again = await _row(shop, pool, answer.json()["id"])
    assert json.loads(again["payload"])["name"] == "turno"
    assert (await _act(machine, await make_shop(), text, "resend")).status_code == 404


async def test_a_discard_ends_what_waits_and_lets_the_rest_go_on(
    machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    pending = await _add(shop, pool, chat, provider_status="pending")
    unknown = await _add(shop, pool, chat, provider_status="unknown")
    by_hand = await _add(shop, pool, chat, author="human", kind="manual")
    by_bot, sending = await _add(shop, pool, chat), await _add(shop, pool, chat, provider_status="sending")
    await _set(shop, pool, "update chat_conversations set outbox_due_at = now() + interval '1 hour'")
    for message in (pending, unknown, by_hand, by_hand):
        answer = await _act(machine, shop, message, "discard")
        assert (answer.status_code, answer.json()["status"]) == (200, "discarded")
        assert (await _row(shop, pool, message))["status_code"] == "by_person"
    for message in (by_bot, sending):
        assert (await _act(machine, shop, message, "discard")).json()["error"]["code"] == "not_discardable"
    assert (await _act(machine, shop, uuid.uuid4(), "discard")).status_code == 404
    assert (await _act(machine, await make_shop(), sending, "discard")).status_code == 404
    async with tenant_transaction(shop.id, pool) as conn:
        assert await conn.fetchval("select outbox_due_at <= now() from chat_conversations")
    thread = (await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)).json()["items"]
    assert thread[1]["status_reason"] == {"code": "by_person", "message": "Lo descartó una persona."}


async def test_discarding_the_last_failure_ends_the_call_for_a_person(
    machine: httpx.AsyncClient, shop: Shop, customer_writes: Write, pool: Pool
) -> None:
    chat = await customer_writes(shop, "Hola")
    await _set(
        shop, pool, "update chat_conversations set needs_human_since = now(), needs_human_reason = 'send_failed'"
    )
    failed = [await _add(shop, pool, chat, author="human", kind="manual") for _ in range(2)]
    await _set(shop, pool, "update chat_messages set status_at = now() where provider_status = 'failed'")
    for message, left in zip(failed, (True, False), strict=True):
        await _act(machine, shop, message, "discard")
        (item,) = (await machine.get("/admin/chats", headers=shop.headers)).json()["items"]
        assert (item["needs_human_reason"] is not None) == left


async def test_a_stored_voice_note_is_put_into_words_once_more_and_nothing_else_is(
    machine: httpx.AsyncClient, make_shop: MakeShop, shop: Shop, channel: Channel, pool: Pool
) -> None:
    chat, _ = await channel.inbound("audio", {"id": "m-1", "link": "https://api.ycloud.com/v2/x"})
    await channel.inbound("text", {"body": "Hola"})
    thread = (await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)).json()["items"]
    audio, text = (item["id"] for item in thread)
    assert (await _act(machine, shop, audio, "transcribe")).json()["error"]["code"] == "no_audio"
    media_id = uuid.UUID(await _upload(machine, shop, made.VOICE, "v.ogg"))
    await _set(
        shop, pool,
        """update chat_messages set media_id = $2, media_state = 'stored', words_state = 'failed', media_attempts = 7,
               words_problem = 'speech_unavailable', media_due_at = null where id = $1""", uuid.UUID(audio), media_id,
    )  # fmt: skip
    for _ in range(2):
        answer = await _act(machine, shop, audio, "transcribe")
        assert (answer.status_code, answer.json()) == (202, {"id": audio, "transcript_state": "waiting"})
    row = await _row(shop, pool, audio)
    assert (row["words_state"], row["words_problem"], row["media_attempts"]) == ("waiting", None, 0)
    assert row["media_due_at"] is not None
    thread = (await machine.get(f"/admin/chats/{chat}/messages", headers=shop.headers)).json()["items"]
    assert (thread[0]["transcript_state"], thread[0]["transcript_problem"]) == ("waiting", None)
    assert (await _act(machine, shop, text, "transcribe")).json()["error"]["code"] == "no_audio"
    assert (await _act(machine, shop, uuid.uuid4(), "transcribe")).status_code == 404
    assert (await _act(machine, await make_shop(), audio, "transcribe")).status_code == 404


@pytest.mark.parametrize("what", ["resend", "discard", "transcribe"])
async def test_a_reader_does_nothing_about_messages(shop: Shop, sign_in: SignIn, what: str) -> None:
    person = await sign_in(shop, role="read-only")
    assert (await person.post(f"/admin/messages/{uuid.uuid4()}/{what}")).status_code == 403
