"""From a due conversation to the Orchestrator's answer: claim, ask, and give back what could not be asked."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
import structlog

from nexus.contracts.chat import ChatMedia, ChatMessage, ChatRequest
from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.trust import trust
from nexus.gateways.ycloud.client import YCloud
from nexus.runtime.cache import Cache
from nexus.runtime.faults import fault_point
from nexus.runtime.logs import bind_correlation_id
from nexus.runtime.metrics import BURSTS, FENCE_REJECTIONS
from nexus.runtime.settings import Settings
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.media import burst_waits, go_on_without_words
from nexus.store.patience import through_restart
from nexus.store.questions import Question, load_question
from nexus.store.queue import (
    PARK_AFTER,
    ClaimedBurst,
    claim_bursts,
    give_back,
    hasten_unreached,
    next_work,
    park_claimed,
    renew_lease,
)
from nexus.whatsapp_service.keys import YCloudKeys
from nexus.whatsapp_service.media import WORDS_SECONDS

RENEW_SECONDS = 10.0
_QUICK_PAUSES = (0.2, 0.6)  # with the first try: three quick attempts (S-022)
_SHOWN_MESSAGES, _SHOWN_FILES, _SHOWN_EACH, _SHOWN_IN_ALL = 100, 30, 1000, 16_384  # of the burst, in the body of /chat
_DOTS_AFTER = 0.2
"""Seconds: in a rush all questions are asked before anybody is shown that they are."""
_log = structlog.get_logger()


class UnavailableError(RuntimeError):
    """The Orchestrator is not there to be asked (refused, DNS, 503): never counted against the burst."""


class AnswerFailedError(RuntimeError):
    """The Orchestrator was asked and gave no answer: counted once per claim."""


class StaleClaimError(RuntimeError):
    """409: another claim holds the conversation; nothing left to do here."""


@dataclass
class Relay:
    """What the loop needs; `wake_outbox`, set by whoever has both loops, is called when an answer is stored."""

    settings: Settings
    pool: Pool
    cache: Cache
    ycloud: YCloud
    keys: YCloudKeys
    owner: str
    wake_outbox: Callable[[], None] = field(init=False)
    client: httpx.AsyncClient = field(init=False)
    _orchestrator_away: bool = False
    _files_moved: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        timeout = httpx.Timeout(self.settings.answer_deadline_seconds + 3, connect=2.0)
        self.client = httpx.AsyncClient(
            base_url=self.settings.orchestrator_url, timeout=timeout, trust_env=False, verify=trust()
        )

    def files_moved(self) -> None:
        """A file or the words of a voice note came, or will not come: whoever waits for them looks again."""
        self._files_moved.set()
        self._files_moved = asyncio.Event()

    async def claim(self, free: int) -> Sequence[ClaimedBurst]:
        """Due bursts of any tenant."""
        return await claim_bursts(self.pool, self.owner, free)

    async def pause(self) -> float:
        """Seconds until the next burst is due, at most one: a lost notification costs no more than that."""
        due, _ = await next_work(self.pool)
        return min(1.0, max(0.005, due)) if due is not None else 1.0

    async def relay_burst(self, claimed: ClaimedBurst) -> None:
        """One claim, from its fence to its end."""
        bind_correlation_id(claimed.correlation_id)
        await fault_point("after_claim")
        try:
            if claimed.failures >= PARK_AFTER:
                await park_claimed(claimed.tenant_id, self.pool, claimed)
                BURSTS.labels("parked").inc()
                return
            await self._relay(claimed)
        except UNREACHABLE as error:  # our own store was away, which says nothing about the burst
            await self._give_back(claimed, f"store_unavailable: {type(error).__name__}", counted=False)

    async def _relay(self, claimed: ClaimedBurst) -> None:
        question = await load_question(claimed.tenant_id, self.pool, claimed.burst_id)
        beside = [asyncio.create_task(self._keep_lease(claimed)), asyncio.create_task(self._attend(claimed, question))]
        try:
            if question.awaits_files and not question.paused:
                question = await self._with_files(claimed)
            status = await self._ask(claimed, question)
            await fault_point("after_chat")
            BURSTS.labels(status).inc()
            self.wake_outbox()
            await self._tell_it_is_back()
        except StaleClaimError:
            FENCE_REJECTIONS.inc()
            _log.warning("stale_claim", burst_id=str(claimed.burst_id))
        except UnavailableError as error:
            self._orchestrator_away = True
            await self._give_back(claimed, str(error), counted=False)
        except AnswerFailedError as error:
            await self._give_back(claimed, str(error), counted=True)
        except asyncio.CancelledError:  # we stop before the answer is there: another gateway asks, not in 30 s but now
            await self._give_back(claimed, "gateway_stopped", counted=False)
            raise
        finally:
            for task in beside:
                task.cancel()
            await self.cache.delete(f"lock:chat:{claimed.conversation_id}")

    async def _with_files(self, claimed: ClaimedBurst) -> Question:
        """The burst once its files and voice notes are settled; after WORDS_SECONDS it goes on without them."""
        give_up_at = time.monotonic() + WORDS_SECONDS
        while await burst_waits(claimed.tenant_id, self.pool, claimed.burst_id):
            left = give_up_at - time.monotonic()
            if left <= 0:
                given_up = await go_on_without_words(claimed.tenant_id, self.pool, claimed.burst_id)
                _log.warning("burst_goes_on_without_files", burst_id=str(claimed.burst_id), voice_notes=given_up)
                break
            # Another gateway may be the one that fetches: then nobody sets the event here.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._files_moved.wait(), min(0.3, left))
        return await load_question(claimed.tenant_id, self.pool, claimed.burst_id)

    async def _tell_it_is_back(self) -> None:
        """After an outage nobody waits out a backoff of up to a minute any more."""
        if self._orchestrator_away:
            self._orchestrator_away = False
            await hasten_unreached(self.pool)

    async def _attend(self, claimed: ClaimedBurst, question: Question) -> None:
        """Blue ticks and typing dots while the answer is made, where one will follow; never in the way of it."""
        if question.paused or question.inbound_id is None:
            return
        await asyncio.sleep(_DOTS_AFTER)
        try:
            key = await self.keys.of(claimed.tenant_id)  # without one, YCloud refuses: nothing to show
            await self.ycloud.show_typing(claimed.tenant_id, key, question.inbound_id)
        except (PermanentError, RetryableError, UnknownOutcomeError, *UNREACHABLE) as error:
            _log.info("typing_not_shown", error=type(error).__name__)

    async def _ask(self, claimed: ClaimedBurst, question: Question) -> str:
        """The stored result's status; three quick attempts, always the same burst, so asking again is harmless."""
        for pause in (*_QUICK_PAUSES, None):
            try:
                return await self._post_chat(claimed, question)
            except UnavailableError:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise UnavailableError("unreachable")

    async def _post_chat(self, claimed: ClaimedBurst, question: Question) -> str:
        headers = {
            "X-Internal-Token": self.settings.internal_api_token,
            "X-Tenant-ID": str(claimed.tenant_id),
            "X-Correlation-Id": claimed.correlation_id,
        }
        body = _chat_request(claimed, question).model_dump(mode="json")
        try:
            async with asyncio.timeout(self.settings.answer_deadline_seconds + 3):
                response = await self.client.post("/chat", json=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise UnavailableError("orchestrator_unreachable") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise AnswerFailedError(type(error).__name__) from error
        if response.status_code == 200:
            return str(response.json()["status"])
        if response.status_code == 409:
            raise StaleClaimError
        if response.status_code == 503:
            raise UnavailableError("orchestrator_unavailable")
        raise AnswerFailedError(f"http_{response.status_code}")

    async def _keep_lease(self, claimed: ClaimedBurst) -> None:
        """Renewed by its holder for as long as it works; the Redis key is a copy for whoever looks (S-104)."""
        while True:
            await self.cache.set(f"lock:chat:{claimed.conversation_id}", f"{self.owner}:{claimed.fence}", 30)
            await asyncio.sleep(RENEW_SECONDS)
            try:
                if not await renew_lease(claimed.tenant_id, self.pool, claimed.conversation_id, claimed.fence):
                    return
            except UNREACHABLE as error:
                _log.warning("lease_not_renewed", error=type(error).__name__)

    async def _give_back(self, claimed: ClaimedBurst, reason: str, *, counted: bool) -> None:
        outcome = await through_restart(
            lambda: give_back(claimed.tenant_id, self.pool, claimed, reason, counted=counted)
        )
        BURSTS.labels(outcome).inc()
        _log.warning("burst_given_back", burst_id=str(claimed.burst_id), reason=reason, outcome=outcome)


def _chat_request(claimed: ClaimedBurst, question: Question) -> ChatRequest:
    """The burst as `/chat` is told of it: its newest messages, shortened, so that no body passes the door's 1 MiB.

    The Orchestrator reads the whole of it from the database (contract.md 4).
    """
    last = question.messages[-1]
    return ChatRequest(
        provider="ycloud",
        burst_id=claimed.burst_id,
        fence=claimed.fence,
        provider_message_id=last.provider_message_id,
        from_number=question.from_number,
        from_user_id=question.from_user_id,
        to_number=question.to_number,
        customer_name=question.customer_name,
        text="\n".join(message.text for message in question.messages)[:_SHOWN_IN_ALL],
        correlation_id=claimed.correlation_id,
        messages=[
            ChatMessage(
                provider_message_id=m.provider_message_id,
                type=m.message_type,
                text=m.text[:_SHOWN_EACH],
                sent_at=m.sent_at,
            )
            for m in question.messages[-_SHOWN_MESSAGES:]
        ],
        media=[
            ChatMedia(
                type=m.message_type, mime_type=m.mime_type, file_name=m.file_name, provider_id=m.provider_media_id
            )
            for m in question.messages
            if m.provider_media_id
        ][-_SHOWN_FILES:],
    )
