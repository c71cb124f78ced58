"""A burst as the gateway tells it to the Orchestrator, which reads its own rows all the same (contract.md 4)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexus.store.database import Pool, tenant_transaction
from nexus.store.memory import UnknownBurstError


@dataclass(frozen=True, slots=True)
class QuestionMessage:
    """One message of a burst as the gateway tells it to the Orchestrator."""

    provider_message_id: str
    message_type: str
    text: str
    sent_at: datetime | None
    provider_media_id: str | None
    mime_type: str | None
    file_name: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """A burst as the gateway tells it; informative, for the Orchestrator reads its own rows.

    `inbound_id` is the provider's id of the newest message, `paused` whether no answer will follow, `awaits_files`
    whether a file or the words of a voice note are still on their way.
    """

    from_number: str | None
    from_user_id: str | None
    to_number: str
    customer_name: str | None
    paused: bool
    inbound_id: str | None
    awaits_files: bool
    messages: list[QuestionMessage]


async def load_question(tenant_id: int, pool: Pool, burst_id: UUID) -> Question:
    """The burst's messages by the provider's time. Raises UnknownBurstError."""
    async with tenant_transaction(tenant_id, pool) as conn:
        head = await conn.fetchrow(
            """select c.wa_address, c.user_scoped_id, c.display_name, t.bot_phone_number,
                      coalesce(c.human_override_until > clock_timestamp(), false) or not t.bot_enabled as paused
               from bursts b join chat_conversations c on c.id = b.conversation_id join tenants t on t.id = b.tenant_id
               where b.id = $1""",
            burst_id,
        )
        rows = await conn.fetch(
            """select provider_message_id, provider_id, message_type, content as text, sent_at,
                      payload->'media'->>'id' as provider_media_id, payload->'media'->>'mime_type' as mime_type,
                      payload->'media'->>'name' as file_name,
                      coalesce(media_state = 'waiting', false) or coalesce(words_state = 'waiting', false) as on_its_way
               from chat_messages
               where burst_id = $1 and role = 'user' order by coalesce(sent_at, created_at), seq""",
            burst_id,
        )
    if head is None or not rows:
        raise UnknownBurstError(str(burst_id))
    return Question(
        from_number=head["wa_address"],
        from_user_id=head["user_scoped_id"],
        to_number=head["bot_phone_number"],
        customer_name=head["display_name"],
        paused=head["paused"],
        inbound_id=rows[-1]["provider_id"] or rows[-1]["provider_message_id"],
        awaits_files=any(row["on_its_way"] for row in rows),
        messages=[
            QuestionMessage(
                row["provider_message_id"],
                row["message_type"],
                row["text"],
                row["sent_at"],
                row["provider_media_id"],
                row["mime_type"],
                row["file_name"],
            )
            for row in rows
        ],
    )
