"""Bubbles out: marked before they leave, settled after, and never sent again by guess (architecture.md 4)."""

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from nexus.gateways.errors import BreakerOpenError, PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.ycloud.client import AcceptedSend, Addressed, YCloud, is_credential_trouble, is_pair_rate
from nexus.runtime.faults import fault_point
from nexus.runtime.logs import bind_correlation_id
from nexus.runtime.metrics import SENDS
from nexus.store.database import Pool
from nexus.store.outbox import claim_outbox, take_bubble
from nexus.store.patience import through_restart
from nexus.store.queue import next_work
from nexus.store.send_outcomes import (
    Bubble,
    mark_again,
    mark_failed,
    mark_link_refused,
    mark_picture_lost,
    mark_sent,
    mark_unknown,
    postpone,
)
from nexus.store.whatsapp_health import note_health
from nexus.whatsapp_service.keys import YCloudKeys
from nexus.whatsapp_service.outgoing import OutgoingContent

MAX_ATTEMPTS = 3
BETWEEN_BUBBLES_SECONDS = 0.3  # keeps WhatsApp's own order without costing the answer its pace (ycloud.md 7)
_BAD_FILE = "131053"
_PICTURE_REFUSED = (_BAD_FILE, "131009", "CONTENT_TOO_LARGE")
_log = structlog.get_logger()


