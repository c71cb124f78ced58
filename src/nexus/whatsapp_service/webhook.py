"""The door YCloud knocks on: size cap, HMAC over the raw bytes, strict parse, tenant by our number, accept, 200."""

import asyncio
import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nexus.runtime.cache import Cache
from nexus.runtime.errors import error_response
from nexus.runtime.logs import current_correlation_id
from nexus.runtime.metrics import SIGNATURES_LATE, SIGNATURES_REFUSED, WEBHOOK_EVENTS
from nexus.runtime.settings import Settings
from nexus.runtime.strict_json import MAX_BYTES, MalformedJsonError, decode
from nexus.store.credentials import WebhookSecret, webhook_secrets
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.inbox import Accepted
from nexus.store.secrets import Vault
from nexus.whatsapp_service.envelope import Arrival, interpret
from nexus.whatsapp_service.inbox import Inbox, NotStoredError
from nexus.whatsapp_service.lights import Lights
from nexus.whatsapp_service.signature import Signature, SignatureRefusedError, check_age, parse_signature, signed_with

_SECRETS_FRESH_SECONDS = 5.0
_MOST_EVENTS = 500
_DEDUP_SECONDS = 120  # S-103
_MEANT_FOR_US = ("wrong", "retired", "late", "future")  # whoever sends no signature, or a malformed one, is no YCloud
_TENANT = re.compile(r"[1-9][0-9]{0,8}")
_OVERRIDE_SECONDS = 86_400  # S-106
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Signers:
    """Who owns the secret that signed a delivery.

    `owners` is number to tenant of those whose secret counts now; of them `former` by their previous one. The previous
    one of `retired` signed it after its time.
    """

    owners: dict[str, int]
    former: frozenset[int]
    retired: frozenset[int]


class TooLargeError(ValueError):
    """The body passes MAX_BYTES."""


@dataclass
class SecretRing:
    """The webhook secrets of every tenant, re-read every few seconds, and at once when none of them fits."""

    pool: Pool
    vault: Vault
    _secrets: list[WebhookSecret] = field(default_factory=list)
    _opened: dict[str, str] = field(default_factory=dict)
    _read_at: float = -1e9
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def as_of(self, moment: float) -> list[WebhookSecret]:
        """The secrets as they stood at `moment` (of the monotonic clock) or later; who waits shares one read."""
        async with self._reading:
            if self._read_at < moment:
                started = time.monotonic()
                self._secrets = await webhook_secrets(self.pool, self.vault, self._opened)
                self._read_at = started
        return self._secrets


