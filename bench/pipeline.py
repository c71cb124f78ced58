"""From webhook to first bubble, and how fast webhooks are acknowledged meanwhile (issue 2, architecture.md 3).

Everything is real but the vendors: our services as processes with production debounce, embedded PostgreSQL with
fsync, Valkey, and the sandbox. Both ends of an answer are read from the sandbox's own clock.
"""

import asyncio
import contextlib
import math
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.system import Shop, System

WINDOW_SECONDS = 2.0
WINDOW_MAX_SECONDS = 6.0
MODEL_SECONDS = 2.0
OVERHEAD_TARGET_SECONDS = 0.5
ACK_TARGET_MS = 50.0
ACK_RATE = 50
ACK_SECONDS = 20
CONVERSATIONS = (1, 20)
_ANSWER = "Sí, tenemos puntas de danza talle 37."
_SETTLE_SECONDS = 3.0


async def measure_pipeline(runs: int) -> dict[str, Any]:
    """All figures of the bench, printed as Markdown on the way; `missed` names the targets that were not met."""
    async with _production_system() as system:
        shop = await system.new_shop("Tienda del banco")
        scenario = {"steps": [{"reply": {"bubbles": [{"text": _ANSWER}]}}]}
        await system.script([scenario], delay_seconds=MODEL_SECONDS)
        await _answers(system, shop, 2)  # the first of everything compiles, connects and caches
        answers = [await _measure_answers(system, shop, n, runs) for n in CONVERSATIONS]
        _print_answers(answers)
        acknowledgement = await _measure_acknowledgement(system, shop, runs)
        _print_acknowledgement(acknowledgement)
    missed = [
        f"overhead p50 with {row['conversations']}: {row['overhead_p50']:.3f} s"
        for row in answers
        if row["overhead_p50"] > OVERHEAD_TARGET_SECONDS
    ]
    if acknowledgement["p99_ms"] >= ACK_TARGET_MS:
        missed.append(f"acknowledgement p99: {acknowledgement['p99_ms']:.1f} ms")
    if acknowledgement["not_200"]:
        missed.append(f"{acknowledgement['not_200']} webhooks without 200")
    return {"answers": answers, "acknowledgement": acknowledgement, "missed": missed}


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
        _progress(f"respuestas: {conversations} a la vez, {run + 1}/{runs}")
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
    await asyncio.sleep(_SETTLE_SECONDS)
    log = (await system.sandbox.get("/sandbox/webhook-log", params={"number": shop.number})).json()["attempts"]
    ledger = (await system.sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"]
    # The log's time is that of the answer to the webhook: its POST began latency_ms earlier.
    posted = {a["event_id"]: _moment(a["at"]) - a["latency_ms"] / 1000 for a in log}
    accepted = {send["to"]: _moment(send["at"]) for send in reversed(ledger)}  # the first one wins
    return [accepted[customer] - posted[message["event_id"]] for customer, message in zip(customers, sent, strict=True)]


async def _measure_acknowledgement(system: System, shop: Shop, runs: int) -> dict[str, Any]:
    """Webhook to 200 in ms at ACK_RATE a second, one message to nine statuses, while 20 customers are answered.

    The load is what YCloud would add; the statuses of the answers themselves come on top of it.
    """
    p50s, p95s, p99s, worst, not_200, answered = [], [], [], 0.0, 0, 0
    for run in range(runs):
        _progress(f"acuses: {ACK_RATE} por segundo durante {ACK_SECONDS} s, {run + 1}/{runs}")
        before = len((await system.sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"])
        texts = {"kind": "text", "customers": 20, "rate": ACK_RATE / 10, "messages": ACK_RATE * ACK_SECONDS // 10}
        statuses = {"kind": "status", "rate": ACK_RATE * 0.9, "messages": ACK_RATE * ACK_SECONDS * 9 // 10}
        halves = await asyncio.gather(*(_burst(system, shop, load) for load in (texts, statuses)))
        latencies = [ms for half in halves for ms in half["latencies_ms"]]
        not_200 += sum(n for half in halves for status, n in half["statuses"].items() if status != "200")
        p50s.append(percentile(latencies, 50))
        p95s.append(percentile(latencies, 95))
        p99s.append(percentile(latencies, 99))
        worst = max(worst, *latencies)
        await asyncio.sleep(WINDOW_MAX_SECONDS + MODEL_SECONDS + _SETTLE_SECONDS)
        after = len((await system.sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"])
        answered += after - before
    return {
        "rate": ACK_RATE,
        "seconds": ACK_SECONDS,
        "runs": runs,
        "p50_ms": round(statistics.median(p50s), 2),
        "p95_ms": round(statistics.median(p95s), 2),
        "p99_ms": round(statistics.median(p99s), 2),
        "p99_ms_of_each_run": [round(value, 2) for value in p99s],
        "max_ms": round(worst, 2),
        "not_200": not_200,
        "answers_written": answered,
    }


async def _burst(system: System, shop: Shop, load: dict[str, Any]) -> dict[str, Any]:
    answer = await system.sandbox.post("/sandbox/burst", json={"number": shop.number, **load}, timeout=120)
    answer.raise_for_status()
    return dict(answer.json())


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile: with one value that value, with 20 the p95 is the 19th."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print_answers(rows: list[dict[str, Any]]) -> None:
    print("| conversations | window | model | webhook to first bubble p50 / p95 | overhead p50 / p95 | target |")
    print("|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print(
            f"| {row['conversations']} | {WINDOW_SECONDS:g} s | {MODEL_SECONDS:g} s "
            f"| {row['total_p50']:.3f} / {row['total_p95']:.3f} s "
            f"| {row['overhead_p50']:.3f} / {row['overhead_p95']:.3f} s | {OVERHEAD_TARGET_SECONDS:g} s |"
        )


def _print_acknowledgement(row: dict[str, Any]) -> None:
    print("\n| webhooks | answers written meanwhile | acknowledged p50 | p95 | p99 | worst | target p99 |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {row['rate']}/s for {row['seconds']} s, {row['runs']} runs | {row['answers_written']} | {row['p50_ms']} ms "
        f"| {row['p95_ms']} ms | {row['p99_ms']} ms | {row['max_ms']} ms | {ACK_TARGET_MS:g} ms |"
    )
