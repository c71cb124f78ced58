"""How YCloud's API reads a request and answers it: keys, JSON bodies, pages, and the documented error envelope."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nexus.sandbox import naming
from nexus.sandbox.refusals import RefusedError
from nexus.sandbox.world import BusinessNumber, World
from nexus.sandbox.ycloud_events import ERROR_DETAILS

Endpoint = Callable[[Request], Awaitable[Response]]

DOCS_URL = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes"


def refusing(endpoint: Endpoint) -> Endpoint:
    """Turns a `RefusedError` of an endpoint into its envelope."""

    @functools.wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedError as refusal:
            return refused(refusal)

    return answered


def refused(refusal: RefusedError) -> JSONResponse:
    """The documented error envelope; its request id is also the header `YCloud-Request-ID`."""
    request_id = naming.request_id()
    error: dict[str, Any] = {
        "status": refusal.status,
        "code": refusal.code,
        "message": refusal.message,
        "requestId": request_id,
    }
    if refusal.target:
        error["target"] = refusal.target
    if refusal.whatsapp_code:
        said = f"(#{refusal.whatsapp_code}) {refusal.message}"
        details = ERROR_DETAILS.get(refusal.whatsapp_code, refusal.message)
        error |= {"message": said, "target": "whatsappApiError", "docUrl": DOCS_URL}
        error["whatsappApiError"] = {
            "message": said,
            "type": "OAuthException",
            "code": refusal.whatsapp_code,
            "error_subcode": "2494071",
            "fbtrace_id": naming.message_id(),
            "error_data": {"messaging_product": "whatsapp", "details": details},
        }
    headers = {"YCloud-Request-ID": request_id}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    return JSONResponse({"error": error}, refusal.status, headers)


def answer(content: dict[str, Any] | None) -> Response:
    """200 with the object, or with an empty body for None."""
    headers = {"YCloud-Request-ID": naming.request_id()}
    return Response(headers=headers) if content is None else JSONResponse(content, headers=headers)


def json_object(raw: bytes) -> dict[str, Any]:
    """The body as an object; raises `RefusedError` (400) for anything else."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise RefusedError(400, "BAD_REQUEST", "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "BAD_REQUEST", "The request body must be a JSON object.")
    return body


def numbers_of(world: World, request: Request) -> list[BusinessNumber]:
    """The numbers of the account whose key the request carries; raises `RefusedError` (401) for none."""
    key = request.headers.get("X-API-Key", "")
    numbers = [n for n in world.numbers.values() if key and n.api_key == key]
    if not numbers:
        raise RefusedError(401, "UNAUTHORIZED", "The API key is missing or not valid.")
    return numbers


def page_of(request: Request, items: list[Any]) -> dict[str, Any]:
    """One page of a list: `page` and `limit` (10) of the query, 1 to 100; with `includeTotal` also the total."""
    query = request.query_params
    asked = {}
    for name, usual in (("page", 1), ("limit", 10)):
        text = query.get(name) or str(usual)
        if not text.isdigit() or not 1 <= int(text) <= 100:
            raise RefusedError(400, "PARAM_INVALID", f"The parameter '{name}' must be between 1 and 100.", name)
        asked[name] = int(text)
    offset = (asked["page"] - 1) * asked["limit"]
    shown = items[offset : offset + asked["limit"]]
    page: dict[str, Any] = {"offset": offset, "limit": asked["limit"], "length": len(shown)}
    if query.get("includeTotal") == "true":
        page["total"] = len(items)
    return page | {"items": shown}
