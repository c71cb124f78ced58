"""The thinking room: `run_agent`, all that `/chat` knows of the model (architecture.md 6)."""

import asyncio
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import openai
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain.agents.middleware.tool_call_limit import ToolCallLimitExceededError
from langchain_core.messages import AnyMessage
from langsmith import tracing_context

from nexus.gateways.llm import ModelConnections, ModelSettings, failure_reason, is_too_long, model_settings
from nexus.gateways.tiendanube.client import ShopNotConnectedError
from nexus.gateways.upstream import Upstream
from nexus.orchestrator_service.agent.bookkeeping import no_money_left, on_the_books, standing_of
from nexus.orchestrator_service.agent.bubbles import at_most_four, products_in, to_send
from nexus.orchestrator_service.agent.checks import check_model, check_shop
from nexus.orchestrator_service.agent.circuit import Circuits
from nexus.orchestrator_service.agent.commitments import (
    Facts,
    claims_something,
    keep_commitments,
    sentences_of,
    speaks_of_appointments,
)
from nexus.orchestrator_service.agent.context import KnownAgenda, RunContext
from nexus.orchestrator_service.agent.conversation import agenda_notes, conversation
from nexus.orchestrator_service.agent.ending import said_in
from nexus.orchestrator_service.agent.engine import AgentShelf, ModelCost
from nexus.orchestrator_service.agent.fixed_texts import SHOP_AWAY, fixed_text
from nexus.orchestrator_service.agent.gate.verdict import GateVerdict, Violation
from nexus.orchestrator_service.agent.gatekeeper import (
    SECONDS_FOR_A_REPAIR,
    Checked,
    correction,
    found_in,
    grave,
    grounds_of,
    safe_reply,
    settled,
    shop_links,
)
from nexus.orchestrator_service.agent.guard import ENDS_THE_RUN, shop_is_away, trace_of
from nexus.orchestrator_service.agent.heard import Replay
from nexus.orchestrator_service.agent.outcome import Answered, Failed, HandedOff, Outcome
from nexus.orchestrator_service.agent.recording import run_input
from nexus.orchestrator_service.agent.reply import ModelBubble
from nexus.orchestrator_service.agent.sight import Sight
from nexus.orchestrator_service.agent.topics import topic_notes
from nexus.orchestrator_service.agent.trace import RunTrace
from nexus.orchestrator_service.agent.versions import RunVersion, VersionShelf
from nexus.orchestrator_service.appointments.customer_agenda import done_in, known_agenda
from nexus.orchestrator_service.catalogue.shop import ShopDoor
from nexus.orchestrator_service.handoff.request import earlier_request
from nexus.runtime.cache import Cache
from nexus.runtime.faults import fault_point
from nexus.runtime.logs import get_logger
from nexus.runtime.settings import Settings
from nexus.store.bot_settings import BotSettings, load_bot_settings
from nexus.store.credentials import load_credentials
from nexus.store.database import Pool, tenant_transaction
from nexus.store.effects import Rehearsal, RunIdentity, new_rehearsal
from nexus.store.events import add_event
from nexus.store.ledger import CEILING_REACHED
from nexus.store.memory import SaidMessage
from nexus.store.replies import Burst, NewBubble
from nexus.store.secrets import Vault
from nexus.store.tenants import Tenant
from nexus.store.traces import KeptRecording

_ATTEMPTS = 2
_CREDENTIAL_REASONS = ("model_auth", "model_missing")


