"""One customer taken out of every table, in one transaction with what has to happen after it (docs/privacy.md).

What services may only add to (events, audit, published versions) is erased by functions of migration 0016.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from nexus.store.announcements import announce
from nexus.store.appointments import load_appointment, set_status
from nexus.store.database import Connection, Pool, Row, notify_work, one, tenant_transaction
from nexus.store.person import Person, Sought, find_person

NOBODY = "Datos borrados"
"""What stands where a person's name stood in an appointment."""
_PATIENCE = 300.0
"""Seconds: a shop of years has millions of events to look through."""
_IDS_UNDER_WAY = 5_000


@dataclass(frozen=True, slots=True)
class Erased:
    """What went, by kind, and the cache's keys to forget; the files to remove stand in `erased_files`."""

    counts: dict[str, int]
    cache_keys: list[str]


@dataclass(frozen=True, slots=True)
class Traces:
    """What `erase_traces` did already: counts by kind, and up to where it looked."""

    counts: dict[str, int]
    seen: list[int]


@dataclass(frozen=True, slots=True)
class _Belongings:
    """Ids of what hangs on the chats."""

    messages: list[Row]
    bursts: list[Row]
    handoffs: list[UUID]
    notices: list[UUID]

    def things(self, person: Person) -> list[str]:
        """Every id by which an event or a job may name them."""
        ids = [*person.chats, *person.appointments, *self.handoffs, *self.notices]
        return [str(one) for one in (*ids, *(row["id"] for row in (*self.messages, *self.bursts)))]

    @property
    def runs(self) -> list[str]:
        rows = (*self.messages, *self.bursts)
        return sorted({row["correlation_id"] for row in rows if row["correlation_id"]})


