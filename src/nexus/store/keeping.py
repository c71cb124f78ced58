"""What is older than its shop's days goes: messages with their files, traces, events, audit (docs/keeping.md).

Everything in small transactions, the chat locked first as everybody does; what a kill leaves, the next run finds.
Nothing that waits is touched: a burst, a bubble on its way, a chat that needs a person.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Pool, one, platform_transaction, tenant_transaction
from nexus.store.events import record_event

_NIL = UUID(int=0)
_CHATS = 100
_MESSAGES = 500
_ROWS = 1000
_OUTLOOK_SECONDS = 60.0
"""300 000 messages take some three of them on two busy cores."""

# A message past its days, and by our own clock past those in which a provider may repeat it.
_OLD = """(coalesce(m.sent_at, m.created_at) < clock_timestamp() - make_interval(days => {days})
    and m.created_at < clock_timestamp() - interval '7 days'
    and coalesce(m.provider_status, '') not in ('pending', 'sending'))"""
# A chat where nothing is under way, and that waits for nobody.
_QUIET = """(c.needs_human_since is null and c.due_at is null and c.waiting_since is null and c.active_burst_id is null
    and c.merge_into is null and coalesce(c.lease_until < clock_timestamp(), true)
    and coalesce(c.outbox_lease_until < clock_timestamp(), true)
    and not exists (select 1 from chat_messages p where p.conversation_id = c.id
                    and p.provider_status in ('pending', 'sending')))"""
# An empty chat stays while it still says something: a visit to come, a notice she waits for, what she does not want,
# a bot that is silent there.
_STAYS = """(exists (select 1 from appointments a where a.tenant_id = c.tenant_id and a.conversation_id = c.id
            and a.status in ('scheduled', 'confirmed') and a.ends_at > clock_timestamp())
    or exists (select 1 from stock_notices n where n.tenant_id = c.tenant_id and n.conversation_id = c.id
               and n.state = 'waiting')
    or exists (select 1 from consents x where x.tenant_id = c.tenant_id and x.conversation_id = c.id
               and x.state = 'withdrawn' and not exists (
                   select 1 from consents y where y.tenant_id = x.tenant_id and y.conversation_id = x.conversation_id
                     and y.purpose = x.purpose and y.id > x.id))
    or coalesce(c.human_override_until > clock_timestamp(), false))"""
_EMPTY = """(not exists (select 1 from chat_messages e where e.tenant_id = c.tenant_id and e.conversation_id = c.id)
    and c.created_at < clock_timestamp() - make_interval(days => {days}))"""


@dataclass(slots=True)
class Forgotten:
    """What went, and the files whose rows went: theirs is the disk, after the commit."""

    messages: int = 0
    chats: int = 0
    traces: int = 0
    uploads: int = 0
    strays: int = 0
    events: int = 0
    audit: int = 0
    files: list[UUID] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """What there was any of, for the log."""
        names = ("messages", "chats", "traces", "uploads", "strays", "events", "audit")
        found = {name: getattr(self, name) for name in names} | {"files": len(self.files)}
        return {name: count for name, count in found.items() if count}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would go now if messages lived so many days; `held` are chats with old messages that wait for somebody."""

    before: datetime
    messages: int
    chats: int
    chats_gone: int
    files: int
    bytes: int
    held: int


async def outlook(tenant_id: int, pool: Pool, days: int) -> Outlook:
    """Count without touching anything."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row: Any = await conn.fetchrow(
            f"""with old as (
                    select c.id as chat, {_QUIET} as quiet, {_STAYS} as stays, count(*) as messages,
                           array_agg(m.media_id) filter (where m.media_id is not null) as media,
                           not exists (select 1 from chat_messages n where n.tenant_id = $1 and n.conversation_id = c.id
                                       and not {_OLD.format(days="$2").replace("m.", "n.")}) as whole
                    from chat_conversations c join chat_messages m on m.tenant_id = $1 and m.conversation_id = c.id
                    where c.tenant_id = $1 and {_OLD.format(days="$2")}
                    group by c.id)
                select clock_timestamp() - make_interval(days => $2) as before,
                       coalesce(sum(messages) filter (where quiet), 0)::bigint as messages,
                       count(*) filter (where quiet) as chats,
                       count(*) filter (where quiet and whole and not stays) as chats_gone,
                       count(*) filter (where not quiet) as held,
                       (select count(*) from chat_media f where f.tenant_id = $1 and f.id in (
                            select unnest(media) from old where quiet)) as files,
                       (select coalesce(sum(f.byte_size), 0)::bigint from chat_media f where f.tenant_id = $1
                        and f.id in (select unnest(media) from old where quiet)) as bytes
                from old""",  # noqa: S608 - constants
            tenant_id,
            days,
            timeout=_OUTLOOK_SECONDS,
        )
    return Outlook(**dict(row))


async def old_chats(tenant_id: int, pool: Pool, after: UUID | None) -> list[UUID]:
    """The next chats with messages past the shop's days, in the order of their ids; none when they live for ever."""
    async with tenant_transaction(tenant_id, pool) as conn:
        days = await _days(tenant_id, conn, "keep_messages_days")
        if days is None:
            return []
        rows = await conn.fetch(
            f"""select c.id from chat_conversations c
                where c.tenant_id = $1 and c.id > $3 and {_QUIET}
                  and (exists (select 1 from chat_messages m where m.tenant_id = $1 and m.conversation_id = c.id
                               and {_OLD.format(days="$2")})
                       or {_EMPTY.format(days="$2")} and not {_STAYS})
                order by c.id limit $4""",  # noqa: S608 - constants
            tenant_id,
            days,
            after or _NIL,
            _CHATS,
        )
    return [row["id"] for row in rows]


