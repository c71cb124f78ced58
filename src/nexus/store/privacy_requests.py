"""Who asked for whose data, or for its end, and what became of it (docs/privacy.md)."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from nexus.store.database import Connection, Pool, Row, tenant_transaction
from nexus.store.events import record_event
from nexus.store.jobs import PRIVACY_REQUEST, enqueue

Kind = Literal["export", "erase", "erase_shop"]
Source = Literal["panel", "cli", "tiendanube"]
State = Literal["open", "done", "cancelled"]
_REPEATS_FOR = timedelta(days=3)
"""Tienda Nube tries for 48 hours (tiendanube.md 1.5): what comes again within this time is the same request."""
_MOST = 200
_EVENTS = {
    "export": "Alguien pidió sus datos",
    "erase": "Alguien pidió que se borren los datos de una persona",
    "erase_shop": "Alguien pidió que se borre la tienda entera: el bot quedó apagado",
}


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as it comes. `same_as` tells repeats of one webhook apart from another; `after` is when work begins."""

    kind: Kind
    source: Source
    asked_by: str
    subject: dict[str, Any] = field(default_factory=dict)
    person_hash: str | None = None
    same_as: str | None = None
    due_in: timedelta | None = None
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """A request as it stands; `subject` is empty once the person is erased."""

    id: UUID
    tenant_id: int
    kind: Kind
    source: Source
    asked_by: str
    asked_at: datetime
    state: State
    due_at: datetime | None
    done_at: datetime | None
    done_by: str | None
    subject: dict[str, Any]
    counts: dict[str, int]


_COLUMNS = ", ".join(PrivacyRequest.__slots__)


async def add_request(tenant_id: int, pool: Pool, new: NewRequest) -> UUID | None:
    """Keep the request and queue its work in the same transaction; None when it is a repeat of one that is known.

    An export waits for a person and has no job. A shop's erasure turns its bot off at once.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        if new.same_as and await _is_known(tenant_id, conn, new.same_as):
            return None
        subject = new.subject
        if new.kind == "erase_shop":
            was_on = await conn.fetchval("select bot_enabled from tenants where id = $1 for update", tenant_id)
            subject = subject | {"bot_was_on": was_on}
            await conn.execute("update tenants set bot_enabled = false, updated_at = now() where id = $1", tenant_id)
        request_id: UUID | None = await conn.fetchval(
            """insert into privacy_requests (tenant_id, kind, source, asked_by, subject, person_hash, same_as, due_at)
               values ($1, $2, $3, $4, $5::jsonb, $6, $7, clock_timestamp() + $8::interval)
               on conflict (tenant_id, same_as) where state = 'open' do nothing returning id""",
            tenant_id,
            new.kind,
            new.source,
            new.asked_by,
            json.dumps(subject, default=str),
            new.person_hash,
            new.same_as,
            new.due_in,
        )
        if request_id is None:
            return None
        if new.kind != "export":
            await enqueue(tenant_id, conn, PRIVACY_REQUEST, request_id, after=new.after)
        if new.source == "tiendanube" or new.kind == "erase_shop":
            told = {"request_id": request_id, "source": new.source}
            await record_event(tenant_id, conn, "warn", "privacy_request", _EVENTS[new.kind], told)
    return request_id


async def _is_known(tenant_id: int, conn: Connection, same_as: str) -> bool:
    found: bool = await conn.fetchval(
        """select exists (select 1 from privacy_requests where tenant_id = $1 and same_as = $2
                          and (state = 'open' or asked_at > clock_timestamp() - $3::interval))""",
        tenant_id,
        same_as,
        _REPEATS_FOR,
    )
    return found


async def load_request(tenant_id: int, pool: Pool, request_id: UUID) -> PrivacyRequest | None:
    """The request, or None."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            f"select {_COLUMNS} from privacy_requests where tenant_id = $1 and id = $2",  # noqa: S608
            tenant_id,
            request_id,
        )
    return _request(row) if row else None


async def list_requests(tenant_id: int, pool: Pool) -> list[PrivacyRequest]:
    """The open ones first, by when they are due; then the newest, at most 200."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            f"""select {_COLUMNS} from privacy_requests where tenant_id = $1
                order by state <> 'open', case when state = 'open' then due_at end, asked_at desc
                limit {_MOST}""",  # noqa: S608 - its own columns
            tenant_id,
        )
    return [_request(row) for row in rows]


async def note_export(tenant_id: int, pool: Pool, source: Source, who: str, person_hash: str | None) -> None:
    """Somebody took a person's data with them: that is written down, too."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """insert into privacy_requests (tenant_id, kind, source, asked_by, person_hash, state, done_at, done_by)
               values ($1, 'export', $2, $3, $4, 'done', clock_timestamp(), $3)""",
            tenant_id,
            source,
            who,
            person_hash,
        )


async def close_request(
    tenant_id: int, pool: Pool, request_id: UUID, state: Literal["done", "cancelled"], who: str
) -> bool:
    """What was open is done or called off, by whom; False when it was not open. A shop gets its bot back as it was."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """update privacy_requests set state = $3, done_at = clock_timestamp(), done_by = $4
               where tenant_id = $1 and id = $2 and state = 'open' returning kind, subject""",
            tenant_id,
            request_id,
            state,
            who,
        )
        if row is None:
            return False
        if row["kind"] == "erase_shop" and json.loads(row["subject"]).get("bot_was_on"):
            await conn.execute("update tenants set bot_enabled = true, updated_at = now() where id = $1", tenant_id)
        told = {"request_id": request_id, "who": who}
        text = "Un pedido de privacidad quedó hecho" if state == "done" else "Un pedido de privacidad se canceló"
        await record_event(tenant_id, conn, "info", "privacy_request", text, told)
    return True


async def settle_erasure(
    tenant_id: int, conn: Connection, request_id: UUID, keys: set[str], person_hash: str | None, counts: dict[str, int]
) -> None:
    """In the erasure's own transaction: the request is done and, as every other of that person, says no more of whom.

    `keys` are the person's. Requests of hers that were open are over: there is nothing left to hand out.
    """
    await conn.execute(
        """update privacy_requests
           set subject = '{}', person_hash = coalesce($4, person_hash),
               state = case when state <> 'open' then state when kind = 'erase' then 'done' else 'cancelled' end,
               done_at = coalesce(done_at, clock_timestamp()), done_by = coalesce(done_by, asked_by),
               counts = case when id = $2 then $5::jsonb else counts end
           where tenant_id = $1
             and (id = $2 or subject->>'key' = any($3)
                  or lower(subject->>'email') = (select lower(r.subject->>'email') from privacy_requests r
                                                 where r.tenant_id = $1 and r.id = $2))""",
        tenant_id,
        request_id,
        list(keys),
        person_hash,
        json.dumps(counts),
    )


async def waiting_requests(tenant_id: int, pool: Pool) -> list[PrivacyRequest]:
    """Open requests for data and of a shop's end: what the health page tells."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            f"""select {_COLUMNS} from privacy_requests
                where tenant_id = $1 and state = 'open' and kind <> 'erase' order by due_at""",  # noqa: S608
            tenant_id,
        )
    return [_request(row) for row in rows]


def _request(row: Row) -> PrivacyRequest:
    return PrivacyRequest(**(dict(row) | {"subject": json.loads(row["subject"]), "counts": json.loads(row["counts"])}))
