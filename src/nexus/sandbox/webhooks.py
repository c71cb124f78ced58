"""Signed webhooks to the businesses, as YCloud delivers them (ycloud.md sections 1 to 3).

An event is signed once, when it happens: every later copy carries the same bytes and the old `t`. Any
2xx ends the delivery; everything else is tried again by the documented schedule.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from nexus.sandbox import naming
from nexus.sandbox.faults import Fault
from nexus.sandbox.world import BusinessNumber, WebhookAttempt, World

RETRY_AFTER_SECONDS = (10.0, 30.0, 300.0, 1800.0, 3600.0, 7200.0, 7200.0)
"""Waits before the seven further attempts; the last one comes 5 h 35 m 40 s after the first."""

HOLD_SECONDS = 5.0
"""How long a reordered event waits for a later one that overtakes it."""

ATTEMPT_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True)
class Answer:
    """What a business said to one attempt; `status` 0 means that nothing came back."""

    status: int
    body: Any

    @property
    def taken(self) -> bool:
        """Any 2xx ends the delivery."""
        return 200 <= self.status < 300

    def as_json(self) -> dict[str, Any] | None:
        """For the control API: None when no answer came."""
        return {"status": self.status, "body": self.body} if self.status else None


@dataclass(frozen=True)
class SignedEvent:
    """One event on its way: where to, its bytes, and headers that never change between copies."""

    number: str
    url: str
    event_id: str
    type: str
    raw: bytes
    headers: dict[str, str]

    @classmethod
    def of(cls, number: BusinessNumber, envelope: dict[str, Any]) -> SignedEvent:
        """Serialises and signs an event for a number, now."""
        raw = cls.bytes_of(envelope)
        headers = event_headers(number)
        headers["YCloud-Signature"] = signature(number.webhook_secret, raw, int(time.time()))
        return cls(number.phone, number.webhook_url, envelope["id"], envelope["type"], raw, headers)

    @staticmethod
    def bytes_of(body: Any) -> bytes:
        """The JSON bytes of a body as they travel."""
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, raw: bytes, at: int) -> str:
    """`t=<unix seconds>,s=<hex>`: HMAC-SHA256 over t, a dot and the raw bytes, keyed by the whole secret."""
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + raw, hashlib.sha256).hexdigest()
    return f"t={at},s={digest}"


def event_headers(number: BusinessNumber) -> dict[str, str]:
    """The headers of a delivery without its signature."""
    headers = {"Content-Type": "application/json"}
    if number.webhook_endpoint_id:
        headers["X-Webhook-Endpoint-ID"] = number.webhook_endpoint_id
    return headers


class Courier:
    """Carries events to the businesses, many at once. `retry_scale` multiplies every documented wait."""

    def __init__(self, world: World, retry_scale: float = 1.0) -> None:
        self._world = world
        self._retry_scale = retry_scale
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
        self._client = httpx.AsyncClient(timeout=ATTEMPT_TIMEOUT_SECONDS, limits=limits, trust_env=False)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._held: dict[str, list[asyncio.Event]] = {}

    def send(self, number: BusinessNumber, envelope: dict[str, Any]) -> asyncio.Future[Answer]:
        """Starts the delivery of an event. The result is the answer to the first attempt (status 0: none);
        a held event (fault reorder) gives status 0 at once, as does one for an endpoint that is not active. Retries
        go on in the background."""
        first: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if not number.webhook_url or number.endpoint_status != "active":
            first.set_result(Answer(0, None))
            return first
        event = SignedEvent.of(number, envelope)
        self.run(self._carry(event, first, self._fault_for(event, envelope)))
        return first

    def run(self, work: Any) -> None:
        """Runs a coroutine in the background until it ends or the world is reset."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """Stops everything under way: retries, statuses to come, events on hold."""
        for task in self._tasks:
            task.cancel()
        self._held.clear()

    async def close(self) -> None:
        """Stops everything and closes the connections."""
        self.cancel()
        await self._client.aclose()

    async def post(self, event: SignedEvent, attempt: int = 1) -> Answer:
        """One attempt, written into the webhook log."""
        started = time.perf_counter()
        try:
            response = await self._client.post(event.url, content=event.raw, headers=event.headers)
            answer = Answer(response.status_code, _readable(response))
        except httpx.HTTPError:
            answer = Answer(0, None)
        self._log(event, attempt, answer.status, (time.perf_counter() - started) * 1000)
        return answer

    def _fault_for(self, event: SignedEvent, envelope: dict[str, Any]) -> Fault | None:
        message = envelope.get("whatsappInboundMessage") or envelope.get("whatsappMessage") or {}
        attributes = {key: str(message[key]) for key in ("to", "from", "status") if key in message}
        return self._world.faults.take(
            "ycloud.webhook",
            type=event.type,
            event_id=event.event_id,
            number=event.number,
            **attributes,
        )

    async def _carry(self, event: SignedEvent, first: asyncio.Future[Answer], fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        try:
            if kind == "delay" and fault:
                await asyncio.sleep(fault.seconds or 1.0)
            if kind == "reorder" and fault:
                first.set_result(Answer(0, None))
                await self._hold(event.number, fault.seconds or HOLD_SECONDS)
            if kind == "duplicate" and fault and fault.count:
                for _ in range(fault.count - 1):
                    self.run(self.post(event))
            await self._attempts(event, first, lose_first=kind == "drop")
            if kind == "duplicate" and fault and not fault.count:
                await self.post(event)
        finally:
            if not first.done():
                first.set_result(Answer(0, None))

    async def _attempts(self, event: SignedEvent, first: asyncio.Future[Answer], *, lose_first: bool) -> None:
        for attempt, wait in enumerate((0.0, *RETRY_AFTER_SECONDS), start=1):
            if wait:
                await asyncio.sleep(wait * self._retry_scale)
            if attempt == 1 and lose_first:
                self._log(event, attempt, 0, 0.0)
                answer = Answer(0, None)
            else:
                answer = await self.post(event, attempt)
            if not first.done():
                first.set_result(answer)
            self._release(event.number)
            if answer.taken:
                return

    async def _hold(self, number: str, seconds: float) -> None:
        overtaken = asyncio.Event()
        self._held.setdefault(number, []).append(overtaken)
        waiting = asyncio.ensure_future(overtaken.wait())
        await asyncio.wait([waiting], timeout=seconds)
        waiting.cancel()

    def _release(self, number: str) -> None:
        for overtaken in self._held.pop(number, []):
            overtaken.set()

    def _log(self, event: SignedEvent, attempt: int, status: int, latency_ms: float) -> None:
        self._world.webhook_log.append(
            WebhookAttempt(
                number=event.number,
                event_id=event.event_id,
                type=event.type,
                status=status,
                attempt=attempt,
                at=naming.now(),
                latency_ms=round(latency_ms, 2),
            )
        )


def _readable(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text