async def forget_chat(tenant_id: int, pool: Pool, conversation_id: UUID, gone: Forgotten) -> bool:
    """A part of what is old in this chat, and the chat itself when nothing is left of it; False when that was all.

    One that somebody has in hand, or that began to wait meanwhile, is left to the next run.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        days = await _days(tenant_id, conn, "keep_messages_days")
        held = await conn.fetchrow(
            f"""select {_STAYS} as stays, clock_timestamp() - make_interval(days => $3) as past
                from chat_conversations c
                where c.tenant_id = $1 and c.id = $2 and {_QUIET} for update skip locked""",  # noqa: S608 - constants
            tenant_id,
            conversation_id,
            days,
        )
        if days is None or held is None:
            return False
        rows = await conn.fetch(
            f"""delete from chat_messages d where d.tenant_id = $1 and d.id in (
                    select m.id from chat_messages m where m.tenant_id = $1 and m.conversation_id = $2
                      and {_OLD.format(days="$3")} limit $4)
                returning d.media_id""",  # noqa: S608 - constants
            tenant_id,
            conversation_id,
            days,
            _MESSAGES,
        )
        files = await _forget_files(tenant_id, conn, [row["media_id"] for row in rows if row["media_id"]])
        whole = len(rows) < _MESSAGES
        if whole:
            await _forget_around(tenant_id, conn, conversation_id, held["past"])
        chats = await _settle_chat(tenant_id, conn, conversation_id, stays=held["stays"]) if whole else 0
    gone.messages += len(rows)
    gone.files += files
    gone.chats += chats
    return not whole


async def forget_traces(tenant_id: int, pool: Pool) -> int:
    """A part of the traces and recordings past the shop's days: what the bot was told, asked and found; how many."""
    async with tenant_transaction(tenant_id, pool) as conn:
        days = await _days(tenant_id, conn, "keep_traces_days")
        if days is None:
            return 0
        recordings = await conn.fetchval(
            """with gone as (
                   delete from burst_recordings where tenant_id = $1 and burst_id in (
                       select burst_id from burst_recordings
                       where tenant_id = $1 and created_at < clock_timestamp() - make_interval(days => $2) limit $3)
                   returning 1)
               select count(*) from gone""",
            tenant_id,
            days,
            _ROWS,
        )
        traces = await conn.fetchval(
            """with gone as (
                   update bursts set trace = null where tenant_id = $1 and id in (
                       select id from bursts where tenant_id = $1 and trace is not null and state <> 'open'
                         and created_at < clock_timestamp() - make_interval(days => $2) limit $3)
                   returning 1)
               select count(*) from gone""",
            tenant_id,
            days,
            _ROWS,
        )
    return max(int(recordings), int(traces))


