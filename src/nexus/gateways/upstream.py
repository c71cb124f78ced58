"""HTTP calls that leave our network: total deadline, size cap, breaker, bulkhead (architecture.md 7)."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import httpx

from nexus.gateways.errors import BreakerOpenError, NotAcceptedError, UnknownOutcomeError
from nexus.gateways.far_clocks import note_clock
from nexus.gateways.trust import trust
from nexus.runtime.metrics import BREAKER_OPEN, UPSTREAM_LATENCY

_FAILURES_TO_OPEN = 5
_OPEN_SECONDS = 15.0
_CONNECT_SECONDS = 2.0
_NO_PROXY: dict[str, None] = {"all://127.0.0.1": None, "all://localhost": None}


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer of any status; header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError: gateways and load balancers answer HTML now and then."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Multipart:
    """A form's fields (a list is sent as several of one name) and its files: {field: (name, bytes, mime)}."""

    fields: Mapping[str, str | list[str]]
    files: Mapping[str, tuple[str, bytes, str]]


@dataclass(frozen=True, slots=True)
class Download:
    """Where an answer's body goes, and how many bytes it may have at most."""

    into: BinaryIO | None
    limit: int


@dataclass(slots=True)
class _Lane:
    """One tenant's way to the upstream: a dead shop takes neither the slots nor the breaker of another."""

    slots: asyncio.Semaphore
    failures: int = 0
    open_until: float | None = None
    probing: bool = False


@dataclass(slots=True)
class _Progress:
    """Whether the request had begun to leave when it failed."""

    sent: bool = False

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        self.sent = self.sent or event.endswith("send_request_headers.started")


class OversizedError(Exception):
    """The answer is larger than `limit` bytes; raised only to who downloads, for others the outcome is unknown."""


class Upstream:
    """One outside service. Make one per process and service, `close()` it at the end."""

    def __init__(
        self,
        name: str,
        *,
        per_tenant: int = 20,
        max_body: int = 8 * 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name` is the metrics label; `per_tenant` calls in flight; `max_body` bytes of an answer."""
        self.name = name
        self._per_tenant = per_tenant
        self._max_body = max_body
        self._clock = clock
        self._lanes: dict[int, _Lane] = {}
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30)
        self._client = httpx.AsyncClient(limits=limits, verify=trust(), follow_redirects=False, mounts=_NO_PROXY)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def is_resting(self, tenant_id: int) -> bool:
        """Whether the tenant's breaker is open: it failed so often that nothing is asked of it for a while."""
        lane = self._lanes.get(tenant_id)
        return lane is not None and lane.open_until is not None

    async def request(
        self,
        tenant_id: int,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        multipart: "Multipart | None" = None,
        download: "Download | None" = None,
        deadline: float,
    ) -> Response:
        """Send once, never redirected, within `deadline` seconds in all; statuses are the caller's business.

        With `download` the body of a 200 is written to its file instead of being kept.

        5xx answers and transport errors feed the tenant's breaker. Raises BreakerOpenError and
        NotAcceptedError (known not sent), UnknownOutcomeError (timeout, reset, or an oversized answer, after the
        request began to leave), and OversizedError with `download`.
        """
        progress = _Progress()
        timeout = httpx.Timeout(deadline, connect=min(_CONNECT_SECONDS, deadline))
        request = self._client.build_request(
            method, url, headers=headers, params=params, json=json, timeout=timeout,
            data=multipart.fields if multipart else None, files=multipart.files if multipart else None,
            extensions={"trace": progress.trace},
        )  # fmt: skip
        lane = self._lanes.setdefault(tenant_id, _Lane(asyncio.Semaphore(self._per_tenant)))
        probe = self._pass_breaker(lane)
        began = time.time()
        try:
            with UPSTREAM_LATENCY.labels(upstream=self.name).time():
                async with asyncio.timeout(deadline), lane.slots:
                    response = await self._exchange(request, download or Download(None, self._max_body))
        except (httpx.RequestError, TimeoutError, OversizedError) as error:
            self._settle(lane, failed=True)
            if download is not None and isinstance(error, OversizedError):
                raise
            reason = f"{self.name}: {type(error).__name__}"
            raise (UnknownOutcomeError(reason) if progress.sent else NotAcceptedError(reason)) from error
        finally:
            lane.probing = lane.probing and not probe
        note_clock(self.name, response.headers, began)
        self._settle(lane, failed=response.status >= 500)
        return response

    def _pass_breaker(self, lane: _Lane) -> bool:
        """True when this call is the probe of an open breaker. Raises BreakerOpenError."""
        if lane.open_until is None:
            return False
        wait = lane.open_until - self._clock()
        if wait > 0 or lane.probing:
            raise BreakerOpenError(self.name, max(wait, 1.0))
        lane.probing = True
        return True

    def _settle(self, lane: _Lane, *, failed: bool) -> None:
        was_open = lane.open_until is not None
        lane.failures = lane.failures + 1 if failed else 0
        if not failed:
            lane.open_until = None
        elif was_open or lane.failures >= _FAILURES_TO_OPEN:
            lane.open_until = self._clock() + _OPEN_SECONDS
        is_open = lane.open_until is not None
        if is_open != was_open:
            BREAKER_OPEN.labels(upstream=self.name).inc(1 if is_open else -1)

    async def _exchange(self, request: httpx.Request, download: Download) -> Response:
        response = await self._client.send(request, stream=True)
        try:
            body, size = bytearray(), 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > download.limit:
                    raise OversizedError(download.limit)
                if download.into is not None and response.status_code == 200:
                    download.into.write(chunk)
                else:
                    body += chunk
            return Response(response.status_code, response.headers, bytes(body))
        finally:
            await response.aclose()
