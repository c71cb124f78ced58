"""The list of chats: pages, tabs and their counts, one chat, and whether anything of it changed (contract.md 4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from nexus.store.database import Connection, Pool, one, records, tenant_transaction
from nexus.store.inbox_search import Found

Tab = Literal["all", "unread", "human", "bot"]

_COLUMNS = """c.id, c.tenant_id, c.channel, c.external_user_id, c.display_name, c.wa_address, c.status,
    c.human_override_until, c.override_cause, c.override_since, c.override_author, c.override_reason,
    c.last_message_at, c.last_message_preview, c.unread, c.needs_human_since, c.needs_human_reason,
    c.last_inbound_at + interval '24 hours' as window_expires_at"""
# A person is needed, or the bot is silent: the tab "human"; every other chat is the bot's.
_HUMAN = "(c.needs_human_since is not null or coalesce(c.human_override_until > clock_timestamp(), false))"
_TABS: dict[Tab, str] = {"all": "true", "unread": "c.unread > 0", "human": _HUMAN, "bot": f"not {_HUMAN}"}
# A message of the chat has all of these words, asked of one chat after another until the page is full: the limit keeps
# the planner from reading every message first.
_SAYS = """($7::text[] is not null and coalesce((
    select true from chat_messages m
    join message_words w on w.message_id = m.id
    where m.tenant_id = c.tenant_id and m.conversation_id = c.id and w.words like all ($7)
    order by coalesce(m.sent_at, m.created_at) desc, m.seq desc limit 1), false))"""
# What the newest message says of a chat, and since when nobody has answered, of the rows that are shown. Answers go by
# the order in which messages came: what came while an answer was written has none, and seq is in an index that
# row-level security lets it use.
_DETAILS = """c.*, p.user_id as assignee_id, p.email as assignee_email, p.name as assignee_name,
    case when is_off(c.human_override_until) then 'off'
         when c.human_override_until > clock_timestamp() then 'paused' else 'on' end as bot,
    array(select row(l.id, l.name) from conversation_labels x
          join labels l on l.tenant_id = x.tenant_id and l.id = x.label_id
          where x.tenant_id = c.tenant_id and x.conversation_id = c.id order by lower(l.name)) as labels,
    newest.role as last_role, newest.author as last_message_author, waits.since as waiting_since"""
_AROUND = """left join tenant_people() p on p.user_id = c.assigned_to
    left join lateral (
        select m.role, m.author from chat_messages m
        where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.role <> 'system'
          and m.message_type <> 'reaction'
        order by coalesce(m.sent_at, m.created_at) desc, m.seq desc limit 1) newest on true
    left join lateral (
        select m.seq from chat_messages m
        where newest.role = 'user' and m.tenant_id = c.tenant_id and m.conversation_id = c.id
          and m.role = 'assistant' and m.kind <> 'history' and m.provider_status is distinct from 'failed'
          and m.provider_status is distinct from 'discarded'
        order by m.seq desc limit 1) answered on true
    left join lateral (
        select min(coalesce(m.sent_at, m.created_at)) as since from chat_messages m
        where newest.role = 'user' and m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.role = 'user'
          and m.message_type <> 'reaction' and m.kind <> 'history'
          and m.seq > coalesce(answered.seq, 0)) waits on true"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which chats: of a tab, of a person (0 is nobody), with a label, among those that a search found."""

    tab: Tab = "all"
    assigned: int | None = None
    label: int | None = None
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a list was answered from: every transaction of `snapshot` is in it, and every pause that ended before `at`.

    `snapshot` is PostgreSQL's own text of it.
    """

    snapshot: str
    at: datetime


async def list_moment(tenant_id: int, pool: Pool) -> Seen:
    """Now, to be kept with a list that is read afterwards: what changes meanwhile makes it stale, never missed."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await one(conn, "select pg_current_snapshot()::text as snapshot, clock_timestamp() as at")
    return Seen(row["snapshot"], row["at"])


