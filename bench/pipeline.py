"""From webhook to first bubble, and how fast webhooks are acknowledged meanwhile (issues 2 and 3).

Everything is real but the vendors: our services as processes with production debounce, embedded PostgreSQL with
fsync, Valkey, and the sandbox. Both ends of an answer are read from the sandbox's own clock.
"""

import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.system import Shop, System

from bench.acknowledging import (
    measure_acknowledgement,
    measure_while_transcription_hangs,
    missed_targets,
    print_acknowledgement,
    print_while_transcription_hangs,
)
from bench.setting import (
    MODEL_SECONDS,
    SETTLE_SECONDS,
    WINDOW_MAX_SECONDS,
    WINDOW_SECONDS,
    ledger_of,
    moment,
    percentile,
    posted_at,
    progress,
    webhooks_of,
)

OVERHEAD_TARGET_SECONDS = 0.5
CONVERSATIONS = (1, 20)
_ANSWER = "¡Hola! Contame qué estás buscando."  # nothing that the gate would want proved: one call of the model


async def measure_pipeline(runs: int) -> dict[str, Any]:
    """All figures of the bench, printed as Markdown on the way; `missed` names the targets that were not met."""
    async with _production_system() as system:
        shop = await system.new_shop("Tienda del banco")
        scenario = {"steps": [{"reply": {"bubbles": [{"text": _ANSWER}]}}]}
        await system.script([scenario], delay_seconds=MODEL_SECONDS)
        await _answers(system, shop, 2)  # the first of everything compiles, connects and caches
        answers = [await _measure_answers(system, shop, n, runs) for n in CONVERSATIONS]
        _print_answers(answers)
        acknowledgement = await measure_acknowledgement(system, shop, runs)
        print_acknowledgement(acknowledgement)
        hanging = await measure_while_transcription_hangs(system, shop, runs)
        print_while_transcription_hangs(hanging)
    missed = [
        f"overhead p50 with {row['conversations']}: {row['overhead_p50']:.3f} s"
        for row in answers
        if row["overhead_p50"] > OVERHEAD_TARGET_SECONDS
    ]
    return {
        "answers": answers,
        "acknowledgement": acknowledgement,
        "while_transcription_hangs": hanging,
        "missed": [*missed, *missed_targets(acknowledgement, hanging)],
    }


@contextlib.asynccontextmanager
async def _production_system() -> AsyncIterator[System]:
    settings: dict[str, Any] = {
        "WHATSAPP_DEBOUNCE_SECONDS": str(WINDOW_SECONDS),
        "WHATSAPP_DEBOUNCE_MAX_SECONDS": str(WINDOW_MAX_SECONDS),
        "ANSWER_DEADLINE_SECONDS": "25",
        "SANDBOX_RETRY_SCALE": "1",
    }
    with tempfile.TemporaryDirectory(prefix="nexus-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        await asyncio.to_thread(home.chmod, 0o755)  # PostgreSQL runs as another account when we are root
        async with System(home, **settings) as system:
            yield system


async def _measure_answers(system: System, shop: Shop, conversations: int, runs: int) -> dict[str, Any]:
    """Seconds from webhook to first bubble: p50 and p95 over the conversations, then the median over the runs."""
    p50s, p95s = [], []
    for run in range(runs):
        progress(f"respuestas: {conversations} a la vez, {run + 1}/{runs}")
        seconds = await _answers(system, shop, conversations)
        p50s.append(percentile(seconds, 50))
        p95s.append(percentile(seconds, 95))
    expected = WINDOW_SECONDS + MODEL_SECONDS
    p50, p95 = statistics.median(p50s), statistics.median(p95s)
    return {
        "conversations": conversations,
        "runs": runs,
        "total_p50": round(p50, 3),
        "total_p95": round(p95, 3),
        "overhead_p50": round(p50 - expected, 3),
        "overhead_p95": round(p95 - expected, 3),
        "overhead_p50_of_each_run": [round(value - expected, 3) for value in p50s],
    }


async def _answers(system: System, shop: Shop, conversations: int) -> list[float]:
    """Let that many new customers write at once; seconds to the first bubble of each.

    Nothing is polled before all answers are due, so that the measuring does not load what it measures.
    """
    customers = [shop.customer() for _ in range(conversations)]
    sent = await asyncio.gather(*(shop.say(customer, "¿Tenés puntas talle 37?") for customer in customers))
    await asyncio.sleep(WINDOW_SECONDS + MODEL_SECONDS + 1)
    for customer in customers:
        await shop.bubbles(customer, within=30)
    await asyncio.sleep(SETTLE_SECONDS)
    posted = {attempt["event_id"]: posted_at(attempt) for attempt in await webhooks_of(system, shop)}
    # The first one wins.
    accepted = {send["to"]: moment(send["at"]) for send in reversed(await ledger_of(system, shop))}
    return [accepted[customer] - posted[message["event_id"]] for customer, message in zip(customers, sent, strict=True)]


def _print_answers(rows: list[dict[str, Any]]) -> None:
    print("| conversations | window | model | webhook to first bubble p50 / p95 | overhead p50 / p95 | target |")
    print("|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print(
            f"| {row['conversations']} | {WINDOW_SECONDS:g} s | {MODEL_SECONDS:g} s "
            f"| {row['total_p50']:.3f} / {row['total_p95']:.3f} s "
            f"| {row['overhead_p50']:.3f} / {row['overhead_p95']:.3f} s | {OVERHEAD_TARGET_SECONDS:g} s |"
        )
