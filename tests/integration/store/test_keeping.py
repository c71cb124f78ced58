"""What is past its days goes, with its files; what waits for somebody, or says what she does not want, stays."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pgqueuer import RetryRequested

from nexus.orchestrator_service.keeping_jobs import keep_shared, keep_shop, wish_keeping
from nexus.runtime.actor import act_as
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.settings import Settings
from nexus.store.consents import may_write, note_by_hand
from nexus.store.database import Row, platform_transaction, tenant_transaction
from nexus.store.effects import hand_off
from nexus.store.events import add_event
from nexus.store.keeping import outlook
from nexus.store.tenants import update_tenant
from tests.integration.store.room import Room, new_id, new_number

DAY = 86_400


@pytest.fixture
def folder(tmp_path: Path) -> MediaFolder:
    return MediaFolder(Settings(_env_file=None, nexus_media_dir=tmp_path))  # type: ignore[call-arg]


async def _answered(room: Room, customer: str, *texts: str) -> UUID:
    burst = await room.open_burst(customer, *texts)
    await room.reply(burst, "Sí, hay")
    await room.root.execute(
        """update chat_messages set provider_status = 'delivered' where burst_id = $1 and role = 'assistant'""",
        burst.id,
    )
    await room.root.execute(
        "update bursts set trace = '{}', finished_at = now() where id = $1 and tenant_id = $2", burst.id, room.tenant_id
    )
    await room.root.execute("update chat_conversations set outbox_due_at = null where id = $1", burst.conversation_id)
    return burst.conversation_id


async def _age(room: Room, days: int, chat: UUID | None = None) -> None:
    """Everything of the shop, or of one chat, happened so many days before."""
    by = f"- interval '{days} days'"
    for table, columns, key in (
        ("chat_messages", ("created_at", "sent_at", "status_at"), "conversation_id"),
        ("bursts", ("created_at", "first_accepted_at", "finished_at"), "conversation_id"),
        ("chat_conversations", ("created_at", "last_message_at"), "id"),
    ):
        sets = ", ".join(f"{column} = {column} {by}" for column in columns)
        await room.root.execute(
            f"update {table} set {sets} where tenant_id = $1 and ($2::uuid is null or {key} = $2)",  # noqa: S608 - above
            room.tenant_id,
            chat,
        )


async def _file(
    room: Room, folder: MediaFolder, *, row: bool = True, days: float = 40, message: UUID | None = None
) -> UUID:
    media_id = uuid4()
    path = folder.path_of(room.tenant_id, media_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"foto")
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - days * DAY))
    if row:
        await room.root.execute(
            """insert into chat_media (id, tenant_id, storage_url, media_type, byte_size, created_at)
               values ($1, $2, 'media/x', 'image', 4, now() - make_interval(secs => $3))""",
            media_id, room.tenant_id, days * DAY,
        )  # fmt: skip
    if message:
        await room.root.execute("update chat_messages set media_id = $1 where id = $2", media_id, message)
    return media_id


async def _ids(room: Room) -> set[UUID]:
    rows = await room.root.fetch("select id from chat_conversations where tenant_id = $1", room.tenant_id)
    return {row["id"] for row in rows}


@dataclass
class Old:
    """A shop of which everything is forty days old, with what each chat and file of it is there for."""

    chats: dict[str, UUID]
    picture: UUID
    files: list[UUID]
    before: Row


async def _old_shop(room: Room, folder: MediaFolder) -> Old:
    who = {name: new_number() for name in ("gone", "mixed", "waiting", "unwilling", "due")}
    asked = [name for name in who if name != "due"]
    chats = {name: await _answered(room, who[name], "Hola", "¿Hay talle 37?") for name in asked}
    await room.root.execute(  # each next chat's helper made all of them due
        "update chat_conversations set due_at = null, retry_at = null, lease_until = null where tenant_id = $1",
        room.tenant_id,
    )
    async with tenant_transaction(room.tenant_id, room.pool) as conn:
        await hand_off(room.tenant_id, conn, chats["waiting"], source="bot", reason="x", details={})
    await note_by_hand(room.tenant_id, room.pool, chats["unwilling"], "marketing", "withdrawn", "caro@tienda.test")
    picture = await _file(room, folder, message=(await room.messages("conversation_id = $1", chats["gone"]))[0]["id"])
    await _age(room, 40)
    chats["due"] = (await room.accept(room.inbound(who["due"])))[0].conversation_id or UUID(int=0)
    await _age(room, 40, chats["due"])
    await room.accept(room.inbound(who["mixed"], "¿Y el 38?"))
    settled = "update chat_conversations set due_at = null, waiting_since = null where id = $1"
    await room.root.execute(settled, chats["mixed"])
    files = [await _file(room, folder, row=row, days=days) for row, days in ((False, 0.5), (False, 2), (True, 8))]
    await add_event(room.tenant_id, room.pool, "info", "t", "vieja")
    act_as("caro@tienda.test")
    await update_tenant(room.tenant_id, room.pool, {"keep_messages_days": 30, "keep_events_days": 30})
    act_as("")
    for table, days in (("system_events", 31), ("audit_log", 731)):
        past = f"update {table} set created_at = now() - make_interval(days => $2) where tenant_id = $1"  # noqa: S608
        await room.root.execute(past, room.tenant_id, days)
    return Old(chats, picture, files, await room.chat(who["mixed"]))


async def _stop() -> None:
    raise RetryRequested(timedelta(0), "stopping")


async def _row(room: Room, chat: UUID) -> Row:
    found = await room.root.fetchrow("select * from chat_conversations where id = $1", chat)
    assert found is not None
    return found


async def test_what_is_past_its_days_goes_and_what_waits_stays(room: Room, other: Room, folder: MediaFolder) -> None:
    neighbours = await _answered(other, new_number())
    await _age(other, 400)
    old = await _old_shop(room, folder)

    seen = await outlook(room.tenant_id, room.pool, 30)
    # Two of hers and an answer in each of three chats; two chats wait.
    assert (seen.messages, seen.chats, seen.chats_gone, seen.held, seen.files, seen.bytes) == (9, 3, 1, 2, 1, 4)
    async with room.root.transaction():  # a service that stops leaves the rest to another
        await room.root.execute("select 1 from chat_conversations where tenant_id = $1 for update", room.tenant_id)
        with pytest.raises(RetryRequested):
            await keep_shop(room.tenant_id, room.pool, folder, _stop)
    async with room.root.transaction():  # somebody has it in hand: the next run takes it
        await room.root.execute("select 1 from chat_conversations where id = $1 for update", old.chats["gone"])
        busy = await keep_shop(room.tenant_id, room.pool, folder)
    assert (busy.messages, busy.chats, busy.traces, busy.uploads, busy.strays) == (6, 0, 2, 1, 1)
    assert (busy.events > 0, busy.audit) == (True, 1)
    assert old.chats["gone"] in await _ids(room)
    done = await keep_shop(room.tenant_id, room.pool, folder)
    assert done.counts() == {"messages": 3, "chats": 1, "files": 1}
    assert (await keep_shop(room.tenant_id, room.pool, folder)).counts() == {}
    assert await room.events("keeping_run") == 2

    assert await _ids(room) == set(old.chats.values()) - {old.chats["gone"]}
    left = [
        len(await room.messages("conversation_id = $1", old.chats[who]))
        for who in ("mixed", "waiting", "unwilling", "due")
    ]
    assert left == [1, 4, 0, 1]
    assert not folder.path_of(room.tenant_id, old.picture).exists()
    assert [folder.path_of(room.tenant_id, file).exists() for file in old.files] == [True, False, False]
    now = await _row(room, old.chats["mixed"])
    assert (old.before["unread"], now["unread"]) == (3, 1)
    for column in ("last_message_at", "last_message_preview", "due_at", "outbox_due_at", "needs_human_since"):
        assert now[column] == old.before[column]
    empty = await _row(room, old.chats["unwilling"])
    assert (empty["unread"], empty["last_message_preview"]) == (0, None)
    async with tenant_transaction(room.tenant_id, room.pool) as conn:
        assert not await may_write(room.tenant_id, conn, old.chats["unwilling"], "marketing")
        assert await may_write(room.tenant_id, conn, old.chats["unwilling"], "reminders")
    assert (await _row(room, old.chats["due"]))["due_at"] is not None
    assert neighbours in await _ids(other)  # its messages live for ever


async def test_what_providers_sent_is_a_hash_after_its_days_and_jobs_are_one_a_shop(
    room: Room, folder: MediaFolder, customer: str
) -> None:
    events = [room.inbound(customer, event_id=new_id("evt_")) for _ in range(3)]
    await room.accept(*events)
    for event, days in zip(events, (40, 8, 6), strict=True):
        await room.root.execute(
            "update provider_events set received_at = received_at - make_interval(days => $2) where event_id = $1",
            event["event_id"], days,
        )  # fmt: skip
    await room.root.execute(  # those of other tests come before and are of today
        """insert into keeping_progress (events_to) select min(id) - 1 from provider_events where tenant_id = $1
           on conflict (only_one) do update set events_to = excluded.events_to""",
        room.tenant_id,
    )
    gone_shop = 2_000_000_000
    stray = folder.path_of(gone_shop, uuid4())
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    os.utime(stray, (0, 0))
    assert (await keep_shared(room.pool, folder, 30))["payloads"] >= 1
    assert (await keep_shared(room.pool, folder, 1))["payloads"] >= 1  # never below seven days
    rows = await room.root.fetch(
        "select event_id, body::text as body from provider_events where tenant_id = $1 order by received_at",
        room.tenant_id,
    )
    assert [row["body"] == "{}" for row in rows] == [True, True, False]
    assert [row["event_id"].startswith("sha256:") for row in rows] == [True, True, False]
    assert await room.outcomes(events[2]) == ["duplicate"]
    assert not stray.exists()
    await wish_keeping(room.pool)
    await wish_keeping(room.pool)
    async with platform_transaction(room.pool) as conn:
        jobs = await conn.fetchval(
            "select count(*) from pgqueuer where entrypoint = 'keeping' and dedupe_key = $1",
            f"keeping:{UUID(int=room.tenant_id)}",
        )
        await conn.execute("delete from pgqueuer where entrypoint = 'keeping'")
    assert jobs == 1
