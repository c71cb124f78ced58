"""What the measures share: the production times, the load, and how figures are made of many values."""

import math
import sys
from datetime import datetime
from typing import Any

from tests.system import Shop, System

WINDOW_SECONDS = 2.0
WINDOW_MAX_SECONDS = 6.0
MODEL_SECONDS = 2.0
SETTLE_SECONDS = 3.0
ACK_TARGET_MS = 50.0
ACK_RATE = 50
ACK_SECONDS = 20


async def load(system: System, shop: Shop, **shape: Any) -> dict[str, Any]:
    """A steady rate of webhooks (`POST /sandbox/burst`); `latencies_ms` and `statuses` when the last is answered."""
    answer = await system.sandbox.post("/sandbox/burst", json={"number": shop.number, **shape}, timeout=120)
    answer.raise_for_status()
    return dict(answer.json())


async def ledger_of(system: System, shop: Shop) -> list[dict[str, Any]]:
    """What the shop's customers received, in order."""
    return list((await system.sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"])


async def webhooks_of(system: System, shop: Shop) -> list[dict[str, Any]]:
    """Every delivery attempt to the shop, in order."""
    log = await system.sandbox.get("/sandbox/webhook-log", params={"number": shop.number})
    return list(log.json()["attempts"])


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile: with one value that value, with 20 the p95 is the 19th."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def moment(text: str) -> float:
    """A time of the sandbox's clock in seconds."""
    return datetime.fromisoformat(text).timestamp()


def posted_at(attempt: dict[str, Any]) -> float:
    """When a webhook left: the log's time is that of its answer, latency_ms later."""
    return moment(attempt["at"]) - float(attempt["latency_ms"]) / 1000


def progress(line: str) -> None:
    """Say on stderr what is being measured."""
    print(line, file=sys.stderr, flush=True)
