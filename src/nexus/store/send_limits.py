"""What may leave now: the 24 h window, WhatsApp's pace to one customer, and a limit against two bots at talk.

Architecture.md 4. Each function looks at a conversation's row that the caller has locked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nexus.store.database import Connection, Pool, Row, tenant_transaction

WINDOW = timedelta(hours=24)
"""Free text reaches a customer only so long after her last message; templates always (ycloud.md 0.5)."""
PAIR_CAPACITY = 20.0
PAIR_SECONDS = 6.0
"""One message each 6 s to one customer, 20 saved up at most (ycloud.md 7): past it WhatsApp answers 131056."""
CONTACT_BUDGET = 60
BUDGET_HOURS = 1
"""The bot's own bubbles to one customer in so many hours; a person never writes fast enough to meet it."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a conversation may receive now."""

    last_inbound_at: datetime | None
    saved_up: float
    now: datetime

    @classmethod
    def of(cls, conversation: Row, now: datetime) -> "Allowance":
        """As its row stands; what was not used meanwhile was saved up."""
        since: float = (now - conversation["pair_at"]).total_seconds()
        saved_up = float(conversation["pair_tokens"]) + max(0.0, since) / PAIR_SECONDS
        return cls(conversation["last_inbound_at"], min(PAIR_CAPACITY, saved_up), now)

    @property
    def window_is_open(self) -> bool:
        """Whether free text may go, by the provider's time of the customer's newest message."""
        return self.last_inbound_at is not None and self.now - self.last_inbound_at < WINDOW

    @property
    def wait(self) -> timedelta:
        """How long the next message has to wait; zero while something is saved up."""
        return timedelta(seconds=max(0.0, (1.0 - self.saved_up) * PAIR_SECONDS))


async def use_up(tenant_id: int, conn: Connection, conversation_id: UUID, allowance: Allowance) -> None:
    """One message to this customer leaves."""
    await conn.execute(
        "update chat_conversations set pair_tokens = $3, pair_at = $4 where tenant_id = $1 and id = $2",
        tenant_id,
        conversation_id,
        max(0.0, allowance.saved_up - 1.0),
        allowance.now,
    )


async def is_over_budget(tenant_id: int, conn: Connection, conversation: Row, bubble: Row) -> bool:
    """Whether the bot has written so much to this customer that somebody should look: two bots may be talking."""
    if bubble["author"] != "bot" or bubble["kind"] not in ("reply", "apology"):
        return False
    sent: int = await conn.fetchval(
        """select count(*) from chat_messages
           where tenant_id = $1 and conversation_id = $2 and author = 'bot' and kind in ('reply', 'apology')
             and provider_status in ('sending', 'sent', 'delivered', 'read', 'unknown')
             and created_at > clock_timestamp() - make_interval(hours => $3)""",
        tenant_id,
        conversation["id"],
        BUDGET_HOURS,
    )
    return sent >= CONTACT_BUDGET


async def may_write_to(tenant_id: int, pool: Pool, external_user_id: str, client_ref: str) -> bool:
    """Whether free text of the shop's own systems may go to this customer now, or has been queued under this ref."""
    async with tenant_transaction(tenant_id, pool) as conn:
        allowed: bool = await conn.fetchval(
            """select exists (select 1 from chat_messages where client_ref = 'api:' || $2)
                   or exists (select 1 from chat_conversations c
                              left join customer_aliases a on a.conversation_id = c.id and a.external_user_id = $1
                              where (c.external_user_id = $1 or a.external_user_id = $1)
                                and c.last_inbound_at + $3::interval > clock_timestamp())""",
            external_user_id,
            client_ref,
            WINDOW,
        )
    return allowed
