"""What a run leaves behind beside its answer: its calls in the ledger, its times, and what a replay needs."""

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.agent.cards import effective_price
from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.outcome import Failed, Outcome
from nexus.orchestrator_service.agent.recording import recorded
from nexus.orchestrator_service.appointments.customer_agenda import known_agenda
from nexus.runtime.logs import get_logger
from nexus.store.bot_settings import BotSettings
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.effects import Rehearsal
from nexus.store.ledger import add_calls, is_over_ceiling
from nexus.store.memory import SaidMessage
from nexus.store.tenants import Tenant


async def no_money_left(tenant: Tenant, pool: Pool, bot: BotSettings) -> bool:
    """Whether the shop's ceiling of the month is reached: then the model is not asked any more."""
    ceilings = bot.monthly_token_ceiling, bot.monthly_cost_ceiling_usd
    return await is_over_ceiling(tenant.id, pool, *ceilings, tenant.time_zone)


@dataclass
class Books:
    """`outcome` is what the run came to; whoever runs it writes it here."""

    outcome: Outcome = field(default_factory=lambda: Failed("model_garbage"))


@contextlib.asynccontextmanager
async def on_the_books(
    pool: Pool, context: RunContext, history: list[SaidMessage], messages: list[SaidMessage]
) -> AsyncIterator[Books]:
    """The run inside: its calls are paid for whatever becomes of it. A replay is on nobody's books."""
    began, trace, books = time.perf_counter(), context.trace, Books()
    try:
        yield books
        if not trace.rehearsed and context.replay is None:
            standing = await standing_of(pool, context) if context.findings.agenda.used else context.agenda.upcoming
            try:
                trace.recording = recorded(history, messages, context, standing, books.outcome)
            except ValueError as error:  # nobody's answer waits for what a replay would want
                get_logger().error("run_not_recorded", error=type(error).__name__)
    finally:
        trace.end_run(began)
        trace.tried = [tool for tool, _ in context.run.done] if isinstance(context.run, Rehearsal) else []
        trace.products = [
            {"id": item["id"], "name": item.get("name"), "price": effective_price(item)}
            for item in context.findings.products.values()
        ]
        if context.replay is None:
            with contextlib.suppress(*UNREACHABLE):
                burst_id = None if trace.rehearsed else context.run.burst_id
                await add_calls(context.tenant.id, pool, trace.calls, "test" if trace.rehearsed else "burst", burst_id)


async def standing_of(pool: Pool, context: RunContext) -> list[Appointment]:
    """The customer's appointments to come, as they are after what the run did; in a replay, as they were then."""
    if context.replay is not None:
        return context.replay.standing
    _, standing = await known_agenda(pool, context.run, context.now)
    return standing
