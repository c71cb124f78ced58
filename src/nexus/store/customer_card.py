"""Who is behind a chat, as it stands beside the thread."""

from typing import Any
from uuid import UUID

from nexus.contracts.appointments import Appointment
from nexus.store.appointments import appointments_beside
from nexus.store.database import Connection, Pool, tenant_transaction

_MOST = 100


async def load_context(
    tenant_id: int, pool: Pool, conversation_id: UUID
) -> tuple[dict[str, Any], list[Appointment]] | None:
    """The customer, and appointments that may be hers (see `appointments_beside`); None without such a conversation."""
    async with tenant_transaction(tenant_id, pool) as conn:
        customer = await _customer(tenant_id, conn, conversation_id)
        if customer is None:
            return None
        return customer, await appointments_beside(tenant_id, conn, conversation_id, customer["phone"], _MOST)


async def _customer(tenant_id: int, conn: Connection, conversation_id: UUID) -> dict[str, Any] | None:
    row = await conn.fetchrow(
        """select c.display_name, c.user_scoped_id, c.external_user_id, coalesce(c.wa_address, '') as phone,
                  least(c.created_at, (select coalesce(m.sent_at, m.created_at) from chat_messages m
                                       where m.tenant_id = $1 and m.conversation_id = $2
                                       order by coalesce(m.sent_at, m.created_at), m.seq limit 1)) as first_seen_at,
                  said.messages_in, said.messages_out,
                  array(select a.external_user_id from customer_aliases a
                        where a.tenant_id = $1 and a.conversation_id = $2 order by a.created_at desc) as earlier
           from chat_conversations c,
                lateral (select count(*) filter (where m.role = 'user') as messages_in,
                                count(*) filter (where m.role = 'assistant') as messages_out
                         from chat_messages m
                         where m.tenant_id = $1 and m.conversation_id = $2 and m.message_type <> 'reaction') said
           where c.tenant_id = $1 and c.id = $2""",
        tenant_id,
        conversation_id,
    )
    return dict(row) if row else None
