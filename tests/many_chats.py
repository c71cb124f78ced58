"""A shop with very many chats, written straight into the tables: no phone writes ten thousand times in a test."""

import asyncpg

from tests.system import Shop

_CHATS = """
insert into chat_conversations (tenant_id, external_user_id, wa_address, display_name, last_message_at,
                                last_message_preview, last_inbound_at, unread, revision)
select $1, '549114' || lpad(n::text, 7, '0'), '+549114' || lpad(n::text, 7, '0'),
       (array['Lucía','Marcos','Sofía','Joaquín','Ana','Bruno'])[1 + n % 6] || ' ' || n,
       now() - n * interval '1 minute', 'Hola, tenés el talle ' || (30 + n % 15) || '?',
       now() - n * interval '1 minute', (n % 9 = 0)::integer, 1
from generate_series(1, $2) n"""
_MESSAGES = """
insert into chat_messages (tenant_id, conversation_id, role, author, kind, message_type, content, provider,
                           provider_message_id, sent_at)
select c.tenant_id, c.id, case when k % 2 = 1 then 'user' else 'assistant' end,
       case when k % 2 = 1 then 'customer' else 'bot' end, case when k % 2 = 1 then 'message' else 'reply' end, 'text',
       'Mensaje ' || k || ' sobre ' || (array['zapatillas','mallas','envíos','cambios','talles'])[1 + k % 5]
       || ' de ' || c.display_name, 'ycloud', 'wamid.many.' || c.id || '.' || k, c.last_message_at - k * interval '5 s'
from chat_conversations c, generate_series(1, $2) k where c.tenant_id = $1"""


async def fill_with_chats(shop: Shop, chats: int, messages_each: int) -> None:
    """So many chats, the newest a minute old, each a minute older than the one before."""
    conn = await asyncpg.connect(shop.system.postgres.superuser_dsn, database="nexus")
    try:
        await conn.execute(_CHATS, shop.tenant_id, chats)
        await conn.execute(_MESSAGES, shop.tenant_id, messages_each)
        await conn.execute("analyze chat_conversations, chat_messages")
    finally:
        await conn.close()
