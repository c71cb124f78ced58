"""What does not work is told once, by every way there is, and so is that it works again."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from nexus.orchestrator_service.alerts import Telling, look_around
from nexus.orchestrator_service.alerts_words import letter_of, words_of
from nexus.runtime.settings import Settings
from nexus.store.alerts import Channel, alert_facts
from nexus.store.database import Pool, platform_transaction
from nexus.store.effects import save_handoff_config
from nexus.store.events import add_event
from nexus.store.tenants import update_tenant

from .conftest import Sandbox, Shop

BOSS, OWNER = "guardia@nexus.example, socia@nexus.example", "duenia@danzasur.example"
CHANNELS: tuple[Channel, ...] = ("email", "webhook", "shop")


class Listener:
    """Somebody's endpoint for alerts."""

    def __init__(self) -> None:
        self.status, self.port = 200, 0
        self.heard: list[tuple[dict[str, str], bytes]] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head if line)}
        self.heard.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
async def watched(shop: Shop, sandbox: Sandbox, pool: Pool) -> AsyncIterator[Shop]:
    """A shop that wants to be told by mail, too; nothing of other tests is wrong."""
    await sandbox.control("DELETE", "/mail")
    mail = {"smtp_host": "127.0.0.1", "smtp_port": sandbox.smtp_port, "smtp_security": "NONE"}
    await save_handoff_config(shop.id, shop.pool, shop.vault, mail | {"destination_email": OWNER})
    await update_tenant(shop.id, shop.pool, {"alert_emails": True})
    yield shop
    async with platform_transaction(pool) as conn:
        await conn.execute("delete from alerts")
        await conn.execute("delete from pgqueuer where entrypoint like 'alert_%'")
    await shop.rows("delete from alerts where tenant_id = $1 returning id", shop.id)


def _settings(sandbox: Sandbox, listener: Listener, **more: Any) -> Settings:
    wanted = {
        "alert_email": BOSS,
        "alert_webhook_url": f"http://127.0.0.1:{listener.port}/aviso",
        "alert_webhook_secret": "s3",
        "smtp_host": "127.0.0.1",
        "smtp_port": sandbox.smtp_port,
        "smtp_security": "NONE",
        "egress_allow_loopback": True,
        "platform_ui_url": "https://panel.example",
    }
    return Settings(_env_file=None, **(wanted | more))  # type: ignore[call-arg]


async def _queued(shop: Shop) -> list[str]:
    """Take this shop's messages from the queue; the jobs that waited."""
    rows = await shop.rows("delete from pgqueuer where entrypoint like 'alert_%' returning entrypoint, payload")
    mine = [row["entrypoint"] for row in rows if json.loads(row["payload"])["tenant_id"] == shop.id]
    return sorted(mine)


async def _alert(shop: Shop) -> UUID:
    ((alert_id,),) = [tuple(row.values()) for row in await shop.rows("select id from alerts")]
    return UUID(str(alert_id))


async def _look(shop: Shop, settings: Settings) -> list[str]:
    """Two Orchestrators look at the same time; what they want to tell of this shop."""
    await asyncio.gather(look_around(shop.pool, settings), look_around(shop.pool, settings))
    return await _queued(shop)


