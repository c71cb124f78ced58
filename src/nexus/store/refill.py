"""Rows of a backup put into an empty database, in one transaction (docs/decisions/0020)."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from nexus.store.database import Connection, one
from nexus.store.dump import TableShape

# What an `up` writes before there is any shop or person; replaced by the backup's.
_BOOKKEEPING = (
    "schema_migrations",
    "system_events",
    "pgqueuer",
    "pgqueuer_log",
    "pgqueuer_schedules",
    "pgqueuer_statistics",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work of the moment of the backup that the services find when they start."""

    bubbles: int
    chats: int


async def other_sessions(conn: Connection) -> int:
    """How many sessions of services this database has."""
    return int(
        await conn.fetchval(
            "select count(*) from pg_stat_activity where datname = current_database() and usename = 'nexus_app'"
        )
    )


async def filled_table(conn: Connection) -> str | None:
    """The name of a table that holds something; None in an empty install, migrated or not."""
    for row in await conn.fetch(
        """select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
             and relname <> all ($1) order by relname = 'tenants' desc, relname""",
        _BOOKKEEPING,
    ):
        name: str = row["relname"]
        if await conn.fetchval(f'select exists (select 1 from public."{name}")'):  # noqa: S608 - of the catalogue
            return name
    return None


async def remove_schema(conn: Connection) -> None:
    """Drop the empty tables, and the rest of our two roles, so that older migrations can run from the first on."""
    await conn.execute(
        """do $$
        declare
            statement text;
            statements text[] := array(  -- all before the first: what a function's body is bound to takes it along
                select format('drop %s if exists public.%I cascade',
                              case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
                              c.relname)
                from pg_class c
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
                  and c.relowner in ('nexus_owner'::regrole, 'nexus_dispatch'::regrole)
                  and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
                union all
                select format('drop routine if exists %s cascade', p.oid::regprocedure)
                from pg_proc p
                where p.pronamespace = 'public'::regnamespace
                  and p.proowner in ('nexus_owner'::regrole, 'nexus_dispatch'::regrole)
                  and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
                union all
                select format('drop type if exists public.%I cascade', t.typname)
                from pg_type t
                where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
                  and t.typowner in ('nexus_owner'::regrole, 'nexus_dispatch'::regrole)
                  and not exists (select 1 from pg_depend d where d.objid = t.oid and d.deptype = 'e')
                union all
                select format('drop text search configuration if exists public.%I cascade', c.cfgname)
                from pg_ts_config c
                where c.cfgnamespace = 'public'::regnamespace
                  and c.cfgowner in ('nexus_owner'::regrole, 'nexus_dispatch'::regrole)
                  and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
            );
        begin
            foreach statement in array statements loop
                execute statement;
            end loop;
        end $$"""
    )


