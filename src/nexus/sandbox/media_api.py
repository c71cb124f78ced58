"""The sandbox's own door to files: phones upload and play them here.

A browser's WebM recording is kept as the Ogg that a phone would send (`voice_container`).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox.control_shapes import problem, said_plainly
from nexus.sandbox.media import DEFAULT_MIME, VOICE_MIME, mime_of_name
from nexus.sandbox.media_samples import SAMPLE_IDS, sample
from nexus.sandbox.voice_container import ogg_of_webm
from nexus.sandbox.world import World

LARGEST_UPLOAD = 128 * 1024 * 1024


def media_routes(world: World) -> list[BaseRoute]:
    """`POST /sandbox/media`, `GET /sandbox/media/samples`, `GET /sandbox/media/{id}`."""

    async def put(request: Request) -> Response:
        data = await request.body()
        if len(data) > LARGEST_UPLOAD:
            return problem(413, "too_large", "Es demasiado grande para el simulador.")
        query = request.query_params
        name = query.get("name", "")
        promised = mime_of_name(name)
        if promised == DEFAULT_MIME:
            promised = request.headers.get("content-type") or DEFAULT_MIME
        mime = query.get("mime") or promised
        if mime.startswith("audio/") and (as_ogg := await asyncio.to_thread(ogg_of_webm, data)):
            data, mime, name = as_ogg, VOICE_MIME, f"{Path(name).stem or 'nota'}.ogg"
        stored = world.media.put(data, name=name, mime=mime, transcript=query.get("transcript"))
        return JSONResponse(stored.as_json(), 201)

    async def samples(_: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(_samples))

    async def get(request: Request) -> Response:
        media = world.media.get(request.path_params["id"])
        if media is None:
            return problem(404, "unknown_media", "No hay un archivo con ese id.")
        return ranged(request, world.media.read(media), media.mime)

    return [
        Route("/sandbox/media", said_plainly(put), methods=["POST"]),
        Route("/sandbox/media/samples", said_plainly(samples)),
        Route("/sandbox/media/{id}", said_plainly(get)),
    ]


def _samples() -> list[dict[str, object]]:
    made = [sample(sample_id) for sample_id in SAMPLE_IDS]
    return [
        {"id": s.id, "name": s.name, "kind": s.kind, "mime": s.mime, "size": len(s.data)}
        | ({"transcript": s.transcript} if s.transcript is not None else {})
        for s in made
    ]


def ranged(request: Request, data: bytes, mime: str) -> Response:
    """The file, or the one piece of it that a player asks for. What is no picture, sound or film is a download."""
    shown = mime.partition("/")[0] in {"image", "audio", "video"} and not mime.startswith("image/svg")
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": "inline" if shown else "attachment"}
    unit, _, wanted = request.headers.get("range", "").partition("=")
    first, _, last = wanted.partition("-")
    if unit != "bytes" or not first.isdigit() or int(first) >= len(data) or "," in wanted:
        return Response(data, media_type=mime or DEFAULT_MIME, headers=headers)
    end = min(int(last), len(data) - 1) if last.isdigit() else len(data) - 1
    headers["Content-Range"] = f"bytes {first}-{end}/{len(data)}"
    return Response(data[int(first) : end + 1], 206, media_type=mime or DEFAULT_MIME, headers=headers)
