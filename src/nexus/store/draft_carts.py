"""Draft orders by cart: the intent before the call, its outcome after it, and never a second one by itself (idea 5)."""

import json
from dataclasses import dataclass
from typing import Any

from nexus.store.database import Connection, Pool, Row, tenant_transaction
from nexus.store.effects import RunIdentity
from nexus.store.events import record_event
from nexus.store.replies import StaleFenceError

TOOL = "payable_link"
_GOOD_FOR_HOURS = 48
"""So long a link stands for its cart; then prices have changed, and the cart is a new one."""


@dataclass(frozen=True, slots=True)
class DraftCart:
    """What is known of a cart. `is_ours`: this call has written the intent, and has to make the call."""

    state: str
    is_ours: bool
    checkout_url: str | None = None


async def intend(tenant_id: int, pool: Pool, run: RunIdentity, cart: str, lines: list[dict[str, Any]]) -> DraftCart:
    """Write that this cart's draft order is about to be made, unless it was already.

    An intent without an outcome that another call wrote becomes `unknown`: its process died, or is in the middle of it.
    Raises StaleFenceError when the run lost its claim.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        fence = await conn.fetchval(
            "select fence from chat_conversations where id = $1 for no key update", run.conversation_id
        )
        known = await conn.fetchrow(
            """select *, state = 'made' and settled_at < clock_timestamp() - make_interval(hours => $4) as is_old
               from draft_carts where tenant_id = $1 and conversation_id = $2 and cart = $3""",
            tenant_id,
            run.conversation_id,
            cart,
            _GOOD_FOR_HOURS,
        )
        if known is not None and known["state"] != "refused" and not known["is_old"]:
            return await _known(tenant_id, conn, run, cart, known)
        if fence != run.fence:
            raise StaleFenceError(str(run.burst_id))
        await conn.execute(
            """insert into draft_carts (tenant_id, conversation_id, cart, state, burst_id, lines)
               values ($1, $2, $3, 'intended', $4, $5::jsonb)
               on conflict (tenant_id, conversation_id, cart) do update
                   set state = 'intended', burst_id = excluded.burst_id, lines = excluded.lines, draft_id = null,
                       checkout_url = null, reason = null, intended_at = clock_timestamp(), settled_at = null""",
            tenant_id,
            run.conversation_id,
            cart,
            run.burst_id,
            json.dumps(lines),
        )
        await _note_effect(tenant_id, conn, run, cart, "intended")
    return DraftCart("intended", is_ours=True)


async def settle_made(
    tenant_id: int, pool: Pool, run: RunIdentity, cart: str, draft_id: int | None, checkout_url: str
) -> None:
    """The shop made it; the customer pays at `checkout_url`."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """update draft_carts set state = 'made', draft_id = $4, checkout_url = $5, settled_at = clock_timestamp()
               where tenant_id = $1 and conversation_id = $2 and cart = $3""",
            tenant_id,
            run.conversation_id,
            cart,
            draft_id,
            checkout_url,
        )
        await _note_effect(tenant_id, conn, run, cart, "done")


async def settle_refused(tenant_id: int, pool: Pool, run: RunIdentity, cart: str, reason: str) -> None:
    """Known not to have been made: the cart may be tried again."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await conn.execute(
            """update draft_carts set state = 'refused', reason = $4, settled_at = clock_timestamp()
               where tenant_id = $1 and conversation_id = $2 and cart = $3""",
            tenant_id,
            run.conversation_id,
            cart,
            reason,
        )
        await conn.execute(
            "delete from tool_effects where tenant_id = $1 and burst_id = $2 and tool = $3 and arguments->>'cart' = $4",
            tenant_id,
            run.burst_id,
            TOOL,
            cart,
        )


async def settle_unknown(tenant_id: int, pool: Pool, run: RunIdentity, cart: str, correlation_id: str) -> None:
    """Nobody knows whether it was made: people are told, and it is not made again by itself."""
    async with tenant_transaction(tenant_id, pool) as conn:
        await _doubt(tenant_id, conn, run, cart, correlation_id)


async def _known(tenant_id: int, conn: Connection, run: RunIdentity, cart: str, known: Row) -> DraftCart:
    if known["state"] == "intended":
        await _doubt(tenant_id, conn, run, cart, None)
        return DraftCart("unknown", is_ours=False)
    return DraftCart(known["state"], is_ours=False, checkout_url=known["checkout_url"])


async def _doubt(tenant_id: int, conn: Connection, run: RunIdentity, cart: str, correlation_id: str | None) -> None:
    await conn.execute(
        """update draft_carts set state = 'unknown', settled_at = clock_timestamp()
           where tenant_id = $1 and conversation_id = $2 and cart = $3 and state = 'intended'""",
        tenant_id,
        run.conversation_id,
        cart,
    )
    await _note_effect(tenant_id, conn, run, cart, "unknown")
    await conn.execute(
        """update chat_conversations set needs_human_since = coalesce(needs_human_since, clock_timestamp()),
               needs_human_reason = coalesce(needs_human_reason, 'draft_order_unknown'), revision = revision + 1
           where tenant_id = $1 and id = $2""",
        tenant_id,
        run.conversation_id,
    )
    await record_event(
        tenant_id,
        conn,
        "warn",
        "draft_order_unknown",
        "No se sabe si Tienda Nube armó un pedido en borrador; no se vuelve a intentar solo",
        {"conversation_id": run.conversation_id},
        correlation_id,
    )


async def _note_effect(tenant_id: int, conn: Connection, run: RunIdentity, cart: str, state: str) -> None:
    """The burst has an effect outside: it is not superseded, and people hear of it when its reply cannot go out."""
    updated = await conn.fetchval(
        """update tool_effects set state = $5 where tenant_id = $1 and burst_id = $2 and tool = $3
           and arguments->>'cart' = $4 returning true""",
        tenant_id,
        run.burst_id,
        TOOL,
        cart,
        state,
    )
    if not updated:
        await conn.execute(
            """insert into tool_effects (tenant_id, conversation_id, burst_id, tool, ordinal, arguments, result, state)
               select $1, $2, $3, $4, coalesce(max(ordinal), 0) + 1, $5::jsonb, '{}', $6
               from tool_effects where tenant_id = $1 and burst_id = $3 and tool = $4""",
            tenant_id,
            run.conversation_id,
            run.burst_id,
            TOOL,
            json.dumps({"cart": cart}),
            state,
        )