@dataclass
class WebhookDoor:
    """Everything one delivery needs."""

    settings: Settings
    cache: Cache
    inbox: Inbox
    ring: SecretRing
    lights: Lights
    _copies: set[asyncio.Task[None]] = field(default_factory=set)

    async def receive_event(self, request: Request) -> Response:
        """`POST /webhook/ycloud[/{tenant_id}]`: one event, or a list taken event by event (contract.md 3)."""
        try:
            raw = await read_capped(request)
            owners = await self._verify(request, raw)
            document = decode(raw)
        except TooLargeError:
            return error_response(413, "too_large", "El evento supera 1 MiB.")
        except SignatureRefusedError as error:
            SIGNATURES_REFUSED.labels(error.reason).inc()
            _log.warning("webhook_signature_refused", reason=error.reason)
            if error.reason in _MEANT_FOR_US:
                self.lights.refused(await self._addressed(request))
            return error_response(401, "invalid_signature", "La firma del evento no es válida.")
        except MalformedJsonError as error:
            _log.warning("webhook_malformed", reason=str(error))
            return error_response(400, "malformed_json", "El cuerpo no es JSON válido.")
        except UNREACHABLE:
            return _cannot_store()
        self.lights.signed(owners.values())
        # A list is taken event by event; an empty or absurd one is one odd event, kept whole and ignored.
        events = document if isinstance(document, list) and 0 < len(document) <= _MOST_EVENTS else [document]
        arrival = Arrival(
            owners=owners,
            endpoint_id=request.headers.get("x-webhook-endpoint-id", ""),
            correlation_id=current_correlation_id(),
            debounce=self.settings.whatsapp_debounce_seconds,
            debounce_max=self.settings.whatsapp_debounce_max_seconds,
        )
        try:
            prepared = await self._prepared(events, arrival, request, raw)
            outcomes = await asyncio.gather(*(self._accept(event) for event in prepared))
        except UNREACHABLE:
            return _cannot_store()
        except NotStoredError:
            return _cannot_store()
        return JSONResponse({"status": _summary(outcomes)})

    async def _prepared(
        self, events: list[Any], arrival: Arrival, request: Request, raw: bytes
    ) -> list[dict[str, Any]]:
        """The events as they are stored. A number that nobody has may be a shop's that joined the account just now."""
        prepared = [interpret(event, arrival) for event in events]
        if any(event.get("reason") == "unknown_number" for event in prepared):
            owners = (await self._signers_as_of(time.monotonic(), request, raw)).owners
            if owners != arrival.owners:
                prepared = [interpret(event, replace(arrival, owners=owners)) for event in events]
        return prepared

    async def _signers_as_of(self, moment: float, request: Request, raw: bytes) -> Signers:
        """Everyone who owns the secret that signed these bytes, with secrets no older than that."""
        signature = parse_signature(request.headers.get("ycloud-signature"))
        secrets = await self.ring.as_of(moment)
        path_tenant = request.path_params.get("tenant_id")
        endpoint_id = request.headers.get("x-webhook-endpoint-id")
        return _signers(_candidates(secrets, path_tenant, endpoint_id), signature, raw, datetime.now(UTC))

    async def _verify(self, request: Request, raw: bytes) -> dict[str, int]:
        """Number to tenant of everyone who owns the secret that signed these bytes (S-014)."""
        signature = parse_signature(request.headers.get("ycloud-signature"))
        arrived = time.monotonic()
        for moment in (arrived - _SECRETS_FRESH_SECONDS, arrived):  # a secret set a moment ago counts at once
            found = await self._signers_as_of(moment, request, raw)
            if found.owners:
                age = check_age(
                    signature,
                    time.time(),
                    late=self.settings.ycloud_signature_late_seconds,
                    future=self.settings.ycloud_signature_future_seconds,
                )
                if age > 300:
                    SIGNATURES_LATE.inc()
                if found.former:
                    self.lights.former(found.former, taken=True)
                return found.owners
        if found.retired:
            self.lights.former(found.retired, taken=False)
            raise SignatureRefusedError("retired")
        raise SignatureRefusedError("wrong")

    async def _addressed(self, request: Request) -> list[int]:
        """Whose webhook a delivery was for that nobody signed: the path's, the endpoint's, or the only one there is."""
        secrets = await self.ring.as_of(-1e9)  # as they were read last: the refusal itself read them anew
        path_tenant, endpoint_id = request.path_params.get("tenant_id"), request.headers.get("x-webhook-endpoint-id")
        if path_tenant is not None:
            return [int(path_tenant)] if _TENANT.fullmatch(path_tenant) else []
        named = {s.tenant_id for s in secrets if endpoint_id and s.endpoint_id == endpoint_id}
        everyone = {s.tenant_id for s in secrets}
        return list(named or (everyone if len(everyone) == 1 else ()))

    async def _accept(self, prepared: dict[str, Any]) -> Accepted:
        is_message = prepared["kind"] == "message"
        dedup_key = f"dedup:whatsapp:{prepared.get('provider_message_id')}"
        if is_message and await self.cache.get(dedup_key) == str(prepared["tenant_id"]):
            outcome = Accepted("duplicate", None, None)
        else:
            outcome = await self.inbox.accept(prepared)
            if is_message:
                self._copy(dedup_key, str(prepared["tenant_id"]), _DEDUP_SECONDS)
            elif prepared["kind"] == "echo" and outcome.outcome == "accepted" and outcome.reason != "app_greeting":
                self._copy(f"override:chat:{outcome.conversation_id}", "phone_echo", _OVERRIDE_SECONDS)
        WEBHOOK_EVENTS.labels(
            prepared["event_type"] if prepared["kind"] != "record" else "other", outcome.outcome
        ).inc()
        _log.info(
            "webhook_event",
            event_type=prepared["event_type"],
            outcome=outcome.outcome,
            reason=prepared.get("reason") or outcome.reason,
            tenant_id=prepared["tenant_id"],
            conversation_id=str(outcome.conversation_id or "") or None,
        )
        return outcome

    def _copy(self, key: str, value: str, seconds: float) -> None:
        """Copies say what is durable already: written after the commit, beside the answer (S-015, S-046)."""
        task = asyncio.create_task(self.cache.set(key, value, seconds))
        self._copies.add(task)
        task.add_done_callback(self._copies.discard)


def _candidates(secrets: list[WebhookSecret], path_tenant: str | None, endpoint_id: str | None) -> list[WebhookSecret]:
    """By path only that tenant's; by endpoint id its tenants' and those that name no endpoint; else all."""
    if path_tenant is not None:
        return [s for s in secrets if str(s.tenant_id) == path_tenant]
    if endpoint_id and any(s.endpoint_id == endpoint_id for s in secrets):
        return [s for s in secrets if s.endpoint_id in (endpoint_id, None)]
    return secrets


def _signers(candidates: list[WebhookSecret], signature: Signature, raw: bytes, now: datetime) -> Signers:
    """All candidates are tried, current, former and retired; tenants of one shared account share one secret."""
    right = {secret: signed_with(signature, raw, secret) for secret in {c.secret for c in candidates}}
    fits = [c for c in candidates if right[c.secret]]
    good = [c for c in fits if c.until is None or now < c.until]
    by_present = {c.tenant_id for c in good if c.until is None}
    taken = {c.tenant_id for c in good}
    return Signers(
        owners={c.bot_phone_number: c.tenant_id for c in good},
        former=frozenset(taken - by_present),
        retired=frozenset({c.tenant_id for c in fits} - taken),
    )


async def read_capped(request: Request, limit: int = MAX_BYTES) -> bytes:
    """The body. Raises TooLargeError as soon as it passes `limit` bytes, whatever Content-Length says."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLargeError(str(limit))
        chunks.append(chunk)
    return b"".join(chunks)


def _summary(outcomes: list[Accepted]) -> str:
    """accepted if any event was; of a list of duplicates and ignored ones, duplicate."""
    found = {outcome.outcome for outcome in outcomes}
    return next((status for status in ("accepted", "duplicate") if status in found), "ignored")


def _cannot_store() -> Response:
    """YCloud will try again (ycloud.md 3)."""
    return error_response(503, "cannot_store", "No se pudo guardar el evento; reintentá.", {"Retry-After": "10"})
