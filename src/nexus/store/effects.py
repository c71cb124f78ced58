"""What tools and people do that must happen once: tool_effects, handoffs (architecture.md 1 idea 5)."""

import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from nexus.store.database import Connection, Pool, Store, tenant_transaction
from nexus.store.events import record_event
from nexus.store.jobs import HANDOFF_EMAIL, enqueue
from nexus.store.live_tests import forget_test
from nexus.store.lockout import add_line, begin_lockout
from nexus.store.replies import StaleFenceError
from nexus.store.secrets import Vault, seal, unseal

DEFAULT_HANDOFF_MESSAGE = "¡Listo! Ya le avisé a una persona del equipo: te responde por acá en cuanto pueda."


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """Which run of which burst is acting; from the server's context, never from the model."""

    tenant_id: int
    conversation_id: UUID
    burst_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Rehearsal(RunIdentity):
    """A run that only seems to act: what a tool does is really done, and taken back with its transaction.

    So the answer is the one that a customer would get, and nothing stays: no row, no job, no notification. `done` is
    what was taken back, for the run to speak of.
    """

    done: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def results(self, *tools: str) -> list[dict[str, Any]]:
        """What these tools did, in order."""
        return [result for tool, result in self.done if tool in tools]


def new_rehearsal(tenant_id: int) -> Rehearsal:
    """A run of a customer and a burst that exist only inside its own transactions."""
    return Rehearsal(tenant_id, uuid4(), uuid4(), 0)


class _TakenBackError(Exception):
    """Ends a rehearsal's transaction."""


async def effect_once(
    tenant_id: int,
    pool: Pool,
    run: RunIdentity,
    tool: str,
    ordinal: int,
    arguments: dict[str, Any],
    act: Callable[[Connection], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Run `act` and record its result in one short transaction, or return what an earlier run of the burst recorded.

    `ordinal` counts this tool's calls within a run, from 1. Raises StaleFenceError when the run lost its claim.
    """
    if isinstance(run, Rehearsal):
        return await _rehearse(tenant_id, pool, run, tool, act)
    async with tenant_transaction(tenant_id, pool) as conn:
        fence = await conn.fetchval(
            "select fence from chat_conversations where id = $1 for no key update", run.conversation_id
        )  # a key lock, taken by whoever books for this customer at the same moment, must not wait for us
        recorded = await conn.fetchval(
            "select result from tool_effects where burst_id = $1 and tool = $2 and ordinal = $3",
            run.burst_id,
            tool,
            ordinal,
        )
        if recorded is not None:
            earlier: dict[str, Any] = json.loads(recorded)
            return earlier
        if fence != run.fence:
            raise StaleFenceError(str(run.burst_id))
        result = await act(conn)
        await conn.execute(
            """insert into tool_effects (tenant_id, conversation_id, burst_id, tool, ordinal, arguments, result)
               values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb)""",
            tenant_id,
            run.conversation_id,
            run.burst_id,
            tool,
            ordinal,
            json.dumps(arguments, default=str),
            json.dumps(result, default=str),
        )
    return result


async def _rehearse(
    tenant_id: int,
    pool: Pool,
    run: Rehearsal,
    tool: str,
    act: Callable[[Connection], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    with contextlib.suppress(_TakenBackError):
        async with tenant_transaction(tenant_id, pool) as conn:
            # Foreign keys want a customer and a burst, which a real customer's shadow run has.
            await conn.execute(
                """insert into chat_conversations (id, tenant_id, channel, external_user_id)
                   values ($1::uuid, $2, 'rehearsal', $1::uuid::text) on conflict (id) do nothing""",
                run.conversation_id,
                tenant_id,
            )
            await conn.execute(
                """insert into bursts (id, tenant_id, conversation_id, delivery) values ($1, $2, $3, 'caller')
                   on conflict (id) do nothing""",
                run.burst_id,
                tenant_id,
                run.conversation_id,
            )
            result = await act(conn)
            raise _TakenBackError
    run.done.append((tool, result))
    return result


async def effects_of(tenant_id: int, store: Store, burst_id: UUID) -> dict[str, dict[str, Any]]:
    """The recorded effects of a burst by tool name (the newest of each): what a re-run need not repeat."""
    async with tenant_transaction(tenant_id, store) as conn:
        rows = await conn.fetch(
            "select tool, result from tool_effects where burst_id = $1 and state = 'done' order by ordinal",
            burst_id,
        )
    return {row["tool"]: json.loads(row["result"]) for row in rows}


async def effects_in_order(tenant_id: int, pool: Pool, burst_id: UUID, tools: Sequence[str]) -> list[dict[str, Any]]:
    """The recorded results of these tools in a burst, in the order in which they were done."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select result from tool_effects where tenant_id = $1 and burst_id = $2 and tool = any($3)
               and state = 'done' order by created_at, ordinal""",
            tenant_id,
            burst_id,
            list(tools),
        )
    return [json.loads(row["result"]) for row in rows]


async def hand_off(
    tenant_id: int,
    conn: Connection,
    conversation_id: UUID,
    *,
    source: str,
    reason: str,
    details: dict[str, Any],
    burst_id: UUID | None = None,
    correlation_id: str | None = None,
    when: str = "",
) -> dict[str, Any]:
    """Lockout first, then the e-mail job, in the caller's transaction (S-047); source is bot or panel.

    Returns {handoff_id, until, message}: the text for the customer, with `when` somebody will answer after it.
    """
    hours = await conn.fetchval("select lockout_hours from tenants where id = $1", tenant_id)
    cause = "derivhumano" if source == "bot" else "panel_handoff"
    until = await begin_lockout(tenant_id, conn, conversation_id, cause, hours=hours, burst_id=burst_id)
    await conn.execute(
        """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
               needs_human_reason = $2 where id = $1""",
        conversation_id,
        cause,
    )
    handoff_id = await conn.fetchval(
        """insert into handoffs (tenant_id, conversation_id, burst_id, source, reason, details)
           values ($1, $2, $3, $4, $5, $6::jsonb) returning id""",
        tenant_id,
        conversation_id,
        burst_id,
        source,
        reason,
        json.dumps(details),
    )
    await add_line(tenant_id, conn, conversation_id, "Conversación derivada a una persona")
    await enqueue(tenant_id, conn, HANDOFF_EMAIL, handoff_id)
    await record_event(
        tenant_id,
        conn,
        "info",
        "handoff",
        "Una conversación pasó a una persona",
        {"conversation_id": conversation_id, "source": source},
        correlation_id,
    )
    message = f"{await _handoff_message(tenant_id, conn)} {when}".strip()
    return {"handoff_id": str(handoff_id), "until": until.isoformat(), "message": message}


async def _handoff_message(tenant_id: int, conn: Connection) -> str:
    own = await conn.fetchval("select handoff_message from tenant_human_handoff_config where tenant_id = $1", tenant_id)
    return own or DEFAULT_HANDOFF_MESSAGE


@dataclass(frozen=True, slots=True)
class HandoffEmail:
    """All that the e-mail job needs of one handoff."""

    id: UUID
    conversation_id: UUID
    email_state: str
    email_attempts: int
    reason: str
    source: str
    details: dict[str, Any]
    store_name: str
    time_zone: str
    customer_name: str | None
    customer_address: str | None
    created_at: Any
    recent: list[tuple[str, str]]


async def load_handoff(tenant_id: int, pool: Pool, handoff_id: UUID) -> HandoffEmail | None:
    """The handoff with its shop, customer and the last ten messages (author, text), oldest first."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow(
            """select h.*, t.store_name, t.time_zone, c.display_name,
                      coalesce(c.wa_address, c.external_user_id) as address
               from handoffs h join chat_conversations c on c.id = h.conversation_id
               join tenants t on t.id = h.tenant_id
               where h.id = $1""",
            handoff_id,
        )
        if row is None:
            return None
        recent = await conn.fetch(
            """select author, content from (
                   select author, content, coalesce(sent_at, created_at) as at, seq from chat_messages
                   where conversation_id = $1 and role <> 'system' order by at desc, seq desc limit 10) newest
               order by at, seq""",
            row["conversation_id"],
        )
    return HandoffEmail(
        id=row["id"],
        conversation_id=row["conversation_id"],
        email_state=row["email_state"],
        email_attempts=row["email_attempts"],
        reason=row["reason"],
        source=row["source"],
        details=json.loads(row["details"]),
        store_name=row["store_name"],
        time_zone=row["time_zone"],
        customer_name=row["display_name"],
        customer_address=row["address"],
        created_at=row["created_at"],
        recent=[(message["author"], message["content"]) for message in recent],
    )