@dataclass
class Outbox:
    """What the loop needs; `wake_relay`, set by whoever has both loops, is called when a conversation is all out."""

    pool: Pool
    keys: YCloudKeys
    ycloud: YCloud
    content: OutgoingContent
    owner: str
    wake_relay: Callable[[], None] = field(init=False)
    _claims: "itertools.count[int]" = field(default_factory=itertools.count)
    _working: set[int] = field(default_factory=set)

    async def claim(self, free: int) -> Sequence[tuple[int, UUID, str]]:
        """Conversations of any tenant with bubbles due, each with the owner that holds it.

        Every claim is an owner of its own: this process may have lost an earlier claim without knowing (SIGSTOP), and
        two senders under one name would each take the other's bubbles for its own.
        """
        owner = f"{next(self._claims)}@{self.owner}"
        return [(*found, owner) for found in await claim_outbox(self.pool, owner, free)]

    async def pause(self) -> float:
        """Seconds until the next bubble is due, at most one."""
        _, due = await next_work(self.pool)
        return min(1.0, max(0.005, due)) if due is not None else 1.0

    async def send_bubbles(self, claimed: tuple[int, UUID, str]) -> None:
        """All that may go now of one conversation, oldest first, one in flight."""
        tenant_id, conversation_id, owner = claimed
        while True:
            # The key before the mark: what cannot be read now must leave no bubble unclear. If the answer to the mark
            # itself is lost, the next try finds the row `sending` and nobody sends it: it becomes unknown in time.
            key = await through_restart(lambda: self.keys.of(tenant_id))
            bubble = await through_restart(
                lambda: take_bubble(tenant_id, self.pool, conversation_id, owner, self.content.is_ready)
            )
            if bubble is None:
                break
            if not bubble.taken:
                await self._give(bubble, key)
                continue
            bind_correlation_id(bubble.correlation_id or "")
            await fault_point("after_mark_sending")
            state = await self._send(bubble, key)
            SENDS.labels(state).inc()
            _log.info("bubble_sent" if state == "sent" else "bubble_not_sent", state=state, message_id=str(bubble.id))
            if state == "sent":
                await asyncio.sleep(BETWEEN_BUBBLES_SECONDS)
                await fault_point("between_bubbles")
        self.wake_relay()

    async def _give(self, bubble: Bubble, key: str) -> None:
        """Give WhatsApp the bubble's file first; the row is pending meanwhile, so that a death here leaves no doubt."""
        try:
            if not key:
                raise _no_key()
            await self.content.give(bubble, key)
        except RetryableError as error:
            if bubble.attempts + 1 >= MAX_ATTEMPTS:
                if not await self._words_alone(bubble, error.code):
                    await self._fail(bubble, error.code, error.message)
                return
            pause, code = retry_pause(error, bubble.attempts + 1), error.code
            await through_restart(lambda: postpone(bubble.tenant_id, self.pool, bubble, pause, code))
        except PermanentError as error:
            if is_credential_trouble(error) or not await self._words_alone(bubble, error.code):
                await self._refused(bubble, error)

    async def _send(self, bubble: Bubble, key: str) -> str:
        """Send once and write what came of it; the state it ended in."""
        try:
            accepted = await self._ask_ycloud(bubble, key)
        except UnknownOutcomeError as error:
            reason = error.reason[:200]
            await through_restart(lambda: mark_unknown(bubble.tenant_id, self.pool, bubble, reason))
            return "unknown"
        except RetryableError as error:
            return await self._not_accepted(bubble, error)
        except PermanentError as error:
            if error.code == _BAD_FILE and bubble.message_type == "image" and bubble.given_as is None:
                await through_restart(lambda: mark_link_refused(bubble.tenant_id, self.pool, bubble))
                return "pending"
            if error.code in _PICTURE_REFUSED and await self._words_alone(bubble, error.code):
                return "pending"
            return await self._refused(bubble, error)
        await fault_point("after_provider_ok")
        ids = (accepted.provider_id, accepted.wamid)
        await through_restart(lambda: mark_sent(bubble.tenant_id, self.pool, bubble, *ids))
        await self._key_works(bubble.tenant_id)
        return "sent"

    async def _words_alone(self, bubble: Bubble, code: str) -> bool:
        """Let a shop's picture that cannot be sent go, and send what stands under it; False where nothing does."""
        if bubble.message_type != "image" or bubble.file is not None or not bubble.caption:
            return False
        await through_restart(lambda: mark_picture_lost(bubble.tenant_id, self.pool, bubble, code))
        return True

    async def _refused(self, bubble: Bubble, error: PermanentError) -> str:
        """Refused for good. A refused key or an empty wallet is said once, not once a message."""
        self.keys.forget(bubble.tenant_id)
        told = is_credential_trouble(error)
        if told:
            self._working.discard(bubble.tenant_id)
            await note_health(bubble.tenant_id, self.pool, "credential", "ycloud", "error", error.code.lower())
        return await self._fail(bubble, error.code, error.message, told=told)

    async def _fail(self, bubble: Bubble, code: str, message: str, *, told: bool = False) -> str:
        await through_restart(lambda: mark_failed(bubble.tenant_id, self.pool, bubble, code, message, told=told))
        return "failed"

    async def _key_works(self, tenant_id: int) -> None:
        """The first send that goes well ends what was said of the key."""
        if tenant_id not in self._working:
            self._working.add(tenant_id)
            await through_restart(lambda: note_health(tenant_id, self.pool, "credential", "ycloud", "ok", "key_works"))

    async def _not_accepted(self, bubble: Bubble, error: RetryableError) -> str:
        """Known to have done nothing: again later, at most MAX_ATTEMPTS times; an open breaker uses no attempt."""
        tried = not isinstance(error, BreakerOpenError)
        if tried and bubble.attempts >= MAX_ATTEMPTS:
            return await self._fail(bubble, error.code, error.message)
        pause = retry_pause(error, bubble.attempts)
        await through_restart(
            lambda: mark_again(bubble.tenant_id, self.pool, bubble, pause, error.code, uses_attempt=tried)
        )
        return "pending"

    async def _ask_ycloud(self, bubble: Bubble, key: str) -> AcceptedSend:
        if not key:
            raise _no_key()
        to = Addressed(bubble.from_number, bubble.to_address, bubble.to_user_id, bubble.external_id)
        return await self.ycloud.send(bubble.tenant_id, key, to, self.content.of(bubble))


def _no_key() -> PermanentError:
    return PermanentError("no_credential", "La tienda no tiene clave de YCloud", 0)


def retry_pause(error: RetryableError, attempt: int) -> float:
    """Seconds before attempt `attempt + 1`: Retry-After when given, 4^n for the pair rate, else 2^n with jitter."""
    if error.retry_after is not None:
        return error.retry_after
    if is_pair_rate(error.code):
        return float(4**attempt)
    return float(2**attempt) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing
