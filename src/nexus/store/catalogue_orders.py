"""The orders that a customer put together in WhatsApp's catalogue."""

import json
from typing import Any

from nexus.store.database import Pool, tenant_transaction
from nexus.store.effects import RunIdentity


async def ordered_items(tenant_id: int, pool: Pool, run: RunIdentity) -> list[dict[str, Any]]:
    """What the burst's orders hold, `{product_retailer_id, quantity, item_price, currency}` each; without one in it,
    what the chat's newest order of the last day holds."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select burst_id, payload from chat_messages
               where tenant_id = $1 and conversation_id = $2 and role = 'user' and message_type = 'order'
                 and (burst_id = $3 or created_at > clock_timestamp() - interval '1 day')
               order by seq desc limit 10""",
            tenant_id,
            run.conversation_id,
            run.burst_id,
        )
    of_burst = [row for row in reversed(rows) if row["burst_id"] == run.burst_id]
    details = [(json.loads(row["payload"] or "{}").get("details") or {}) for row in of_burst or rows[:1]]
    return [item for order in details for item in order.get("items") or [] if isinstance(item, dict)]


async def products_of_variants(tenant_id: int, pool: Pool, variant_ids: list[int]) -> dict[int, int]:
    """Product by variant, of the variants that the shop's catalogue has."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select p.id as product_id, (v->>'id')::bigint as variant_id
               from catalogue_products p, jsonb_array_elements(p.item->'variants') v
               where p.tenant_id = $1 and (v->>'id')::bigint = any($2::bigint[])""",
            tenant_id,
            variant_ids,
        )
    return {row["variant_id"]: row["product_id"] for row in rows}