async def list_is_as_seen(tenant_id: int, pool: Pool, seen: Seen) -> bool:
    """Whether no chat of the tenant has changed since; what no server wrote was never seen."""
    try:
        async with tenant_transaction(tenant_id, pool) as conn:
            same: bool = await conn.fetchval(
                "select chats_as_seen($1, $2::text::pg_snapshot, $3)", tenant_id, seen.snapshot, seen.at
            )
    except asyncpg.DataError:
        return False
    return same


async def list_chats(
    tenant_id: int,
    pool: Pool,
    *,
    limit: int,
    before: tuple[datetime | None, UUID] | None = None,
    filters: Filters = Filters(),
) -> list[dict[str, Any]]:
    """Newest first, chats without a message last, after the (last_message_at, id) of the previous page's last row."""
    at, chat_id = before or (None, None)
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            f"""with page as (
                    select {_COLUMNS}, c.assigned_to from chat_conversations c
                    where ($2::uuid is null
                           or $1::timestamptz is null and last_message_at is null and id > $2
                           or $1 is not null and (last_message_at < $1 or last_message_at = $1 and id > $2
                                                  or last_message_at is null))
                      and {_filtered(filters)} and ($6::uuid[] is null or c.id = any($6) or {_SAYS})
                      and {_TABS[filters.tab]}
                    order by last_message_at desc nulls last, id limit $3)
                select {_DETAILS} from page c {_AROUND}
                order by c.last_message_at desc nulls last, c.id""",  # noqa: S608 - constants
            at,
            chat_id,
            limit,
            filters.assigned,
            filters.label,
            None if filters.found is None else filters.found.chats,
            filters.found.patterns if filters.found and filters.found.everywhere else None,
        )
    return [_chat(row) for row in records(rows)]


async def count_chats(tenant_id: int, pool: Pool, filters: Filters = Filters()) -> dict[str, int]:
    """How many chats each tab has, among those of the person and the label; a search counts for nothing."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await one(
            conn,
            f"""select count(*) as "all", count(*) filter (where {_TABS["unread"]}) as unread,
                       count(*) filter (where {_TABS["human"]}) as human, count(*) filter (where {_TABS["bot"]}) as bot
                from chat_conversations c
                where {_filtered(filters, first=1)}""",  # noqa: S608 - constants
            filters.assigned,
            filters.label,
        )
    return dict(row)


def _filtered(filters: Filters, first: int = 4) -> str:
    """The condition that the filters make, their values in the parameters $first and the next."""
    person, label = f"${first}::integer", f"${first + 1}::integer"
    assigned = f"c.assigned_to is null and {person} = 0" if filters.assigned == 0 else f"c.assigned_to = {person}"
    labelled = f"""exists (select 1 from conversation_labels x where x.tenant_id = c.tenant_id
                           and x.conversation_id = c.id and x.label_id = {label})"""  # noqa: S608 - numbers of parameters
    return f"({person} is null or {assigned}) and ({label} is null or {labelled})"


async def load_chat(tenant_id: int, pool: Pool, conversation_id: UUID) -> dict[str, Any] | None:
    """One chat as in the list, or None."""
    async with tenant_transaction(tenant_id, pool) as conn:
        return await read_chat(tenant_id, conn, conversation_id)


async def read_chat(tenant_id: int, conn: Connection, conversation_id: UUID) -> dict[str, Any] | None:
    """As `load_chat`, in the caller's transaction."""
    row = await conn.fetchrow(
        f"""with page as (select {_COLUMNS}, c.assigned_to from chat_conversations c
                          where c.tenant_id = $1 and c.id = $2)
            select {_DETAILS} from page c {_AROUND}""",  # noqa: S608 - constants
        tenant_id,
        conversation_id,
    )
    return _chat(dict(row)) if row else None


def _chat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its parts put together: who has it, its labels, which way the last message went."""
    assignee = {name: row.pop(f"assignee_{column}") for name, column in _ASSIGNEE}
    direction = {"user": "in", "assistant": "out"}.get(row.pop("last_role") or "")
    return row | {
        "assigned_to": assignee if assignee["user_id"] is not None else None,
        "labels": [{"id": label[0], "name": label[1]} for label in row["labels"]],
        "last_message_direction": direction,
    }


_ASSIGNEE = (("user_id", "id"), ("email", "email"), ("name", "name"))
