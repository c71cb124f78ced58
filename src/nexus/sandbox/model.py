"""The sandbox's OpenAI-compatible model: chat completions, Responses, the model list and its controls.

Written from llm.md (sections A2, A3, B, E). A request is answered by a fault of target "openai" when one
waits, else by the script that claims it, else by the demo brain. `delay_seconds` is a fixed cost of a whole
run: it is waited for on the run's first call only, so a run of any number of calls costs exactly that.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nexus.sandbox import naming
from nexus.sandbox.brain import think
from nexus.sandbox.faults import Fault
from nexus.sandbox.model_obedient import obey
from nexus.sandbox.model_request import Api, Ask, RefusedRequestError, read_ask
from nexus.sandbox.model_script import BadScriptError, Outcome, check_scenarios, scripted_outcome
from nexus.sandbox.model_wire import answer_body, error_body, models_list
from nexus.sandbox.wire import CutConnection, hang
from nexus.sandbox.world import World

KEPT_REQUESTS = 500
DEFAULT_HANG_SECONDS = 60.0
REFUSALS = {
    400: (None, "The request was refused."),
    401: ("invalid_api_key", "Incorrect API key provided."),
    404: ("model_not_found", "The model does not exist or you do not have access to it."),
    429: ("rate_limit_exceeded", "Rate limit reached. Please try again later."),
    503: (None, "The server is overloaded. Please try again later."),
}


def model_routes(world: World) -> list[Route]:
    """Routes of the model's room.

    `POST /openai/v1/chat/completions`, `POST /openai/v1/responses`, `GET /openai/v1/models`;
    `GET|POST /sandbox/model` shows or sets {mode, delay_seconds, scenarios}, 422 with {"error"} for what
    cannot be played; `GET|DELETE /sandbox/model/requests` gives {"count", "requests"}, the newest 500 in
    order of arrival as {number, at, api, body, headers}, `count` including those no longer kept.
    """

    async def chat(request: Request) -> Response:
        return await _answer(world, "chat", request)

    async def responses(request: Request) -> Response:
        return await _answer(world, "responses", request)

    async def models(request: Request) -> Response:
        return JSONResponse(models_list()) if _has_key(request) else _refusal(401)

    async def show_mode(_: Request) -> Response:
        return JSONResponse(_mode_json(world))

    async def set_mode(request: Request) -> Response:
        return await _set_mode(world, request)

    async def show_requests(_: Request) -> Response:
        kept = world.model.requests
        return JSONResponse({"count": kept[-1]["number"] if kept else 0, "requests": kept})

    async def forget_requests(_: Request) -> Response:
        world.model.requests.clear()
        return JSONResponse({"count": 0})

    return [
        Route("/openai/v1/chat/completions", chat, methods=["POST"]),
        Route("/openai/v1/responses", responses, methods=["POST"]),
        Route("/openai/v1/models", models, methods=["GET"]),
        Route("/sandbox/model", show_mode, methods=["GET"]),
        Route("/sandbox/model", set_mode, methods=["POST"]),
        Route("/sandbox/model/requests", show_requests, methods=["GET"]),
        Route("/sandbox/model/requests", forget_requests, methods=["DELETE"]),
    ]


async def _answer(world: World, api: Api, request: Request) -> Response:
    raw = await request.body()
    try:
        body = json.loads(raw)
    except ValueError:
        return _refusal(400, message="We could not parse the JSON body of your request.")
    _record(world, api, request, body)
    if not _has_key(request):
        return _refusal(401)
    try:
        ask = read_ask(api, body)
    except RefusedRequestError as refused:
        return _refusal(400, message=str(refused))
    outcome = _outcome(world, ask)
    run_delay = world.model.delay_seconds if ask.round_number == 0 else 0.0
    await _pause(request, run_delay + outcome.delay_seconds)
    if outcome.kind == "say":
        return JSONResponse(answer_body(api, outcome.said, body, len(raw)), headers=_headers())
    return await _fail(outcome, request)


def _outcome(world: World, ask: Ask) -> Outcome:
    fault = world.faults.take("openai", api=ask.api, model=ask.model, user=ask.last_user_text, tenant=ask.system_text)
    if fault is not None and fault.kind != "delay":
        return _shown(fault)
    scripted = scripted_outcome(world.model.scenarios, ask) if world.model.mode == "scripted" else None
    outcome = scripted or Outcome(said=obey(ask) if world.model.mode == "obedient" else think(ask))
    if fault is not None:
        return replace(outcome, delay_seconds=outcome.delay_seconds + (fault.seconds or 0.0))
    return outcome


async def _pause(request: Request, seconds: float) -> None:
    """Waits `seconds`, or less when the caller hangs up: nobody is kept for an answer no one reads."""
    if seconds > 0:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (await request.receive())["type"] != "http.disconnect":
                    pass


def _shown(fault: Fault) -> Outcome:
    """A fault of the book as what happens to this call."""
    if fault.kind.isdigit():
        status, code = int(fault.kind), fault.error_code
        return Outcome("status", status=status, code=code, retry_after=fault.retry_after)
    kind: Literal["hang", "reset", "garbage"] = fault.kind  # type: ignore[assignment]
    return Outcome(kind, hang_seconds=fault.seconds or DEFAULT_HANG_SECONDS)


async def _fail(outcome: Outcome, request: Request) -> Response:
    if outcome.kind == "status":
        return _refusal(outcome.status, outcome.code, outcome.retry_after)
    if outcome.kind == "hang":
        return await hang(request, outcome.hang_seconds)
    if outcome.kind == "reset":
        return CutConnection()
    return Response(b'{"id": "chatcmpl-\xf0\x9f', media_type="application/json")


def _refusal(
    status: int, code: str | None = None, retry_after: float | None = None, message: str | None = None
) -> JSONResponse:
    usual_code, usual_message = REFUSALS.get(status, (None, "The server had an error."))
    headers = _headers()
    if retry_after is not None:
        headers["retry-after"] = f"{retry_after:g}"
    body = error_body(status, code or usual_code, message or usual_message)
    return JSONResponse(body, status_code=status, headers=headers)


def _headers() -> dict[str, str]:
    return {"x-request-id": naming.request_id()}


def _has_key(request: Request) -> bool:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and bool(key.strip())


def _record(world: World, api: Api, request: Request, body: Any) -> None:
    """Keeps the request for assertions; of the key only that there was one."""
    kept = world.model.requests
    headers = dict(request.headers)
    if "authorization" in headers:
        headers["authorization"] = "(hidden)"
    number = kept[-1]["number"] + 1 if kept else 1
    kept.append({"number": number, "at": naming.now(), "api": api, "body": body, "headers": headers})
    del kept[:-KEPT_REQUESTS]


def _mode_json(world: World) -> dict[str, Any]:
    state = world.model
    return {"mode": state.mode, "delay_seconds": state.delay_seconds, "scenarios": state.scenarios}


async def _set_mode(world: World, request: Request) -> Response:
    """Replaces mode, delay and scenarios as a whole; what is not given returns to its default."""
    try:
        wanted = await request.json()
        if not isinstance(wanted, dict) or wanted.get("mode") not in ("demo", "scripted", "obedient"):
            raise BadScriptError("mode must be demo, scripted or obedient")
        delay = wanted.get("delay_seconds", 0)
        if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 600:
            raise BadScriptError("delay_seconds must be a number from 0 to 600")
        scenarios = check_scenarios(wanted.get("scenarios", []))
    except ValueError as bad:
        return JSONResponse({"error": str(bad)}, status_code=422)
    world.model.mode = wanted["mode"]
    world.model.delay_seconds = float(delay)
    world.model.scenarios = scenarios
    return JSONResponse(_mode_json(world))
