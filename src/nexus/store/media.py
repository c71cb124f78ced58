"""Files that messages bring, and the words of voice notes: a queue on the message rows, worked off by any gateway."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, notify_work, tenant_transaction
from nexus.store.events import record_event

LEASE = timedelta(seconds=30)
"""Longer than fetching and transcribing may take: a row still leased past it lost its worker."""
TOO_SLOW = "too_slow"
"""The words did not come while the burst waited for them; late ones are still kept."""


@dataclass(frozen=True, slots=True)
class MediaTask:
    """One message whose file or words are missing. `age_seconds` counts from its acceptance."""

    message_id: UUID
    tenant_id: int
    media_type: str
    link: str | None
    mime_type: str | None
    sha256: str | None
    file_name: str | None
    provider_media_id: str | None
    stored: bool
    stored_mime: str | None
    seconds: float | None
    wants_words: bool
    attempts: int
    age_seconds: float
    correlation_id: str | None
    store_name: str
    vocabulary: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is on our disk under its final name."""

    storage_url: str
    mime_type: str
    byte_size: int
    sha256: str
    seconds: float | None


async def claim_media(pool: Pool, limit: int) -> list[tuple[int, UUID]]:
    """Up to `limit` (tenant, message) of any tenant whose file or words are due, leased to us."""
    async with pool.acquire(timeout=5) as conn:
        rows = await conn.fetch("select * from claim_media($1, $2)", limit, LEASE)
    return [(row["tenant_id"], row["message_id"]) for row in rows]


async def next_media(pool: Pool) -> float | None:
    """Seconds until the next file may be claimed; None when none waits."""
    async with pool.acquire(timeout=5) as conn:
        due: float | None = await conn.fetchval("select next_media()")
    return due


async def load_task(tenant_id: int, pool: Pool, message_id: UUID) -> MediaTask | None:
    """What is to be done for a claimed message; None when nothing is any more."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select m.*, t.store_name, coalesce(t.voice_vocabulary, '') as vocabulary, f.mime_type as stored_mime,
                      f.seconds, extract(epoch from clock_timestamp() - m.created_at)::float8 as age_seconds
               from chat_messages m join tenants t on t.id = m.tenant_id left join chat_media f on f.id = m.media_id
               where m.id = $1 and m.media_due_at is not null""",
            message_id,
        )
    if row is None:
        return None
    media: dict[str, Any] = json.loads(row["payload"] or "{}").get("media", {})
    return MediaTask(
        message_id=message_id,
        tenant_id=tenant_id,
        media_type=row["message_type"],
        link=media.get("link"),
        mime_type=media.get("mime_type"),
        sha256=media.get("sha256"),
        file_name=media.get("name"),
        provider_media_id=media.get("id"),
        stored=row["media_id"] is not None,
        stored_mime=row["stored_mime"],
        seconds=row["seconds"],
        wants_words=row["words_state"] == "waiting" or row["words_problem"] == TOO_SLOW,
        attempts=row["media_attempts"],
        age_seconds=row["age_seconds"],
        correlation_id=row["correlation_id"],
        store_name=row["store_name"],
        vocabulary=row["vocabulary"],
    )


