"""What a run leaves behind beside its answer: its calls in the ledger, its times, and what a replay needs."""

import contextlib
import time
from collections.abc import AsyncIterator

from nexus.orchestrator_service.agent.context import RunContext
from nexus.orchestrator_service.agent.recording import recorded
from nexus.store.bot_settings import load_bot_settings
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.ledger import add_calls, is_over_ceiling
from nexus.store.memory import SaidMessage
from nexus.store.tenants import Tenant


async def no_money_left(tenant: Tenant, pool: Pool) -> bool:
    """Whether the shop's ceiling of the month is reached: then the model is not asked any more."""
    bot = await load_bot_settings(tenant.id, pool)
    ceilings = bot.monthly_token_ceiling, bot.monthly_cost_ceiling_usd
    return await is_over_ceiling(tenant.id, pool, *ceilings, tenant.time_zone)


@contextlib.asynccontextmanager
async def on_the_books(
    pool: Pool, context: RunContext, history: list[SaidMessage], messages: list[SaidMessage]
) -> AsyncIterator[None]:
    """The run inside: its calls are paid for whatever becomes of it. A replay is on nobody's books."""
    began, trace = time.perf_counter(), context.trace
    try:
        yield
    finally:
        trace.end_run(began)
        if context.replay is None:
            trace.note_products(context.findings.products)
            trace.recording = None if trace.rehearsed else recorded(history, messages, context)
            with contextlib.suppress(*UNREACHABLE):
                burst_id = None if trace.rehearsed else context.run.burst_id
                await add_calls(context.tenant.id, pool, trace.calls, "test" if trace.rehearsed else "burst", burst_id)
