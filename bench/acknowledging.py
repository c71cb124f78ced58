"""How fast webhooks are acknowledged: while answers are written, and while a hung transcription holds voice notes."""

import asyncio
import statistics
from typing import Any

from tests.system import Shop, System

from bench.setting import (
    ACK_RATE,
    ACK_SECONDS,
    ACK_TARGET_MS,
    MODEL_SECONDS,
    SETTLE_SECONDS,
    WINDOW_MAX_SECONDS,
    WINDOW_SECONDS,
    ledger_of,
    load,
    moment,
    percentile,
    posted_at,
    progress,
    webhooks_of,
)

WORDS_SECONDS = 8.0
"""How long a burst waits for its voice notes (issue 3)."""
HELD_TARGET_SECONDS = WORDS_SECONDS + 0.5
_SHOPS = 10
"""So many that no shop's breaker opens before the load ends: transcription hangs the whole time."""
_VOICE_TO_TEXT_SECONDS = 0.2


async def measure_acknowledgement(system: System, shop: Shop, runs: int) -> dict[str, Any]:
    """Webhook to 200 in ms at ACK_RATE a second, one message to nine statuses, while 20 customers are answered.

    The load is what YCloud would add; the statuses of the answers themselves come on top of it.
    """
    rounds, not_200, answered = [], 0, 0
    for run in range(runs):
        progress(f"acuses: {ACK_RATE} por segundo durante {ACK_SECONDS} s, {run + 1}/{runs}")
        before = len(await ledger_of(system, shop))
        texts = {"kind": "text", "customers": 20, "rate": ACK_RATE / 10, "messages": ACK_RATE * ACK_SECONDS // 10}
        halves = await asyncio.gather(load(system, shop, **texts), load(system, shop, **_statuses()))
        rounds.append([ms for half in halves for ms in half["latencies_ms"]])
        not_200 += sum(n for half in halves for status, n in half["statuses"].items() if status != "200")
        await asyncio.sleep(WINDOW_MAX_SECONDS + MODEL_SECONDS + SETTLE_SECONDS)
        answered += len(await ledger_of(system, shop)) - before
    return _latencies(rounds) | {"not_200": not_200, "answers_written": answered}


async def measure_while_transcription_hangs(system: System, shop: Shop, runs: int) -> dict[str, Any]:
    """The same load, its messages pairs of a voice note and a text from one customer, and no transcription answers.

    `held_*` is how long an answer took beyond window and model: the wait for the words of the voice note.
    """
    rounds, held, not_200, voices = [], [], 0, 0
    for run in range(runs):
        progress(f"acuses con la transcripción colgada: {run + 1}/{runs}")
        shops = await asyncio.gather(*(system.new_shop(f"Tienda {n + 1}") for n in range(_SHOPS)))
        await system.fault("stt", "hang", times=-1, seconds=60)
        pairs, statuses = await asyncio.gather(_speak(shops), load(system, shop, **_statuses()))
        await asyncio.sleep(WINDOW_SECONDS + WORDS_SECONDS + MODEL_SECONDS + SETTLE_SECONDS)
        (await system.sandbox.delete("/sandbox/faults")).raise_for_status()
        inbound, waits = await _outcome(system, shops, pairs)
        rounds.append([*statuses["latencies_ms"], *(float(attempt["latency_ms"]) for attempt in inbound)])
        not_200 += sum(n for status, n in statuses["statuses"].items() if status != "200")
        not_200 += sum(attempt["status"] != 200 for attempt in inbound)
        held += waits
        voices += len(pairs)
    return _latencies(rounds) | {
        "not_200": not_200,
        "voice_notes": voices,
        "unanswered": voices - len(held),
        "held_p50": round(percentile(held, 50), 2),
        "held_worst": round(max(held), 2),
    }


def _statuses() -> dict[str, Any]:
    return {"kind": "status", "rate": ACK_RATE * 0.9, "messages": ACK_RATE * ACK_SECONDS * 9 // 10}


async def _speak(shops: list[Shop]) -> list[tuple[str, str]]:
    """A tenth of the rate: a new customer sends a voice note and at once a text, to one shop after another.

    Her number and the event of the text, in the order in which they wrote.
    """
    count, every = ACK_RATE * ACK_SECONDS // 20, 20 / ACK_RATE
    loop = asyncio.get_running_loop()
    started = loop.time()
    pairs = []
    for place in range(count):
        await asyncio.sleep(max(0.0, started + place * every - loop.time()))
        pairs.append(asyncio.create_task(_pair(shops[place % len(shops)])))
    return list(await asyncio.gather(*pairs))


async def _pair(shop: Shop) -> tuple[str, str]:
    customer = shop.customer()
    await shop.say(customer, "", media_id="voz-puntas", wait=False)
    await asyncio.sleep(_VOICE_TO_TEXT_SECONDS)
    text = await shop.say(customer, "¿Y cuánto sale el envío?", wait=False)
    return customer, str(text["event_id"])


async def _outcome(
    system: System, shops: list[Shop], pairs: list[tuple[str, str]]
) -> tuple[list[dict[str, Any]], list[float]]:
    """The deliveries of the pairs, and for each answered text the seconds that its answer waited for the words."""
    logs = [attempt for shop in shops for attempt in await webhooks_of(system, shop)]
    inbound = [attempt for attempt in logs if attempt["type"] == "whatsapp.inbound_message.received"]
    sends = [send for shop in shops for send in await ledger_of(system, shop)]
    first = {send["to"]: moment(send["at"]) for send in reversed(sends)}
    left = {attempt["event_id"]: posted_at(attempt) for attempt in reversed(inbound)}
    expected = WINDOW_SECONDS + MODEL_SECONDS
    return inbound, [first[customer] - left[event] - expected for customer, event in pairs if customer in first]


def _latencies(rounds: list[list[float]]) -> dict[str, Any]:
    """Percentiles of each run, the median of them, and the worst value of all."""

    def over(percent: float) -> list[float]:
        return [percentile(latencies, percent) for latencies in rounds]

    return {
        "rate": ACK_RATE,
        "seconds": ACK_SECONDS,
        "runs": len(rounds),
        "p50_ms": round(statistics.median(over(50)), 2),
        "p95_ms": round(statistics.median(over(95)), 2),
        "p99_ms": round(statistics.median(over(99)), 2),
        "p99_ms_of_each_run": [round(value, 2) for value in over(99)],
        "max_ms": round(max(max(latencies) for latencies in rounds), 2),
    }


def missed_targets(writing: dict[str, Any], hanging: dict[str, Any]) -> list[str]:
    """What the two measures missed, in words."""
    missed = []
    for name, row in (("", writing), (" while transcription hangs", hanging)):
        if row["p99_ms"] >= ACK_TARGET_MS:
            missed.append(f"acknowledgement p99{name}: {row['p99_ms']:.1f} ms")
        if row["not_200"]:
            missed.append(f"{row['not_200']} webhooks without 200{name}")
    if hanging["held_worst"] > HELD_TARGET_SECONDS:
        missed.append(f"texts held by a voice note: {hanging['held_worst']:.2f} s")
    if hanging["unanswered"]:
        missed.append(f"{hanging['unanswered']} bursts with a voice note unanswered")
    return missed


def print_acknowledgement(row: dict[str, Any]) -> None:
    """The first measure as Markdown."""
    print("\n| webhooks | answers written meanwhile | acknowledged p50 | p95 | p99 | worst | target p99 |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {row['rate']}/s for {row['seconds']} s, {row['runs']} runs | {row['answers_written']} "
        f"| {_figures(row)} | {ACK_TARGET_MS:g} ms |"
    )


def print_while_transcription_hangs(row: dict[str, Any]) -> None:
    """The second measure as Markdown."""
    print(
        "\n| webhooks, transcription hung | voice notes | acknowledged p50 | p95 | p99 | worst | target p99 "
        "| texts held p50 / worst | target |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {row['rate']}/s for {row['seconds']} s, {row['runs']} runs | {row['voice_notes']} | {_figures(row)} "
        f"| {ACK_TARGET_MS:g} ms | {row['held_p50']} / {row['held_worst']} s | {HELD_TARGET_SECONDS:g} s |"
    )


def _figures(row: dict[str, Any]) -> str:
    return f"{row['p50_ms']} ms | {row['p95_ms']} ms | {row['p99_ms']} ms | {row['max_ms']} ms"