async def note_handoff_email(
    tenant_id: int, pool: Pool, handoff_id: UUID, state: str, error: str | None = None
) -> None:
    """Write how the e-mail went: sent, skipped, pending (will be tried again) or failed; errors leave smtp_failed."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            "update handoffs set email_state = $2, email_attempts = email_attempts + 1 where id = $1",
            handoff_id,
            state,
        )
        if error:
            level = "error" if state == "failed" else "warn"
            text = "No se pudo enviar el correo de derivación"
            await record_event(tenant_id, conn, level, "smtp_failed", text, {"handoff_id": handoff_id, "error": error})


HANDOFF_FIELDS = (
    "enabled",
    "destination_email",
    "smtp_host",
    "smtp_port",
    "smtp_security",
    "smtp_username",
    "handoff_message",
)


async def load_handoff_config(tenant_id: int, pool: Pool, vault: Vault | None = None) -> dict[str, Any]:
    """S-098's fields with defaults; `smtp_password` in clear only when a vault is given, else `smtp_password_set`."""
    async with tenant_transaction(tenant_id, pool) as conn:
        row = await conn.fetchrow("select * from tenant_human_handoff_config where tenant_id = $1", tenant_id)
        sealed = row["smtp_password_encrypted"] if row else None
        config: dict[str, Any] = {name: row[name] if row else None for name in HANDOFF_FIELDS}
        config["enabled"] = row["enabled"] if row else True
        config["smtp_security"] = row["smtp_security"] if row else "STARTTLS"
        config["smtp_password_set"] = sealed is not None
        if vault is not None:
            config["smtp_password"] = await unseal(tenant_id, conn, vault, "smtp_password", sealed) if sealed else None
    return config


async def save_handoff_config(tenant_id: int, pool: Pool, vault: Vault, changes: dict[str, Any]) -> None:
    """Write the given fields of HANDOFF_FIELDS and `smtp_password` (write-only; an empty one forgets it)."""
    async with tenant_transaction(tenant_id, pool) as conn:
        columns = {name: changes[name] for name in HANDOFF_FIELDS if name in changes}
        if "smtp_password" in changes:
            password = changes["smtp_password"]
            columns["smtp_password_encrypted"] = (
                await seal(tenant_id, conn, vault, "smtp_password", password) if password else None
            )
        names = "".join(f", {column}" for column in columns)
        places = "".join(f", ${n}" for n in range(2, len(columns) + 2))
        updates = "".join(f", {column} = excluded.{column}" for column in columns)
        await conn.execute(
            f"""insert into tenant_human_handoff_config (tenant_id{names}) values ($1{places})
                on conflict (tenant_id) do update set updated_at = now(){updates}""",  # noqa: S608 - HANDOFF_FIELDS
            tenant_id,
            *columns.values(),
        )
        if columns:
            await forget_test(tenant_id, conn, "handoff")
