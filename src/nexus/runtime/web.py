"""The app factory: /health, /ready, /metrics, one error shape, correlation id, one log line a request.

Middleware is pure ASGI: Starlette's BaseHTTPMiddleware makes a request three to five times dearer.
"""

import re
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from typing import Any, TypeGuard

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus.runtime.bodies import StrictBodies
from nexus.runtime.cors import Cors
from nexus.runtime.errors import ApiError, error_response
from nexus.runtime.logs import bind_correlation_id, current_correlation_id, forget_context, get_logger
from nexus.runtime.metrics import HTTP_LATENCY, HTTP_REQUESTS
from nexus.runtime.settings import Settings
from nexus.runtime.validation_words import said_of

_CORRELATION_ID = re.compile(r"^[A-Za-z0-9._:-]{1,128}$")
_CLIENT_GONE = 499  # as web servers log it; nobody is left to read it
_UNCHANGED = 304  # an open panel asks every two seconds: counted, but a line of it says nothing
_NOT_KEPT = (b"cache-control", b"no-store")  # by any cache on the way, unless the answer says so itself
_QUIET = ("/health", "/ready", "/metrics")
Readiness = Callable[[], Awaitable[dict[str, str]]]


class Health(BaseModel):
    """The process answers."""

    status: str
    service: str


class Ready(Health):
    """`status` is ok or unavailable; each part the service needs says how it is."""

    model_config = ConfigDict(extra="allow")

    database: str
    redis: str


_READY_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Ready},
    503: {"model": Ready, "description": "La base no responde, su esquema no es de este programa, o el proceso se va"},
}


def is_correlation_id(given: str | None) -> TypeGuard[str]:
    """Whether an id from outside may go into headers, rows and logs as it is."""
    return bool(given and _CORRELATION_ID.fullmatch(given))


def correlation_id_of(scope: Scope) -> str:
    """The request's own id when it brings a good one, else a new one (S-062)."""
    given = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-correlation-id"), "")
    return given if is_correlation_id(given) else str(uuid.uuid4())


