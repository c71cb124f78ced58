"""What was said: a burst's own messages, and the memory before it, as the model is told of them (S-031)."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from nexus.store.database import Connection, Row, Store, tenant_transaction


class UnknownBurstError(RuntimeError):
    """No such burst in this tenant."""


@dataclass(frozen=True, slots=True)
class QuotedMessage:
    """The message that another one answers."""

    author: str
    message_type: str
    content: str


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """Our own copy of a picture that a customer sent, in the media folder under the tenant and this id."""

    media_id: UUID
    mime_type: str
    byte_size: int


@dataclass(frozen=True, slots=True)
class SaidMessage:
    """One message; role is user or assistant, author tells a person's words from the bot's, `content` are its words.

    `words_state` of a voice note is done or failed; `details` holds what else its type brings (whatsapp_service's
    content.py), `referral` the advertisement that she came by, `product` that of the catalogue which she asks about.
    Of a picture that we sent, `content` is its address and `caption` the words under it; of one that she sent,
    `picture` is our copy and `content` are her words.
    """

    role: str
    author: str
    message_type: str
    content: str
    at: datetime
    words_state: str | None = None
    quoted: QuotedMessage | None = None
    details: dict[str, Any] = field(default_factory=dict)
    referral: dict[str, Any] = field(default_factory=dict)
    product: dict[str, Any] = field(default_factory=dict)
    file_name: str | None = None
    id: UUID | None = None
    caption: str | None = None
    picture: StoredPicture | None = None


_SAID = """select m.id, m.role, m.author, m.message_type, m.content, coalesce(m.sent_at, m.created_at) as at,
                  m.words_state, m.payload, q.author as quoted_author, q.message_type as quoted_type,
                  coalesce(q.payload->>'caption', q.content) as quoted_content,
                  f.id as picture_id, f.mime_type, f.byte_size
           from chat_messages m
           left join chat_media f on f.id = m.media_id and m.role = 'user' and m.message_type = 'image'
           left join chat_messages q on q.tenant_id = m.tenant_id and q.provider = 'ycloud'
                and q.provider_message_id = m.quoted_id"""


async def messages_of_burst(tenant_id: int, conn: Connection, burst_id: UUID) -> list[SaidMessage]:
    """The customer's messages of a burst by the provider's time, in the caller's transaction."""
    rows = await conn.fetch(
        f"{_SAID} where m.tenant_id = $1 and m.burst_id = $2 and m.role = 'user' order by at, m.seq",
        tenant_id,
        burst_id,
    )
    return [_said(row) for row in rows]


async def load_memory(
    tenant_id: int, store: Store, conversation_id: UUID, burst_id: UUID, window: int
) -> list[SaidMessage]:
    """The newest `window` messages before the burst, oldest first, by the provider's time (S-031).

    Leaves out panel lines, reactions, discarded and failed bubbles, the burst itself and what waits for a later burst.
    """
    async with tenant_transaction(tenant_id, store) as conn:
        rows = await conn.fetch(
            f"""{_SAID}
                where m.conversation_id = $1 and m.role <> 'system' and m.message_type <> 'reaction'
                  and m.burst_id is distinct from $2 and not (m.awaits_answer and m.burst_id is null)
                  and m.provider_status is distinct from 'discarded' and m.provider_status is distinct from 'failed'
                order by coalesce(m.sent_at, m.created_at) desc, m.seq desc limit $3""",
            conversation_id,
            burst_id,
            window,
        )
    return [_said(row) for row in reversed(rows)]


async def load_statements(tenant_id: int, store: Store, conversation_id: UUID, like: str) -> list[SaidMessage]:
    """The customer's own messages whose words match the expression `like`, oldest first; of the newest 500 of hers."""
    async with tenant_transaction(tenant_id, store) as conn:
        rows = await conn.fetch(
            f"""with own as (select id from chat_messages
                             where tenant_id = $1 and conversation_id = $2 and author = 'customer'
                             order by coalesce(sent_at, created_at) desc, seq desc limit 500)
                {_SAID} join own on own.id = m.id
                where m.content ~* $3 order by at desc, m.seq desc limit 60""",  # noqa: S608 - constants
            tenant_id,
            conversation_id,
            like,
        )
    return [_said(row) for row in reversed(rows)]


async def last_shown_products(tenant_id: int, store: Store, conversation_id: UUID) -> str | None:
    """The products of the last reply that showed any, as JSON; what rebuilds `session:user` (S-107)."""
    async with tenant_transaction(tenant_id, store) as conn:
        shown: str | None = await conn.fetchval(
            """select shown_products from bursts where conversation_id = $1 and shown_products is not null
               order by created_at desc limit 1""",
            conversation_id,
        )
    return shown


def _said(row: Row) -> SaidMessage:
    payload: dict[str, Any] = json.loads(row["payload"] or "{}")
    quoted = None
    if row["quoted_author"] is not None:
        quoted = QuotedMessage(row["quoted_author"], row["quoted_type"], row["quoted_content"])
    return SaidMessage(
        role=row["role"],
        author=row["author"],
        message_type=row["message_type"],
        content=row["content"],
        at=row["at"],
        words_state=row["words_state"],
        quoted=quoted,
        details=payload.get("details") or {},
        referral=payload.get("referral") or {},
        product=payload.get("product") or {},
        file_name=(payload.get("media") or {}).get("name"),
        id=row["id"],
        caption=payload.get("caption"),
        picture=_picture(row),
    )


def _picture(row: Row) -> StoredPicture | None:
    """Only what our own media folder holds."""
    if row["picture_id"] is None:
        return None
    return StoredPicture(row["picture_id"], row["mime_type"] or "", row["byte_size"] or 0)
