"""The story of one answer: who may answer, what is remembered, what the agent says, what is stored."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from nexus.orchestrator_service.agent.bubbles import at_most_four
from nexus.orchestrator_service.agent.facts import HINTS, facts_note, older_facts
from nexus.orchestrator_service.agent.outcome import Answered, HandedOff
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.orchestrator_service.agent.trace import RunTrace, earlier_handoff
from nexus.orchestrator_service.appointments.reminder_answers import answer_reminder
from nexus.orchestrator_service.catalogue.back_in_stock import stop_if_asked
from nexus.orchestrator_service.chat.notices import leaves_nothing_to_answer, notices
from nexus.orchestrator_service.chat.shadow import draft_of, hand_off_for_real, unanswered
from nexus.runtime.cache import Cache
from nexus.runtime.faults import fault_point
from nexus.runtime.settings import Settings
from nexus.store.database import Connection, Pool, tenant_transaction
from nexus.store.effects import RunIdentity, effects_of
from nexus.store.memory import SaidMessage, last_shown_products, load_memory, load_statements
from nexus.store.replies import (
    Burst,
    NewBubble,
    Result,
    commit_draft,
    commit_error,
    commit_ignored,
    commit_reply,
    load_burst,
)
from nexus.store.tenants import Tenant, load_tenant
from nexus.store.traces import Spent

TOO_OLD_SECONDS = 15 * 60
_SESSION_SECONDS = 3600  # S-107
_OVERRIDE_SECONDS = 86_400  # S-106
_log = structlog.get_logger()


class _Remembered(NamedTuple):
    """What the agent is told: the memory before `messages`, which are to answer, `shown` last, and `notes` of her."""

    history: list[SaidMessage]
    messages: list[SaidMessage]
    shown: str | None
    notes: list[str]


@dataclass
class Answering:
    """What an answer needs, and the runs in progress: a second ask for the same claim joins the first."""

    settings: Settings
    pool: Pool
    cache: Cache
    room: AgentRoom
    _runs: dict[tuple[int, UUID, int], asyncio.Task[Result]] = field(default_factory=dict)

    async def answer(self, tenant_id: int, burst_id: UUID, fence: int) -> Result:
        """The stored result of this burst, made now if need be; goes on when the asker hangs up.

        Raises StaleFenceError, UnknownBurstError.
        """
        key = (tenant_id, burst_id, fence)  # the tenant too: nobody joins another shop's run
        if key not in self._runs:
            self._runs[key] = asyncio.create_task(self.answer_customer(tenant_id, burst_id, fence))
            self._runs[key].add_done_callback(lambda _: self._runs.pop(key, None))
        return await asyncio.shield(self._runs[key])

    async def answer_customer(self, tenant_id: int, burst_id: UUID, fence: int) -> Result:
        """From a claimed burst to its stored outcome."""
        async with tenant_transaction(tenant_id, self.pool) as conn:
            burst = await load_burst(tenant_id, conn, burst_id, fence)
            tenant = await load_tenant(tenant_id, conn)
            earlier = await effects_of(tenant_id, conn, burst_id)
        if isinstance(burst, Result) or tenant is None:
            return (
                burst if isinstance(burst, Result) else await commit_ignored(tenant_id, self.pool, burst, "no_tenant")
            )
        if burst.paused or not tenant.bot_enabled:
            run = RunIdentity(tenant.id, burst.conversation_id, burst.id, burst.fence)
            await stop_if_asked(self.pool, run, burst.messages)  # what she does not want any more counts all the same
            reason = "lockout" if burst.paused else "bot_off"
            return await commit_ignored(tenant_id, self.pool, burst, reason)
        if burst.age_seconds > TOO_OLD_SECONDS:
            return await commit_error(tenant_id, self.pool, burst, "too_late")
        result = await self._think(tenant, burst, earlier.get("derivhumano"))
        await fault_point("after_reply_commit")
        said = {"status": result.status, "reason": result.reason, "bubbles": len(result.bubbles)}
        _log.info("burst_answered", burst_id=str(burst.id), **said)
        return result

    async def _think(self, tenant: Tenant, burst: Burst, handed_off: dict[str, Any] | None) -> Result:
        if handed_off is not None:  # an earlier run of this burst got that far: its words, not a second opinion
            return await self._commit_handoff(tenant, burst, handed_off["message"], earlier_handoff())
        run = RunIdentity(tenant.id, burst.conversation_id, burst.id, burst.fence)
        words = await answer_reminder(self.pool, run, burst.messages)
        if words := words or await stop_if_asked(self.pool, run, burst.messages):
            return await self._commit(tenant, burst, [NewBubble("text", words)])
        notice = notices(burst.messages)
        if notice and leaves_nothing_to_answer(burst.messages):
            return await self._commit(tenant, burst, notice)
        known = await self._remembered(tenant, burst)
        trace = RunTrace(shadow=burst.shadow, timings={"queue": round(burst.age_seconds * 1000)})
        outcome = await self.room.run_agent(
            known.history, known.messages, tenant, burst, known.shown, trace, known.notes
        )
        spent = trace.spent()
        if isinstance(outcome, HandedOff):
            words = outcome.message
            if burst.shadow:
                words = await hand_off_for_real(tenant, self.pool, run, trace, burst.correlation_id)
            return await self._commit_handoff(tenant, burst, words, spent)
        if isinstance(outcome, Answered):
            products = json.dumps(outcome.shown_products) if outcome.shown_products else None
            bubbles = at_most_four([*notice, *outcome.bubbles])
            result = await self._commit(tenant, burst, bubbles, products, spent, trace, outcome.needs_person)
            if products and result.status == "ok":
                await self.cache.set(_session_key(tenant, burst), products, _SESSION_SECONDS)
            return result
        return await commit_error(tenant.id, self.pool, burst, outcome.reason, spent)

    async def _commit(
        self,
        tenant: Tenant,
        burst: Burst,
        bubbles: list[NewBubble],
        products: str | None = None,
        spent: Spent | None = None,
        trace: RunTrace | None = None,
        needs_person: str | None = None,
    ) -> Result:
        """The answer on its way to the customer, or in shadow mode to the person who sends it."""
        if burst.shadow:
            return await commit_draft(tenant.id, self.pool, burst, draft_of(bubbles, trace, products), spent)
        gate = trace.gate if trace else None
        unproved = gate.kinds() if gate and gate.blocked else None
        return await commit_reply(
            tenant.id, self.pool, burst, bubbles, products, spent, unproved=unproved, needs_person=needs_person
        )

    async def _commit_handoff(self, tenant: Tenant, burst: Burst, message: str, spent: Spent) -> Result:
        bubble = NewBubble("text", message, kind="handoff")
        result = await self._commit(tenant, burst, [bubble], None, spent)
        seconds = min(tenant.lockout_hours * 3600, _OVERRIDE_SECONDS)
        await self.cache.set(f"override:chat:{burst.conversation_id}", "derivhumano", seconds)
        return result

    async def _remembered(self, tenant: Tenant, burst: Burst) -> _Remembered:
        """In one transaction; what she saw last is the copy in Redis, else the last reply's own record (S-107)."""
        shown, chat = await self.cache.get(_session_key(tenant, burst)), burst.conversation_id
        async with tenant_transaction(tenant.id, self.pool) as conn:
            history = await load_memory(tenant.id, conn, chat, burst.id, self.settings.memory_window)
            shown = shown or await last_shown_products(tenant.id, conn, chat)
            history, messages = unanswered(history, burst.messages) if burst.shadow else (history, burst.messages)
            notes = await self._notes(tenant.id, conn, burst, history)
        return _Remembered(history, messages, shown, notes)

    async def _notes(self, tenant_id: int, conn: Connection, burst: Burst, history: list[SaidMessage]) -> list[str]:
        """What the customer said of herself before all that is remembered word for word (S-031)."""
        if len(history) < self.settings.memory_window:
            return []  # nothing is older
        statements = await load_statements(tenant_id, conn, burst.conversation_id, HINTS)
        note = facts_note(older_facts(statements, [*history, *burst.messages]))
        return [note] if note else []


def _session_key(tenant: Tenant, burst: Burst) -> str:
    return f"session:user:{tenant.id}:{burst.external_user_id}"