def report_request(service: str, endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count one request that is over, and say so in the log unless it is one of those that say nothing."""
    _counter(service, endpoint, method, status).inc()
    _stopwatch(service, endpoint).observe(seconds)
    if endpoint not in _QUIET and status != _UNCHANGED:
        get_logger().info(
            "request_completed",
            endpoint=endpoint,
            method=method,
            status_code=status,
            latency_ms=round(seconds * 1000, 1),
        )


def create_app(
    service: str,
    settings: Settings,
    *,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ready: Readiness,
    unreachable: Sequence[type[Exception]] = (),
    raw_paths: tuple[str, ...] = (),
    before_the_edge: Sequence[Middleware] = (),
) -> FastAPI:
    """A service's app.

    `ready` returns {"database": "ok"|"down"|"schema_behind"|"schema_ahead", "redis": "ok"|"degraded"}; an exception of
    `unreachable` (the database is away) becomes 503 with Retry-After; `raw_paths` get their bodies as they came. What
    stands `before_the_edge` answers what is asked so often that RequestEdge would be most of its cost: it counts that
    itself with `report_request` and gives it its correlation id.
    """
    app = FastAPI(
        title=f"Nexus {service}",
        version="3",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # behind platform-ui the redirect would name a host that browsers cannot reach
        # Our figures and logs are our own; asking at each request whether anybody traces it costs more than they do.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    for kind in unreachable:
        app.add_exception_handler(kind, _database_away)
    app.add_middleware(StrictBodies, raw_paths=raw_paths)
    app.add_middleware(RequestEdge, service=service)
    app.user_middleware[:0] = before_the_edge
    if settings.cors_origins:
        app.add_middleware(
            Cors,
            allow_origins=settings.cors_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Content-Type", "X-Tenant-ID", "X-Correlation-Id", "If-None-Match"],
            expose_headers=["ETag", "X-Correlation-Id", "Retry-After"],
        )
    _add_operation_routes(app, service, ready)
    return app


def _add_operation_routes(app: FastAPI, service: str, ready: Readiness) -> None:
    @app.get("/health", tags=["operación"], summary="El proceso responde (S-063)")
    async def health() -> Health:
        return Health(status="ok", service=service)

    @app.get("/ready", tags=["operación"], summary="Puede trabajar: base y esquema (S-064)", responses=_READY_ANSWERS)
    async def readiness() -> JSONResponse:
        state = await ready()
        return JSONResponse(
            {"status": "ok" if state["database"] == "ok" else "unavailable", "service": service} | state,
            status_code=200 if state["database"] == "ok" else 503,
        )

    @app.get("/metrics", tags=["operación"], summary="Cifras para Prometheus (S-023)", response_class=Response)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _api_error(_request: Request, error: Any) -> JSONResponse:
    return error_response(error.status, error.code, error.message, error.headers, error.details)


_HTTP_MESSAGES = {
    400: ("malformed_json", "El cuerpo no es JSON válido."),  # StrictBodies
    401: ("unauthorized", "Hace falta iniciar sesión."),
    403: ("forbidden", "No tenés permiso para hacer esto."),
    404: ("not_found", "Eso no existe."),
    405: ("method_not_allowed", "Esa operación no existe en esta dirección."),
    413: ("too_large", "El pedido supera 1 MiB."),
}


async def _http_error(_request: Request, error: Any) -> JSONResponse:
    code, message = _HTTP_MESSAGES.get(error.status_code, ("bad_request", "El pedido no es válido."))
    return error_response(error.status_code, code, message, getattr(error, "headers", None))


async def _validation_error(_request: Request, error: Any) -> JSONResponse:
    found = {".".join(str(part) for part in e["loc"][1:]) or "cuerpo": said_of(e) for e in reversed(error.errors())}
    problems = "; ".join(f"{field} {sentence}" for field, sentence in list(found.items())[:5])
    return error_response(422, "invalid", f"Hay datos que no son válidos: {problems}.", details={"fields": found})


async def _database_away(_request: Request, error: Exception) -> JSONResponse:
    get_logger().error("database_unavailable", error=type(error).__name__)
    return error_response(
        503,
        "unavailable",
        "La base de datos no responde; probá de nuevo en unos segundos.",
        {"Retry-After": "5"},
    )


class RequestEdge:
    """Correlation id in and out, no caching unasked, metrics by route template, one `request_completed` line, and the
    last-resort 500."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        forget_context()
        correlation_id = correlation_id_of(scope)
        bind_correlation_id(correlation_id)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # A route may have bound the id of its body meanwhile (contract.md 4).
                now = current_correlation_id() or correlation_id
                message["headers"] = [*message["headers"], (b"x-correlation-id", now.encode())]
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    message["headers"].append(_NOT_KEPT)
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, send_with_id)
        except ClientDisconnect:
            status = status or _CLIENT_GONE
        except Exception:  # noqa: BLE001 - process edge: the client gets the envelope, the operator the traceback
            get_logger().exception("request_failed", endpoint=_endpoint(scope))
            if status == 0:
                failure = error_response(500, "internal", "Algo falló de nuestro lado; ya quedó registrado.")
                await failure(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            report_request(self.service, _endpoint(scope), scope["method"], status, seconds)


# Finding a figure by its labels takes as long as all else that is written down of a request.
@lru_cache(maxsize=4096)
def _counter(service: str, endpoint: str, method: str, status: int) -> Counter:
    return HTTP_REQUESTS.labels(service, endpoint, method, str(status))


@lru_cache(maxsize=1024)
def _stopwatch(service: str, endpoint: str) -> Histogram:
    return HTTP_LATENCY.labels(service, endpoint)


class RawRoute(Route):
    """A Starlette route outside FastAPI's parsing that still names its template for metrics and logs."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Route, with the route itself left in the scope as FastAPI's own do."""
        match, child = super().matches(scope)
        return match, {**child, "route": self}


def _endpoint(scope: Scope) -> str:
    """The route's template, never the raw path: paths carry ids and would make a label each (S-065)."""
    route = scope.get("route")
    return getattr(route, "path", None) or "unmatched"