async def file_stored(tenant_id: int, pool: Pool, task: MediaTask, file: StoredFile) -> bool:
    """The file is ours: its row, and the message that shows it. Twice (a worker died between) is once.

    False when there is no such message any more: its customer was erased while the file came, and so must it be.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if await _lock_chat(tenant_id, conn, task.message_id) is None:
            return False
        await conn.execute(
            """insert into chat_media (id, tenant_id, storage_url, media_type, provider_media_id, mime_type, file_name,
                                       byte_size, sha256, seconds)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               on conflict (id) do update set byte_size = excluded.byte_size, sha256 = excluded.sha256""",
            task.message_id,
            tenant_id,
            file.storage_url,
            task.media_type,
            task.provider_media_id,
            file.mime_type,
            task.file_name,
            file.byte_size,
            file.sha256,
            file.seconds,
        )
        await conn.execute(
            """update chat_messages set media_id = $1, media_state = 'stored', media_problem = null,
                   media_due_at = case when $2 then media_due_at end,
                   media_lease_until = case when $2 then media_lease_until end,
                   words_state = case when $2 then 'waiting' else words_state end
               where id = $1""",
            task.message_id,
            task.wants_words,
        )
        await notify_work(conn)
    return True


async def fetch_again(tenant_id: int, pool: Pool, task: MediaTask, after_seconds: float, problem: str) -> None:
    """The file could not be had now and may be had later."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """update chat_messages set media_due_at = clock_timestamp() + make_interval(secs => $2),
                   media_lease_until = null, media_problem = $3 where id = $1""",
            task.message_id,
            after_seconds,
            problem,
        )


async def let_go(tenant_id: int, pool: Pool, task: MediaTask) -> None:
    """Whoever had it in hand stops before it is done, which was no try: another may take it at once."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """update chat_messages set media_lease_until = null, media_attempts = greatest(media_attempts - 1, 0)
               where id = $1 and media_due_at is not null""",
            task.message_id,
        )
        await notify_work(conn)


async def file_failed(tenant_id: int, pool: Pool, task: MediaTask, problem: str) -> None:
    """The file will not come; a voice note without file has no words either."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await _lock_chat(tenant_id, conn, task.message_id)
        await conn.execute(
            """update chat_messages set media_state = 'failed', media_problem = $2, media_due_at = null,
                   media_lease_until = null,
                   words_problem = case when words_state is not null then 'no_file' end,
                   words_state = case when words_state is not null then 'failed' end
               where id = $1""",
            task.message_id,
            problem,
        )
        await record_event(
            tenant_id,
            conn,
            "warn",
            "media_failed",
            "No se pudo guardar un archivo que mandó un cliente",
            {"message_id": task.message_id, "type": task.media_type, "problem": problem},
            task.correlation_id,
        )
        await notify_work(conn)


async def words_done(tenant_id: int, pool: Pool, task: MediaTask, words: str) -> None:
    """What the voice note says becomes the message's words, in the list of chats, too, while it is the newest."""
    async with tenant_transaction(tenant_id, pool) as conn:
        conversation_id = await _lock_chat(tenant_id, conn, task.message_id)
        await conn.execute(
            """update chat_messages set content = $2, words_state = 'done', words_problem = null, media_due_at = null,
                   media_lease_until = null where id = $1""",
            task.message_id,
            words,
        )
        await conn.execute(
            """update chat_conversations set last_message_preview = left($3, 160)
               where id = $1 and not exists (select 1 from chat_messages n
                   where n.conversation_id = $1 and n.role <> 'system' and n.message_type <> 'reaction'
                     and n.seq > (select seq from chat_messages where id = $2))""",
            conversation_id,
            task.message_id,
            words,
        )
        await notify_work(conn)


async def words_failed(tenant_id: int, pool: Pool, task: MediaTask, problem: str) -> None:
    """No words: the burst goes on with a visible placeholder, and a person may try again."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await _lock_chat(tenant_id, conn, task.message_id)
        await conn.execute(
            """update chat_messages set words_state = 'failed', words_problem = $2, media_due_at = null,
                   media_lease_until = null where id = $1""",
            task.message_id,
            problem,
        )
        await record_event(
            tenant_id,
            conn,
            "warn",
            "transcription_failed",
            "No se pudo pasar a texto un audio",
            {"message_id": task.message_id, "problem": problem},
            task.correlation_id,
        )
        await notify_work(conn)


async def burst_waits(tenant_id: int, pool: Pool, burst_id: UUID) -> bool:
    """Whether a file or a voice note of this burst is still on its way."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return bool(
            await conn.fetchval(
                """select exists (select 1 from chat_messages where tenant_id = $1 and burst_id = $2
                       and (media_state = 'waiting' or words_state = 'waiting'))""",
                tenant_id,
                burst_id,
            )
        )


async def go_on_without_words(tenant_id: int, pool: Pool, burst_id: UUID) -> int:
    """The burst waits no longer for its voice notes; how many it goes without."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """select 1 from chat_conversations c join bursts b on b.conversation_id = c.id
               where b.id = $1 for update of c""",
            burst_id,
        )
        given_up = await conn.fetch(
            """update chat_messages set words_state = 'failed', words_problem = $3
               where tenant_id = $1 and burst_id = $2 and words_state = 'waiting' returning id""",
            tenant_id,
            burst_id,
            TOO_SLOW,
        )
    return len(given_up)


async def _lock_chat(tenant_id: int, conn: Connection, message_id: UUID) -> UUID | None:
    """Conversation row first, always (two chats may be joined meanwhile); each call is a change to show."""
    conversation_id: UUID | None = await conn.fetchval(
        """update chat_conversations set revision = revision + 1
           where tenant_id = $1 and id = (select conversation_id from chat_messages where id = $2) returning id""",
        tenant_id,
        message_id,
    )
    return conversation_id