class AgentRoom:
    """Models, shops and compiled agents of one process; `close()` it at the end."""

    def __init__(self, settings: Settings, pool: Pool, cache: Cache, vault: Vault) -> None:
        self.connections = ModelConnections()
        self.shops = ShopDoor(settings, pool, cache, vault, Upstream("tiendanube"))
        self.versions = VersionShelf(pool)
        self._settings = settings
        self._pool = pool
        self._vault = vault
        self.circuits = Circuits(cache)
        self.sight = Sight(pool, settings)
        self._shelf = AgentShelf(self.connections, self.circuits, pool)

    async def close(self) -> None:
        """Close the connections."""
        await self.connections.close()
        await self.shops.upstream.close()

    async def run_agent(
        self,
        history: list[SaidMessage],
        messages: list[SaidMessage],
        tenant: Tenant,
        burst: Burst,
        last_shown: str | None,
        trace: RunTrace | None = None,
        notes: Sequence[str] = (),
    ) -> Outcome:
        """Answer the burst's `messages` (in order), given the memory before it, oldest first.

        `last_shown` is `[{id, name, price}, …]` as JSON, `notes` what is known of the customer; `trace` is filled with
        what the run does and costs. Ends within ANSWER_DEADLINE_SECONDS. A handoff wins over whatever the model says or
        fails at afterwards. Raises StaleFenceError, and nexus.store.database.UNREACHABLE when PostgreSQL is away.
        """
        trace, now = trace or RunTrace(), datetime.now(UTC)
        identity = Rehearsal if trace.shadow else RunIdentity
        run = identity(tenant.id, burst.conversation_id, burst.id, burst.fence)
        async with tenant_transaction(tenant.id, self._pool) as conn:
            version = await self.versions.of(tenant, conn)
            bot = await load_bot_settings(tenant.id, conn)
            agenda = KnownAgenda(*await known_agenda(conn, run, now))
        context = RunContext(
            tenant=tenant,
            run=run,
            now=now,
            phone=burst.wa_address,
            customer_name=burst.display_name,
            last_shown=last_shown,
            correlation_id=burst.correlation_id,
            door=self.shops,
            version=version,
            bot=bot,
            agenda=agenda,
            trace=trace,
            notes=tuple(notes),
        )
        outcome = await self._accounted(history, messages, context)
        await fault_point("after_llm")
        return outcome

    async def rehearse(
        self, history: list[SaidMessage], messages: list[SaidMessage], tenant: Tenant, version: RunVersion | None = None
    ) -> tuple[Outcome, RunTrace]:
        """What the bot would answer a customer whom it does not know, and how; nothing is stored, sent or changed.

        By the published version, or the one given.
        """
        run, now = new_rehearsal(tenant.id), datetime.now(UTC)
        trace = RunTrace(rehearsed=True)
        context = RunContext(
            tenant=tenant,
            run=run,
            now=now,
            phone=None,
            customer_name=None,
            last_shown=None,
            correlation_id="",
            door=self.shops,
            version=version or await self.versions.of(tenant),
            bot=await load_bot_settings(tenant.id, self._pool),
            agenda=KnownAgenda(*await known_agenda(self._pool, run, now)),
            trace=trace,
        )
        return await self._accounted(history, messages, context), trace

    async def replay(self, tenant: Tenant, kept: KeptRecording) -> tuple[Outcome, RunTrace, Replay]:
        """The recorded run again by what is published and programmed now: its moment, its memory, its tools' words.

        Nothing is stored, sent or changed, and no tool asks anybody; only the model is asked, and answers as it does.
        """
        began, replay = run_input(kept.recording.run), Replay(list(kept.recording.tools))
        replay.standing = began.standing
        whose = tenant.id, kept.conversation_id, kept.burst_id, 0
        context = RunContext(
            tenant=tenant,
            run=RunIdentity(*whose) if began.tried is None else Rehearsal(*whose, began.tried),
            now=began.now,
            phone=began.phone,
            customer_name=began.customer_name,
            last_shown=began.last_shown,
            correlation_id="",
            door=self.shops,
            version=await self.versions.of(tenant),
            bot=await load_bot_settings(tenant.id, self._pool),
            agenda=KnownAgenda(began.services, began.upcoming),
            trace=RunTrace(rehearsed=True),
            notes=tuple(began.notes),
            replay=replay,
        )
        async with on_the_books(self._pool, context, began.history, began.messages) as books:
            books.outcome = await self._within_deadline(began.history, began.messages, context)
        return books.outcome, context.trace, replay

    async def test_llm(self, tenant_id: int) -> tuple[bool, str]:
        """Whether the tenant's model answers, and one Spanish sentence about it."""
        bot = await load_bot_settings(tenant_id, self._pool)
        return await check_model(self.connections, await self._model_of(tenant_id, bot))

    async def test_tiendanube(self, tenant_id: int) -> tuple[bool, str]:
        """Whether the tenant's shop opens with its credentials, and one Spanish sentence about it."""
        try:
            shop = await self.shops.open(tenant_id)
        except ShopNotConnectedError:
            return False, "Faltan el número de tienda o el token."
        return await check_shop(shop)

    async def _model_of(self, tenant_id: int, bot: BotSettings) -> ModelSettings:
        own = await load_credentials(tenant_id, self._pool, self._vault, "llm")
        return model_settings(self._settings, own, bot.fallback_model)

    async def _accounted(self, history: list[SaidMessage], messages: list[SaidMessage], context: RunContext) -> Outcome:
        """One run with what it cost in the ledger, where the month's ceiling leaves room for it."""
        if await no_money_left(context.tenant, self._pool, context.bot):
            return Failed(CEILING_REACHED)
        async with on_the_books(self._pool, context, history, messages) as books:
            books.outcome = await self._within_deadline(history, messages, context)
        return books.outcome

    async def _within_deadline(
        self, history: list[SaidMessage], messages: list[SaidMessage], context: RunContext
    ) -> Outcome:
        context.trace.prompt_version = context.version.id
        deadline = self._settings.answer_deadline_seconds
        limit = asyncio.timeout(deadline - min(1.0, deadline / 10))
        context.trace.ends_at = asyncio.get_running_loop().time() + deadline - min(1.0, deadline / 10)
        try:
            async with limit:
                outcome = await self._think(history, messages, context)
        except TimeoutError:
            if not limit.expired():
                raise
            outcome = Failed("model_timeout")
        if not isinstance(outcome, Failed):
            return outcome
        # a run may fail, or be cut off at the deadline, with its handoff already committed
        if message := await earlier_request(self._pool, context.run):
            return HandedOff(message)
        await self._record(outcome.reason, context)
        done = await done_in(self._pool, context.run)
        return Answered(sentences_of(done)) if done else outcome

    async def _think(self, history: list[SaidMessage], messages: list[SaidMessage], context: RunContext) -> Outcome:
        """One run, and a second one when the first gave nothing usable or did not fit the model."""
        reason = "model_garbage"
        for _ in range(_ATTEMPTS):
            try:
                said = await self._ask(history, messages, context)
            except openai.OpenAIError as error:
                if not is_too_long(error) or not history:
                    return Failed(failure_reason(error))
                reason = "model_refused"
                history = history[(len(history) + 1) // 2 :]
                continue
            except (ModelCallLimitExceededError, ToolCallLimitExceededError):
                return Failed("limit")
            if context.findings.handoff_message:
                return HandedOff(context.findings.handoff_message)
            if shop_is_away(context.findings):
                done = sentences_of(await done_in(self._pool, context.run))
                return Answered([*done, NewBubble("text", fixed_text("shop_away"))], needs_person=SHOP_AWAY)
            if said:
                return await self._gated(said, history, messages, context)
        return Failed(reason)

    async def _gated(
        self, said: list[ModelBubble], history: list[SaidMessage], messages: list[SaidMessage], context: RunContext
    ) -> Outcome:
        """The reply as the gate lets it go: as it is, repaired once, or the shop's safe text (issue 6, Build 2)."""
        checked = await self._checked(said, history, messages, context)
        verdict = GateVerdict(checked.violations)
        if checked.violations and context.trace.seconds_left() > SECONDS_FOR_A_REPAIR:
            again = await self._repaired(said, checked.violations, history, messages, context)
            if context.findings.handoff_message:
                verdict.repaired = True
                settled(verdict, context)
                return HandedOff(context.findings.handoff_message)
            if again:
                repaired = await self._checked(again, history, messages, context)
                if len(grave(repaired.violations)) <= len(grave(checked.violations)):
                    checked, verdict.repaired = repaired, True
        verdict.remaining = checked.violations
        verdict.blocked = checked.blocked
        verdict.stripped = not checked.blocked and bool(grave(checked.violations))
        settled(verdict, context)
        bubbles = checked.bubbles
        if verdict.blocked:
            bubbles = at_most_four([*sentences_of(await done_in(self._pool, context.run)), *safe_reply()])
        return Answered(bubbles, products_in(bubbles, context.findings)) if bubbles else Failed("empty")

    async def _checked(
        self, said: list[ModelBubble], history: list[SaidMessage], messages: list[SaidMessage], context: RunContext
    ) -> Checked:
        """What would be sent, and what in it nothing bears out; links are judged before they are taken out."""
        began, website = time.perf_counter(), context.tenant.store_website
        context.findings.links |= shop_links(context)
        done = await done_in(self._pool, context.run)
        grounds = grounds_of(history, messages, context, done)
        whole = at_most_four(
            await self._backed(to_send(said, context.findings, website, every_link=True), done, messages, context)
        )
        violations = found_in(whole, grounds, context, said)
        bubbles = at_most_four(await self._backed(to_send(said, context.findings, website), done, messages, context))
        serious = grave(violations)
        blocked = bool(serious) and bool(grave(found_in(bubbles, grounds, context)))
        context.trace.timings["gate"] = context.trace.timings.get("gate", 0) + round(
            (time.perf_counter() - began) * 1000
        )
        return Checked(bubbles, violations, blocked)

    async def _repaired(
        self,
        said: list[ModelBubble],
        violations: list[Violation],
        history: list[SaidMessage],
        messages: list[SaidMessage],
        context: RunContext,
    ) -> list[ModelBubble]:
        """What the model says when it reads what was wrong; nothing when it cannot say it in time."""
        left = context.trace.seconds_left()
        try:
            async with asyncio.timeout(None if math.isinf(left) else left - SECONDS_FOR_A_REPAIR / 4):
                return await self._ask(history, messages, context, correction(said, violations))
        except (TimeoutError, openai.OpenAIError, ModelCallLimitExceededError, ToolCallLimitExceededError) as error:
            get_logger().warning("reply_not_repaired", tenant_id=context.tenant.id, error=type(error).__name__)
            return []

    async def _backed(
        self,
        bubbles: list[NewBubble],
        done: list[dict[str, Any]],
        messages: list[SaidMessage],
        context: RunContext,
    ) -> list[NewBubble]:
        """The bubbles with what was done to the agenda in code's words, and without claims that nothing backs."""
        if not done and not claims_something(bubbles):
            return bubbles
        standing = await standing_of(self._pool, context)
        agenda = context.findings.agenda
        asked = agenda.used or speaks_of_appointments([message.content for message in messages])
        return keep_commitments(bubbles, Facts(done, standing, agenda.refusal, asked=asked))

    async def _ask(
        self,
        history: list[SaidMessage],
        messages: list[SaidMessage],
        context: RunContext,
        corrected: Sequence[AnyMessage] = (),
    ) -> list[ModelBubble]:
        """Run the graph once; nothing said is an empty list. Raises openai's errors and ENDS_THE_RUN.

        `corrected` is what was said before and what was wrong with it.
        """
        tenant, now = context.tenant, context.now
        context.findings.agenda.begin_again()
        model = await self._model_of(tenant.id, context.bot)
        agent = self._shelf.agent(tenant.id, model, context.version.prompt)
        pictures = await self.sight.pictures(tenant.id, messages, model)
        kept = topic_notes([message.content or "" for message in messages], context.version.human_topics)
        spoken = conversation(
            history,
            messages,
            now=now,
            time_zone=tenant.time_zone,
            customer_name=context.customer_name,
            last_shown=context.last_shown,
            agenda=[*agenda_notes(context.agenda, now), *kept, *context.notes],
            pictures=pictures,
        )
        callbacks = {"callbacks": [ModelCost(tenant.id, context.trace)]}
        try:
            with tracing_context(enabled=False):  # a stray LANGSMITH_TRACING would ship chats to a third party
                state: dict[str, Any] = await agent.ainvoke(
                    {"messages": [*spoken, *corrected]}, context=context, config=callbacks
                )
        except openai.BadRequestError as error:
            if not pictures or is_too_long(error):
                raise
            self.sight.refused(model)  # not every server that is said to see does
            return await self._ask(history, messages, context, corrected)
        except (openai.OpenAIError, ModelCallLimitExceededError, ToolCallLimitExceededError, *ENDS_THE_RUN):
            raise
        except Exception as error:  # noqa: BLE001 - a library's edge: LangChain stumbles over garbage in many ways
            get_logger().error("model_answer_unreadable", **trace_of(error))
            return []
        return said_in(state)

    async def _record(self, reason: str, context: RunContext) -> None:
        """A failed run is in the log; a key or model that will keep failing is an event that people see."""
        get_logger().warning("agent_failed", reason=reason, tenant_id=context.tenant.id)
        if reason in _CREDENTIAL_REASONS and not context.trace.rehearsed:
            await add_event(
                context.tenant.id,
                self._pool,
                "error",
                "credential_refused",
                "El proveedor del modelo rechaza la clave, la cuenta o el modelo configurado",
                {"reason": reason},
                context.correlation_id,
            )
