"""A conversation passes from the bot to a person: lockout, e-mail job and the customer's message, once per burst."""

from typing import Any

from nexus.runtime.faults import fault_point
from nexus.store.database import Connection, Pool
from nexus.store.effects import (
    DEFAULT_HANDOFF_MESSAGE,
    Rehearsal,
    RunIdentity,
    effect_once,
    effects_of,
    hand_off,
)

TOOL = "derivhumano"


async def request_person(
    pool: Pool, run: RunIdentity, reason: str, details: dict[str, Any], correlation_id: str, when: str
) -> str:
    """Hand the run's conversation over and return the text for the customer (S-047: lock first, mail later).

    `when` says when somebody answers, "" while the shop is open. However often a burst asks, in one run or in its
    re-runs, it is handed over once. Raises StaleFenceError.
    """

    async def act(conn: Connection) -> dict[str, Any]:
        return await hand_off(
            run.tenant_id,
            conn,
            run.conversation_id,
            source="bot",
            reason=reason,
            details=details,
            burst_id=run.burst_id,
            correlation_id=correlation_id,
            when=when,
        )

    arguments = {"reason": reason, **details}
    result = await effect_once(run.tenant_id, pool, run, TOOL, 1, arguments, act)
    await fault_point("after_tool_effect")
    return str(result["message"])


async def earlier_request(pool: Pool, run: RunIdentity) -> str | None:
    """The text for the customer when an earlier run of this burst handed it over and then died, else None."""
    if isinstance(run, Rehearsal):
        return next((str(result["message"]) for result in run.results(TOOL)), None)
    effects = await effects_of(run.tenant_id, pool, run.burst_id)
    return effects[TOOL].get("message", DEFAULT_HANDOFF_MESSAGE) if TOOL in effects else None