async def test_a_parked_answer_is_told_once_by_every_way_and_so_is_its_end(
    watched: Shop, sandbox: Sandbox, listener: Listener
) -> None:
    settings = _settings(sandbox, listener)
    telling = Telling(settings, watched.pool, watched.vault)
    await watched.burst("una palabra de la clienta", name="Lucía Secreta")
    await watched.rows(
        "update chat_conversations set needs_human_since = now(), needs_human_reason = 'burst_parked' returning id"
    )
    assert await _look(watched, settings) == ["alert_email", "alert_shop", "alert_webhook"]
    alert_id = await _alert(watched)
    for channel in CHANNELS:
        assert await telling.tell(watched.id, alert_id, channel, 0) is None
        assert await telling.tell(watched.id, alert_id, channel, 0) is None  # told is told
    assert await _look(watched, settings) == []
    mails = await sandbox.mails()
    assert sorted(mail["to"] for mail in mails) == [OWNER, BOSS]
    assert {mail["subject"] for mail in mails} == {"Consultas sin contestar – Danza Sur"}
    assert "https://panel.example/#/chats" in mails[0]["text"]
    ((headers, body),) = listener.heard
    moment = headers["x-nexus-signature"].partition(",")[0].removeprefix("t=")
    signature = hmac.new(b"s3", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-nexus-signature"] == f"t={moment},v1={signature}"
    assert (json.loads(body)["event"], json.loads(body)["tenant_id"]) == ("alert.opened", watched.id)
    said = body.decode() + "".join(mail["text"] + mail["subject"] for mail in mails)
    assert not any(secret in said for secret in ("Lucía", "clienta", "5491155550123", "1155550123"))

    # A process that died between telling and noting tells once more.
    await watched.rows("update alerts set told_shop_at = null returning id")
    await telling.tell(watched.id, alert_id, "shop", 0)
    assert [mail["to"] for mail in await sandbox.mails()].count(OWNER) == 2

    await watched.rows("update alerts set told_email_at = now() - interval '7 hours' returning id")
    assert await _look(watched, settings) == ["alert_email"]
    await telling.tell(watched.id, alert_id, "email", 0)
    assert (await sandbox.mails())[-1]["subject"].startswith("Sigue: ")

    await watched.rows("update chat_conversations set needs_human_since = null, needs_human_reason = null returning id")
    assert await _look(watched, settings) == []  # what comes and goes is one alert
    await watched.rows("update alerts set seen_at = now() - interval '3 minutes' returning id")
    assert await _look(watched, settings) == ["alert_email", "alert_shop", "alert_webhook"]
    for channel in CHANNELS:
        await telling.tell(watched.id, alert_id, channel, 0)
    last_two = (await sandbox.mails())[-2:]
    assert {mail["subject"] for mail in last_two} == {"Ya anda: Consultas sin contestar – Danza Sur"}
    assert json.loads(listener.heard[-1][1])["event"] == "alert.closed"
    await look_around(watched.pool, settings)
    assert await watched.rows("select id from alerts") == []


async def test_an_alert_that_cannot_be_told_is_tried_for_as_long_as_it_stands(
    watched: Shop, sandbox: Sandbox, listener: Listener
) -> None:
    for _ in range(3):
        burst = await watched.burst("hola")
        await watched.rows(
            "update bursts set state = 'error', finished_at = now() where id = $1 returning id", burst.id
        )
    assert await _look(watched, _settings(sandbox, listener)) == ["alert_email", "alert_shop", "alert_webhook"]
    alert_id, listener.status = await _alert(watched), 503
    telling = Telling(_settings(sandbox, listener), watched.pool, watched.vault)
    pauses = [await telling.tell(watched.id, alert_id, "webhook", tried) for tried in range(6)]
    assert [pause.total_seconds() for pause in pauses if pause] == [10, 30, 120, 600, 600, 600]
    assert [event["event_type"] for event in await watched.events()].count("alert_not_told") == 1
    nowhere = Telling(_settings(sandbox, listener, smtp_host=""), watched.pool, watched.vault)
    assert await nowhere.tell(watched.id, alert_id, "email", 0) is not None  # nobody has it: it was not told
    listener.status = 200
    guarded = Telling(_settings(sandbox, listener, egress_allow_loopback=False), watched.pool, watched.vault)
    assert await guarded.tell(watched.id, alert_id, "webhook", 0) is not None
    assert len(listener.heard) == 6  # a private address is never called
    assert await telling.tell(watched.id, alert_id, "webhook", 9) is None


async def test_what_the_tables_show_is_found_and_has_words(watched: Shop, sandbox: Sandbox) -> None:
    burst = await watched.burst("hola")
    for status, at in (("failed", "0"), ("failed", "0"), ("failed", "0"), ("unknown", "11"), ("pending", "6")):
        await watched.rows(
            """insert into chat_messages (tenant_id, conversation_id, role, author, message_type, content, delivery,
                                          provider_status, status_at, created_at)
               values ($1, $2, 'assistant', 'bot', 'text', 'x', 'outbox', $3, now() - $4::text::interval,
                       now() - $4::text::interval) returning id""",
            watched.id, burst.conversation_id, status, f"{at} minutes",
        )  # fmt: skip
    await watched.rows(
        """update chat_conversations set due_at = now(), waiting_since = now() - interval '2 minutes',
               active_burst_id = null returning id"""
    )
    for subject in ("number", "template"):
        await watched.rows(
            """insert into whatsapp_health (tenant_id, subject, key, level, code)
               values ($1, $2, 'x', 'error', 'x') returning 1""",
            watched.id, subject,
        )  # fmt: skip
    await add_event(None, watched.pool, "info", "backup_taken", "x")
    facts = [fact for fact in await alert_facts(watched.pool, 3) if fact.tenant_id in (None, watched.id)]
    found = {fact.kind: fact for fact in facts}
    own = {"bubbles_failed": 3, "bubbles_unknown": 1, "number": 1, "template": 1}
    assert {kind: fact.amount for kind, fact in found.items() if fact.tenant_id} == own
    assert {"answers_waiting", "bubbles_waiting", "backup"} <= set(found)
    for kind in (*found, "disk", "jobs_given_up", "parked", "answers_failing"):
        for amount in (1, 7):
            said = words_of(kind, amount)
            subject, text = letter_of(said, None, "https://p", datetime.now(UTC), is_over=False, is_again=False)
            assert said.fix in text
            assert subject == said.title
    await watched.rows(
        "update chat_messages set provider_status = 'discarded' where provider_status = 'pending' returning id"
    )