class Refill:
    """Between `open` and `close`, in one transaction, rows go in unchecked and untouched by triggers."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._tables: list[str] = []
        self._forced: list[str] = []
        self._keys: list[tuple[str, str, str]] = []
        self._indexes: list[str] = []

    async def open(self) -> None:
        """Empty every table; foreign keys, indexes, triggers and the owner's row security are off until `close`.

        COPY refuses tables with row security; all of it is undone with the transaction.
        """
        rows = await self._conn.fetch(
            """select format('public.%I', relname) as name, relforcerowsecurity as forced from pg_class
               where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'
                 and relowner = 'nexus_owner'::regrole"""
        )
        self._tables = [row["name"] for row in rows]
        self._forced = [row["name"] for row in rows if row["forced"]]
        keys = await self._conn.fetch(
            """select conrelid::regclass::text as name, format('%I', conname) as key, pg_get_constraintdef(oid) as rule
               from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace"""
        )
        self._keys = [(row["name"], row["key"], row["rule"]) for row in keys]
        await self._alter([f"{name} drop constraint {key}" for name, key, _ in self._keys])
        await self._drop_indexes()
        await self._alter([f"{name} no force row level security" for name in self._forced])
        await self._alter([f"{name} disable trigger user" for name in self._tables])
        await self._conn.execute(f"truncate {', '.join(self._tables)}")

    async def copy_in(self, table: TableShape, parts: AsyncIterator[bytes]) -> int:
        """Put a table's COPY text in; how many rows."""
        status = await self._conn.copy_to_table(
            table.name, schema_name="public", columns=table.columns, source=parts, encoding="UTF8"
        )
        return int(status.split()[-1])

    async def close(self, sequences: dict[str, int]) -> None:
        """All rules hold again, checked against the rows; sequences go on where they were."""
        await self._conn.execute("set local maintenance_work_mem = '256MB'")
        for definition in self._indexes:
            await self._conn.execute(definition)
        await self._alter([f"{name} add constraint {key} {rule}" for name, key, rule in self._keys])
        await self._alter([f"{name} enable trigger user" for name in self._tables])
        await self._alter([f"{name} force row level security" for name in self._forced])
        for name, value in sequences.items():
            await self._conn.execute("select setval(format('public.%I', $1::text)::regclass, $2)", name, value)

    async def waiting(self) -> Waiting:
        """What the services will go on with."""
        row: Any = await one(
            self._conn,
            """select (select count(*) from chat_messages
                       where delivery = 'outbox' and provider_status in ('pending', 'sending')) as bubbles,
                      (select count(*) from chat_conversations where claim_at is not null) as chats""",
        )
        return Waiting(row["bubbles"], row["chats"])

    async def discard_waiting(self) -> Waiting:
        """Nothing of it goes out or is answered by itself: bubbles are discarded, questions parked for a person, with
        an event for each shop that had any. What there was.
        """
        found = await self.waiting()
        # A parked burst has its messages, so that it can be tried again.
        await self._conn.execute(
            """with asked as (
                   select tenant_id, conversation_id, min(created_at) as at from chat_messages
                   where awaits_answer and burst_id is null and delivery = 'outbox' group by 1, 2),
               made as (
                   insert into bursts (tenant_id, conversation_id, delivery, state, reason, first_accepted_at,
                                       finished_at)
                   select tenant_id, conversation_id, 'outbox', 'parked', 'restored', at, now() from asked
                   returning id, conversation_id)
               update chat_messages m set burst_id = made.id from made
               where m.conversation_id = made.conversation_id and m.awaits_answer and m.burst_id is null
                 and m.delivery = 'outbox'"""
        )
        await self._conn.execute(
            """update bursts set state = 'parked', reason = 'restored', in_hand = false, finished_at = now()
               where id in (select active_burst_id from chat_conversations where claim_at is not null)"""
        )
        await self._conn.execute(
            """with chats as (
                   update chat_conversations
                   set active_burst_id = null, retry_at = null, due_at = null, waiting_since = null, lease_until = null,
                       lease_owner = null, needs_human_since = coalesce(needs_human_since, now()),
                       needs_human_reason = coalesce(needs_human_reason, 'burst_parked'), revision = revision + 1
                   where claim_at is not null returning tenant_id),
               bubbles as (
                   update chat_messages set provider_status = 'discarded', status_code = 'restored', status_at = now()
                   where delivery = 'outbox' and provider_status in ('pending', 'sending') returning tenant_id),
               told as (
                   select tenant_id, sum(chats) as chats, sum(bubbles) as bubbles from (
                       select tenant_id, 1 as chats, 0 as bubbles from chats
                       union all select tenant_id, 0, 1 from bubbles) x group by tenant_id)
               insert into system_events (tenant_id, level, event_type, message, metadata)
               select tenant_id, 'warn', 'restore_discarded',
                      'Se restauró una copia: nada de lo que esperaba sale ni se contesta solo',
                      jsonb_build_object('chats', chats, 'bubbles', bubbles) from told"""
        )
        await self._conn.execute(
            "update chat_conversations set outbox_due_at = null, outbox_lease_until = null, outbox_owner = null"
            " where outbox_due_at is not null"
        )
        return found

    async def _drop_indexes(self) -> None:
        """Those that no constraint stands on; made over full tables they cost a fraction, the trigrams' above all."""
        rows = await self._conn.fetch(
            """select format('public.%I', c.relname) as name, pg_get_indexdef(c.oid) as definition
               from pg_index i join pg_class c on c.oid = i.indexrelid
               where c.relnamespace = 'public'::regnamespace and c.relowner = 'nexus_owner'::regrole
                 and not exists (select 1 from pg_constraint k where k.conindid = c.oid)"""
        )
        self._indexes = [row["definition"] for row in rows]
        if rows:
            await self._conn.execute(f"drop index {', '.join(row['name'] for row in rows)}")

    async def _alter(self, changes: Iterable[str]) -> None:
        for change in changes:
            await self._conn.execute(f"alter table {change}")


async def gather_statistics(conn: Connection, tables: Iterable[TableShape]) -> None:
    """What the planner needs to know of tables that were just filled."""
    await conn.execute(f"analyze {', '.join(table.name for table in tables)}")
