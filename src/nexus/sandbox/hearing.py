"""The sandbox's ear: OpenAI's transcriptions endpoint, which knows the words of files that somebody told it.

Written from llm.md section B: a voice note is judged by its file name (`.opus` and `.oga` are refused although
their bytes are those of `.ogg`), 25 MB at most. What nobody told it is silence: an empty text.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import PurePosixPath
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox import naming
from nexus.sandbox.faults import Fault
from nexus.sandbox.model_wire import error_body
from nexus.sandbox.wire import hang
from nexus.sandbox.world import World

FORMATS = {"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"}
LARGEST = 25 * 1024 * 1024
KEPT_REQUESTS = 500
HANG_SECONDS = 60.0
BYTES_PER_SECOND = 2000
"""About what Opus takes for speech; the length told in `usage` is made of it."""

_REFUSALS = {
    400: (None, "The request was refused."),
    401: ("invalid_api_key", "Incorrect API key provided."),
    429: ("rate_limit_exceeded", "Rate limit reached. Please try again later."),
    500: (None, "The server had an error."),
}


def hearing_routes(world: World) -> list[BaseRoute]:
    """`POST /openai/v1/audio/transcriptions`; `GET|DELETE /sandbox/stt/requests`, the newest 500, oldest first."""

    async def transcribe(request: Request) -> Response:
        return await _transcribe(world, request)

    async def show(_: Request) -> Response:
        return JSONResponse({"requests": world.model.heard})

    async def forget(_: Request) -> Response:
        world.model.heard.clear()
        return JSONResponse({"requests": []})

    return [
        Route("/openai/v1/audio/transcriptions", transcribe, methods=["POST"]),
        Route("/sandbox/stt/requests", show, methods=["GET"]),
        Route("/sandbox/stt/requests", forget, methods=["DELETE"]),
    ]


async def _transcribe(world: World, request: Request) -> Response:
    try:
        async with request.form() as form:
            file = form.get("file")
            data = await file.read() if isinstance(file, UploadFile) else b""
            heard = _heard(form, file if isinstance(file, UploadFile) else None, data)
    except MultiPartException as broken:
        return _refusal(400, message=broken.message)
    world.model.heard.append(heard)
    del world.model.heard[:-KEPT_REQUESTS]
    words = world.media.transcript_of(heard["sha256"]) or ""
    fault = world.faults.take("stt", model=heard["model"] or "", filename=heard["filename"] or "", text=words)
    shown = await _misbehave(request, fault) if fault else None
    if shown is not None:
        return shown
    return _complaint(request, heard) or _told("" if fault and fault.kind == "silence" else words, form, len(data))


def _heard(form: FormData, file: UploadFile | None, data: bytes) -> dict[str, Any]:
    """The request as assertions read it; the same names for lists with and without brackets."""
    return {
        "at": naming.now(),
        "filename": file.filename if file else None,
        "mime": file.content_type if file else None,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "model": form.get("model"),
        "language": form.get("language"),
        "languages": [*form.getlist("languages[]"), *form.getlist("languages")],
        "prompt": form.get("prompt"),
        "keywords": [*form.getlist("keywords[]"), *form.getlist("keywords")],
    }


def _complaint(request: Request, heard: dict[str, Any]) -> Response | None:
    """What the real one refuses; None when it would listen."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return _refusal(401)
    if not heard["model"]:
        return _refusal(400, message="you must provide a model parameter")
    if heard["filename"] is None:
        return _refusal(400, message="Missing required parameter: 'file'.")
    ending = PurePosixPath(heard["filename"]).suffix.lstrip(".").lower()
    if ending not in FORMATS:
        return _refusal(400, message=f"Unsupported file format {ending}".strip())
    if heard["size"] > LARGEST:
        return _refusal(413, message=f"Maximum content size limit ({LARGEST}) exceeded ({heard['size']} bytes read)")
    if not heard["size"]:
        return _refusal(400, message="Audio file is too short. Minimum audio length is 0.1 seconds.")
    return None


def _told(words: str, form: FormData, size: int) -> Response:
    seconds = max(1, round(size / BYTES_PER_SECOND))
    shape = form.get("response_format") or "json"
    if shape == "text":
        return PlainTextResponse(words + "\n", headers=_headers())
    body: dict[str, Any] = {"text": words, "usage": {"type": "duration", "seconds": seconds}}
    if shape == "verbose_json":
        body |= {"task": "transcribe", "language": "spanish", "duration": float(seconds), "segments": []}
    return JSONResponse(body, headers=_headers())


async def _misbehave(request: Request, fault: Fault) -> Response | None:
    """What a fault of target "stt" shows; None when the request is answered after all."""
    if fault.kind.isdigit():
        return _refusal(int(fault.kind), fault.error_code, fault.retry_after)
    if fault.kind == "hang":
        return await hang(request, fault.seconds or HANG_SECONDS)
    if fault.kind == "garbage":
        return Response(b'{"text": "Hola', media_type="application/json")
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds or 1.0)
    return None


def _refusal(
    status: int, code: str | None = None, retry_after: int | None = None, message: str | None = None
) -> JSONResponse:
    usual_code, usual_message = _REFUSALS.get(status, (None, "The request was refused."))
    headers = _headers()
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return JSONResponse(error_body(status, code or usual_code, message or usual_message), status, headers)


def _headers() -> dict[str, str]:
    return {"x-request-id": naming.request_id()}
