"""How the control and phone APIs read their JSON bodies and say no."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nexus.sandbox.composing import NoContentError, UnknownMediaError
from nexus.sandbox.faults import UnknownFaultError
from nexus.sandbox.shop import ShopContentError
from nexus.sandbox.world import UnknownNumberError

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]


_reader: Callable[[Any], TypeAdapter[Any]] = functools.cache(TypeAdapter)
"""Made once for each shape, which takes longer than all else of a request."""


def as_shape(shape: type[T], body: Any) -> T:
    """What was read as JSON as the given dataclass; unknown keys are ignored. Raises pydantic's `ValidationError`."""
    value: T = _reader(shape).validate_python(body)
    return value


async def read(request: Request, shape: type[T]) -> T:
    """The body as the given dataclass; unknown keys are ignored. Raises pydantic's `ValidationError`."""
    value: T = _reader(shape).validate_json(await request.body() or b"{}")
    return value


async def read_object(request: Request) -> dict[str, Any]:
    """The body as a plain JSON object."""
    value: dict[str, Any] = _reader(dict[str, Any]).validate_json(await request.body() or b"{}")
    return value


def phone_in_query(request: Request, name: str) -> str | None:
    """A phone of the query string; a plus that was not escaped, and so became a space, is put back."""
    phone = request.query_params.get(name)
    return "+" + phone[1:] if phone and phone.startswith(" ") else phone


def said_plainly(endpoint: Endpoint) -> Endpoint:
    """Turns what an endpoint cannot do into `{"error":{"code","message"}}`: 404 unknown, 422 invalid."""

    @functools.wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ValidationError as invalid:
            problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors()]
            return problem(422, "invalid", "; ".join(problems))
        except (UnknownFaultError, ShopContentError, NoContentError, json.JSONDecodeError) as invalid:
            return problem(422, "invalid", str(invalid))
        except UnknownMediaError as unknown:
            return problem(404, "unknown_media", f"No hay un archivo con ese id: {unknown}")
        except UnknownNumberError as unknown:
            return problem(404, "unknown_number", f"No existe ese número de negocio: {unknown}")

    return answered


def problem(status: int, code: str, message: str) -> JSONResponse:
    """An error of the sandbox's own API."""
    return JSONResponse({"error": {"code": code, "message": message}}, status)
