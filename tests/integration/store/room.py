"""One tenant of a test, its customers, its events as YCloud would send them, and a superuser's eye on its rows."""

import itertools
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from nexus.contracts.identity import phone_key
from nexus.store.database import Connection, Pool, Row
from nexus.store.inbox import Accepted, accept_events
from nexus.store.lockout import Pause
from nexus.store.queue import ClaimedBurst, claim_bursts
from nexus.store.replies import Burst, NewBubble, Result, commit_reply, load_burst
from nexus.whatsapp_service.envelope import Arrival, interpret

_numbers = itertools.count(10_000_000)


def new_number() -> str:
    """An Argentine mobile that no other test uses."""
    return f"+54911{next(_numbers)}"


def new_id(prefix: str) -> str:
    """An id that no other test uses."""
    return f"{prefix}{secrets.token_hex(8)}"


def an_hour(who: str) -> Pause:
    """The pause of somebody for an hour from now."""
    return Pause(datetime.now(UTC) + timedelta(hours=1), who)


@dataclass
class Room:
    """A tenant; `root` is a superuser's connection, for what no door shows and to set clocks back."""

    tenant_id: int
    number: str
    pool: Pool
    root: Connection
    debounce: float = 2.0
    debounce_max: float = 6.0

    def _event(self, event_type: str, name: str, message: dict[str, Any], event_id: str | None) -> dict[str, Any]:
        arrival = Arrival({self.number: self.tenant_id}, "", new_id("corr-"), self.debounce, self.debounce_max)
        event = {"id": event_id or new_id("evt_"), "type": event_type, "apiVersion": "v2", name: message}
        return interpret(event, arrival)

    def inbound(
        self,
        customer: str,
        text: str = "Hola",
        *,
        wamid: str | None = None,
        event_id: str | None = None,
        at: datetime | None = None,
    ) -> dict[str, Any]:
        """The customer writes, now or at the provider's time `at`."""
        message = {
            "id": new_id("yc"),
            "wamid": wamid or new_id("wamid."),
            "from": customer,
            "to": self.number,
            "sendTime": (at or datetime.now(UTC)).isoformat(),
            "type": "text",
            "text": {"body": text},
        }
        return self._event("whatsapp.inbound_message.received", "whatsappInboundMessage", message, event_id)

    def echo(self, customer: str, text: str = "Te ayudo yo", *, at: datetime | None = None) -> dict[str, Any]:
        """Somebody answers on the shop's own phone."""
        message = {
            "id": new_id("yc"),
            "wamid": new_id("wamid."),
            "from": self.number,
            "to": customer,
            "sendTime": (at or datetime.now(UTC)).isoformat(),
            "type": "text",
            "text": {"body": text},
        }
        return self._event("whatsapp.smb.message.echoes", "whatsappMessage", message, None)

    def status(self, customer: str, status: str, **ids: Any) -> dict[str, Any]:
        """A status event; `ids` are externalId, id, wamid, errorCode."""
        message = {"from": self.number, "to": customer, "status": status, **ids}
        return self._event("whatsapp.message.updated", "whatsappMessage", message, None)

    async def accept(self, *events: dict[str, Any]) -> list[Accepted]:
        """Acknowledge the events in one batch."""
        return await accept_events(self.pool, list(events))

    async def outcomes(self, *events: dict[str, Any]) -> list[str]:
        """Acknowledge the events; only what became of each."""
        return [accepted.outcome for accepted in await self.accept(*events)]

    async def say(self, customer: str, *texts: str) -> UUID:
        """The customer writes each text (or "Hola"); the conversation is due at once."""
        accepted = await self.accept(*(self.inbound(customer, text) for text in texts or ("Hola",)))
        await self.make_due()
        conversation_id = accepted[0].conversation_id
        assert conversation_id is not None
        return conversation_id

    async def make_due(self) -> None:
        """No waiting for the window, a backoff or a dead worker's lease."""
        await self.root.execute(
            """update chat_conversations set due_at = least(due_at, now()), retry_at = least(retry_at, now()),
                   lease_until = least(lease_until, now() - interval '1 second') where tenant_id = $1""",
            self.tenant_id,
        )

    async def claim(self, owner: str = "worker") -> ClaimedBurst:
        """The one burst that is due."""
        [claimed] = await claim_bursts(self.pool, owner, 10)
        return claimed

    async def open_burst(self, customer: str, *texts: str) -> Burst:
        """The customer wrote and a worker holds the burst."""
        await self.say(customer, *texts)
        claimed = await self.claim()
        return await self.load(claimed)

    async def load(self, claimed: ClaimedBurst) -> Burst:
        """The claimed burst as the Orchestrator sees it."""
        burst = await load_burst(self.tenant_id, self.pool, claimed.burst_id, claimed.fence)
        assert isinstance(burst, Burst)
        return burst

    def words(self, burst: Burst) -> list[str]:
        """What the burst's messages say, in order."""
        return [message.content for message in burst.messages]

    async def reply(self, burst: Burst, *texts: str, kind: str = "reply") -> Result:
        """The run's answer is committed."""
        bubbles = [NewBubble("text", text, kind) for text in texts]
        return await commit_reply(self.tenant_id, self.pool, burst, bubbles, None)

    async def chat(self, customer: str) -> Row:
        """The conversation's row."""
        row = await self.root.fetchrow(
            "select * from chat_conversations where tenant_id = $1 and external_user_id = $2",
            self.tenant_id,
            phone_key(customer),
        )
        assert row is not None
        return row

    async def messages(self, where: str = "true", *arguments: Any) -> list[Row]:
        """The tenant's messages in the order they were stored."""
        return list(
            await self.root.fetch(
                f"select * from chat_messages where tenant_id = {self.tenant_id} and ({where}) order by seq",  # noqa: S608 - a test's own words
                *arguments,
            )
        )

    async def statuses(self) -> list[str]:
        """States of the tenant's outbound messages, oldest first."""
        return [row["provider_status"] for row in await self.messages("role = 'assistant'")]

    async def events(self, event_type: str) -> int:
        """How many system_events of a type the tenant has."""
        return int(
            await self.root.fetchval(
                "select count(*) from system_events where tenant_id = $1 and event_type = $2",
                self.tenant_id,
                event_type,
            )
        )