async def forget_uploads(tenant_id: int, pool: Pool) -> list[UUID]:
    """A part of the files that no message shows, seven days after they came: chosen and never sent, or left over."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """delete from chat_media where tenant_id = $1 and id in (
                   select f.id from chat_media f
                   where f.tenant_id = $1 and f.created_at < clock_timestamp() - interval '7 days'
                     and not exists (select 1 from chat_messages m where m.media_id = f.id) limit $2)
               returning id""",
            tenant_id,
            _ROWS,
        )
    return [row["id"] for row in rows]


async def forget_records(tenant_id: int | None, pool: Pool) -> tuple[int, int]:
    """A part of the events and audit past their days, of the shop, or for None of the platform; how many of each."""
    entered = tenant_transaction(tenant_id, pool) if tenant_id is not None else platform_transaction(pool)
    async with entered as conn:
        row = await one(conn, "select * from forget_records($1)", _ROWS)
    return row["events"], row["audit"]


async def forget_shared(pool: Pool, event_days: int) -> dict[str, int]:
    """A part of what is no single shop's: providers' payloads after `event_days`, ended sessions, used codes, the job
    library's log after 30 days and jobs that were given up as long ago; what there was any of.
    """
    async with platform_transaction(pool) as conn:
        found = dict(await one(conn, "select * from forget_shared($1, $2)", event_days, _ROWS))
        for name, table, condition in (
            ("job_log", "pgqueuer_log", "created < now() - interval '30 days'"),
            ("job_statistics", "pgqueuer_statistics", "created < now() - interval '90 days'"),
            ("given_up_jobs", "pgqueuer", "status = 'failed' and updated < now() - interval '30 days'"),
        ):
            found[name] = await conn.fetchval(
                f"""with gone as (delete from {table} where id in (
                        select id from {table} where {condition} limit $1) returning 1)
                    select count(*) from gone""",  # noqa: S608 - the three above
                _ROWS,
            )
    return {name: count for name, count in found.items() if count}


async def files_without_row(tenant_id: int, pool: Pool, ids: list[UUID]) -> list[UUID]:
    """Those of the ids that no file of the shop has."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select x.id from unnest($2::uuid[]) as x(id)
               where not exists (select 1 from chat_media f where f.tenant_id = $1 and f.id = x.id)""",
            tenant_id,
            ids,
        )
    return [row["id"] for row in rows]


async def tell_run(tenant_id: int | None, pool: Pool, counts: dict[str, int]) -> None:
    """One event a run, of the shop or of the platform, when anything went."""
    if not counts:
        return
    entered = tenant_transaction(tenant_id, pool) if tenant_id is not None else platform_transaction(pool)
    async with entered as conn:
        await record_event(tenant_id, conn, "info", "keeping_run", "Se borró lo que ya cumplió su plazo", counts)


async def _days(tenant_id: int, conn: Connection, column: str) -> int | None:
    days: int | None = await conn.fetchval(
        f"select {column} from tenants where id = $1",  # noqa: S608 - a column of ours
        tenant_id,
    )
    return days


async def _forget_files(tenant_id: int, conn: Connection, ids: list[UUID]) -> list[UUID]:
    """The rows of files that no message shows any more."""
    if not ids:
        return []
    rows = await conn.fetch(
        """delete from chat_media f where f.tenant_id = $1 and f.id = any($2::uuid[])
             and not exists (select 1 from chat_messages m where m.media_id = f.id) returning f.id""",
        tenant_id,
        ids,
    )
    return [row["id"] for row in rows]


async def _forget_around(tenant_id: int, conn: Connection, conversation_id: UUID, past: datetime) -> None:
    """What hung on the messages that went: bursts with their effects, drafts and recordings, handoffs, tries, carts."""
    for statement in (
        """delete from bursts b where b.tenant_id = $1 and b.conversation_id = $2 and b.created_at < $3
           and not exists (select 1 from chat_messages m where m.tenant_id = $1 and m.conversation_id = $2
                           and b.id in (m.burst_id, m.superseded_burst_id))""",
        """delete from handoffs where tenant_id = $1 and conversation_id = $2 and created_at < $3
           and email_state <> 'pending'""",
        "delete from order_tries where tenant_id = $1 and conversation_id = $2 and tried_at < $3",
        """delete from draft_carts where tenant_id = $1 and conversation_id = $2 and settled_at < $3
           and state <> 'intended'""",
        """delete from stock_notices where tenant_id = $1 and conversation_id = $2 and settled_at < $3
           and state <> 'waiting'""",
    ):
        await conn.execute(statement, tenant_id, conversation_id, past)


async def _settle_chat(tenant_id: int, conn: Connection, conversation_id: UUID, *, stays: bool) -> int:
    """The chat as it is without them: what is unread are its newest messages; an empty one goes. How many went."""
    left: Any = await one(
        conn,
        """select count(*) as messages, count(*) filter (where role = 'user') as theirs from chat_messages
           where tenant_id = $1 and conversation_id = $2""",
        tenant_id,
        conversation_id,
    )
    if not left["messages"] and not stays:
        await conn.execute(
            "delete from chat_conversations where tenant_id = $1 and id = $2", tenant_id, conversation_id
        )
        return 1
    await conn.execute(
        """update chat_conversations
           set unread = least(unread, $3), revision = revision + 1,
               last_message_preview = case when $4 then last_message_preview end
           where tenant_id = $1 and id = $2""",
        tenant_id,
        conversation_id,
        left["theirs"],
        bool(left["messages"]),
    )
    return 0