async def erase_traces(tenant_id: int, pool: Pool, sought: Sought, is_same: Callable[[str, str], bool]) -> Traces:
    """Erase what years of events, logs and audit say of whoever is found, and her own words in the shop's knowledge.

    Nobody waits for it. `erase_person` sees to what has come since.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute("select set_config('nexus.actor', '', true)")  # the audit would write down what goes
        person = await find_person(tenant_id, conn, sought, is_same)
        owned = await _belongings(tenant_id, conn, person)
        answers = await _erase_knowledge(tenant_id, conn, person)
        counts, newest = await _erase_records(tenant_id, conn, person, owned, answers, [0, 0, 0, 0])
    # An id that was given before ours may be committed after.
    return Traces(counts | {"knowledge": len(answers)}, [max(0, last - _IDS_UNDER_WAY) for last in newest])


async def erase_person(
    tenant_id: int,
    pool: Pool,
    sought: Sought,
    is_same: Callable[[str, str], bool],
    traces: Traces,
    settle: Callable[[Connection, Person, dict[str, int]], Awaitable[None]],
) -> Erased | None:
    """Erase whoever is found; `settle(conn, person, counts)` is awaited in the same transaction, as its last act.

    None: a bubble is on its way to WhatsApp right now. Nothing else will go out, no answer of a run under way counts
    any more, and the caller asks again in a moment, as after a deadlock with somebody at work on the same rows.
    Webhooks of the same person wait for the transaction.
    """
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            await conn.execute("select set_config('nexus.actor', '', true)")
            person = await _hold(tenant_id, conn, sought, is_same)
            if await _on_its_way(tenant_id, conn, person):
                await _silence(tenant_id, conn, person)
                return None
            owned = await _belongings(tenant_id, conn, person)
            files = await _erase_files(tenant_id, conn, person, owned)
            await _leave_hashes(tenant_id, conn, owned)
            await _forget_waiting(tenant_id, conn, person, owned)
            appointments = await _erase_appointments(tenant_id, conn, person)
            since, _ = await _erase_records(tenant_id, conn, person, owned, [], traces.seen)
            await _erase_chats(tenant_id, conn, person)
            counts = {"chats": len(person.chats), "messages": len(owned.messages), "files": files, **appointments}
            counts |= {kind: count + since.get(kind, 0) for kind, count in traces.counts.items()}
            await settle(conn, person, counts)
            await notify_work(conn)
    except asyncpg.DeadlockDetectedError:
        return None
    return Erased(counts, _cache_keys(tenant_id, person, owned))


async def _hold(tenant_id: int, conn: Connection, sought: Sought, is_same: Callable[[str, str], bool]) -> Person:
    """The person, her webhooks and her chats locked in the order in which everybody locks them.

    Looked for again once all is held: a run may have booked for her while we waited for its chat.
    """
    held: tuple[set[str], set[UUID]] = set(), set()
    while True:
        person = await find_person(tenant_id, conn, sought, is_same)
        if person.keys <= held[0] and person.chats <= held[1]:
            return person
        held = held[0] | person.keys, held[1] | person.chats
        await conn.execute(  # the lock of accept(), in its order
            """select pg_advisory_xact_lock(hashtextextended(concat($1::int, ':', key), 0))
               from (select unnest($2::text[]) as key order by 1) keys""",
            tenant_id,
            sorted(person.keys),
        )
        await conn.execute(
            "select 1 from chat_conversations where tenant_id = $1 and id = any($2) order by id for update",
            tenant_id,
            list(person.chats),
        )


async def _on_its_way(tenant_id: int, conn: Connection, person: Person) -> bool:
    found: bool = await conn.fetchval(
        """select exists (select 1 from chat_messages where tenant_id = $1 and conversation_id = any($2)
                          and provider_status = 'sending' and sending_until > clock_timestamp())""",
        tenant_id,
        list(person.chats),
    )
    return found


async def _silence(tenant_id: int, conn: Connection, person: Person) -> None:
    chats = list(person.chats)
    await conn.execute(
        """update chat_messages set provider_status = 'discarded', status_code = 'erased', status_at = clock_timestamp()
           where tenant_id = $1 and conversation_id = any($2) and provider_status = 'pending'""",
        tenant_id,
        chats,
    )
    await conn.execute(
        """update chat_conversations set fence = fence + 1, due_at = null, waiting_since = null, active_burst_id = null,
               retry_at = null, lease_until = null, lease_owner = null, outbox_due_at = null, revision = revision + 1
           where tenant_id = $1 and id = any($2)""",
        tenant_id,
        chats,
    )


async def _belongings(tenant_id: int, conn: Connection, person: Person) -> _Belongings:
    chats = list(person.chats)
    messages = await conn.fetch(
        """select id, correlation_id, provider_message_id, provider_id, external_id, client_ref, media_id, media_state
           from chat_messages where tenant_id = $1 and conversation_id = any($2)""",
        tenant_id,
        chats,
    )
    bursts = await conn.fetch(
        "select id, correlation_id from bursts where tenant_id = $1 and conversation_id = any($2)", tenant_id, chats
    )
    handoffs = await conn.fetch(
        "select id from handoffs where tenant_id = $1 and conversation_id = any($2)", tenant_id, chats
    )
    notices = await conn.fetch(
        "select id from stock_notices where tenant_id = $1 and conversation_id = any($2)", tenant_id, chats
    )
    return _Belongings(messages, bursts, [row["id"] for row in handoffs], [row["id"] for row in notices])


async def _erase_files(tenant_id: int, conn: Connection, person: Person, owned: _Belongings) -> int:
    """Rows of her files, and what the disk is to lose: also what is being fetched right now, under its message's id.

    What the shop's people chose themselves and sent to somebody else, too, stays theirs.
    """
    arriving = [row["id"] for row in owned.messages if row["media_state"] is not None]
    gone = await conn.fetch(
        """delete from chat_media f where f.tenant_id = $1
             and (f.id = any($2) or f.id = any($3) and not exists (
                  select 1 from chat_messages m where m.tenant_id = $1 and m.media_id = f.id
                  and m.conversation_id <> all ($4)))
           returning f.id""",
        tenant_id,
        [row["id"] for row in owned.messages],
        [row["media_id"] for row in owned.messages if row["media_id"]],
        list(person.chats),
    )
    files = sorted({*arriving, *(row["id"] for row in gone)})
    await conn.execute(
        """insert into erased_files (tenant_id, media_id) select $1, unnest($2::uuid[])
           on conflict (tenant_id, media_id) do update set erased_at = clock_timestamp()""",
        tenant_id,
        files,
    )
    return len(files)


async def _leave_hashes(tenant_id: int, conn: Connection, owned: _Belongings) -> None:
    names = ("provider_message_id", "provider_id", "external_id", "client_ref")
    await conn.execute(
        """insert into erased_ids (tenant_id, id_hash)
           select distinct $1::int, erased_hash('message', id) from unnest($2::text[]) as x (id)
           on conflict do nothing""",
        tenant_id,
        [row[name] for row in owned.messages for name in names if row[name]],
    )


async def _forget_waiting(tenant_id: int, conn: Connection, person: Person, owned: _Belongings) -> None:
    """Jobs and announcements that name her; a job under way finds nothing any more."""
    await conn.execute(
        """delete from pgqueuer where status <> 'picked'
             and convert_from(payload, 'UTF8')::jsonb->>'tenant_id' = $1
             and convert_from(payload, 'UTF8')::jsonb->>'id' = any($2)""",
        str(tenant_id),
        [str(one) for one in (*owned.handoffs, *owned.notices, *person.appointments)],
    )
    await conn.execute(
        """update pgqueuer_log set traceback = null
           where traceback is not null and (traceback::text like any ($1) or traceback::text like any ($2))""",
        person.needles,
        [f"%{one}%" for one in person.chats],
    )
    await conn.execute(
        """delete from announcements where tenant_id = $1
             and arguments::text like any ($2)""",
        tenant_id,
        [f"%{one}%" for one in person.appointments],
    )


async def _erase_knowledge(tenant_id: int, conn: Connection, person: Person) -> list[str]:
    """Questions that the shop took from her in her own words, unless somebody else asked the same; their ids."""
    rows = await conn.fetch(
        """select a.id, a.question from knowledge_answers a, lateral (select plain(trim(a.question)) as words) q
           where a.tenant_id = $1
             and (regexp_replace(a.question || ' ' || a.answer, '[ .()-]', '', 'g') like any ($3)
                  or exists (select 1 from message_words w join chat_messages m on m.id = w.message_id
                             where w.tenant_id = $1 and w.words = q.words and m.role = 'user'
                               and m.conversation_id = any($2))
                     and not exists (select 1 from message_words w join chat_messages m on m.id = w.message_id
                                     where w.tenant_id = $1 and w.words = q.words and m.role = 'user'
                                       and m.conversation_id <> all ($2)))""",
        tenant_id,
        list(person.chats),
        person.needles,
    )
    await conn.execute(
        "delete from knowledge_answers where tenant_id = $1 and id = any($2)", tenant_id, [row["id"] for row in rows]
    )
    if rows:
        await conn.execute("select erase_published($1)", [row["question"] for row in rows])
    return [str(row["id"]) for row in rows]


async def _erase_appointments(tenant_id: int, conn: Connection, person: Person) -> dict[str, int]:
    """All lose the person; those to come are cancelled. Open agendas hear of it, as of every change."""
    rows = await conn.fetch(
        """update appointments set customer_name = $3, customer_phone = null, title = null, notes = null,
               client_ref = null, conversation_id = null, version = version + 1, updated_at = clock_timestamp()
           where tenant_id = $1 and id = any($2)
           returning id, status in ('scheduled', 'confirmed') and ends_at > clock_timestamp() as to_come, status""",
        tenant_id,
        list(person.appointments),
        NOBODY,
    )
    for row in rows:
        if row["to_come"]:
            await set_status(tenant_id, conn, row["id"], "cancelled")
        elif row["status"] != "cancelled" and (kept := await load_appointment(tenant_id, conn, row["id"])):
            await announce(tenant_id, conn, "APPOINTMENT_UPDATED", [kept.model_dump(mode="json")])
    cancelled = sum(row["to_come"] for row in rows)
    return {"appointments_cancelled": cancelled, "appointments_kept": len(rows) - cancelled}


async def _erase_records(
    tenant_id: int, conn: Connection, person: Person, owned: _Belongings, answers: list[str], after: list[int]
) -> tuple[dict[str, int], list[int]]:
    """Counts by kind, and the newest ids that there were."""
    row = await one(
        conn,
        "select events, logs, audits, newest from erase_records($1, $2, $3, $4, $5, $6)",
        owned.things(person),
        answers,
        owned.runs,
        person.needles,
        [f"%{number}%" for number in person.numbers],
        after,
        timeout=_PATIENCE,
    )
    return {kind: row[kind] for kind in ("events", "logs", "audits")}, row["newest"]


async def _erase_chats(tenant_id: int, conn: Connection, person: Person) -> None:
    """The rows themselves; what hangs on them goes with them."""
    chats = list(person.chats)
    await conn.execute(  # else what she wanted to buy would move into the other half of her chat
        "update chat_conversations set merge_into = null where tenant_id = $1 and merge_into = any($2)",
        tenant_id,
        chats,
    )
    await conn.execute(
        "delete from chat_conversations where tenant_id = $1 and id = any($2)",
        tenant_id,
        chats,
        timeout=_PATIENCE,
    )


def _cache_keys(tenant_id: int, person: Person, owned: _Belongings) -> list[str]:
    """Redis keys of contract.md 6 that are hers."""
    chats = [f"{kind}:chat:{chat}" for chat in person.chats for kind in ("lock", "override")]
    seen = [f"dedup:whatsapp:{row['provider_message_id']}" for row in owned.messages if row["provider_message_id"]]
    return [*chats, *seen, *(f"session:user:{tenant_id}:{key}" for key in person.keys)]


async def files_to_remove(tenant_id: int, pool: Pool) -> list[UUID | None]:
    """Files whose rows were erased; None stands for the folder of a shop that is no more."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch("select media_id from erased_files where tenant_id = $1", tenant_id)
    return [row["media_id"] for row in rows]


async def files_removed(tenant_id: int, pool: Pool, after: timedelta) -> None:
    """Forget what has been removed for so long that no writer can bring it back."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            "delete from erased_files where tenant_id = $1 and erased_at < clock_timestamp() - $2::interval",
            tenant_id,
            after,
        )


async def erasures_to_finish(pool: Pool, keep_hashes: timedelta) -> list[int]:
    """Tenants that have files to remove; hashes of ids older than `keep_hashes` are dropped on the way."""
    async with pool.acquire(timeout=5) as conn:
        return [row[0] for row in await conn.fetch("select erasures_to_finish($1)", keep_hashes)]
