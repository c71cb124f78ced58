"""A stored file as an HTTP answer: whole or one range, asked about again by ETag, and never able to run anything."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from nexus.orchestrator_service.admin.pages import cache_headers, is_unchanged, not_modified
from nexus.runtime.errors import ApiError
from nexus.store.files import StoredFile

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
_RECORDING = re.compile(r"(audio|video)/[a-z0-9][a-z0-9.+-]*")
# What a browser only ever saves; anything else is bytes to it.
_SAVED = re.compile(r"application/(pdf|msword|vnd\.(ms-|openxmlformats-officedocument\.)[a-z.-]+)|text/(plain|csv)")


def file_answer(request: Request, path: Path, file: StoredFile) -> Response:
    """200, 206 or 304, with only headers for HEAD. Raises 404 when the file is gone, 416."""
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise ApiError(404, "media_gone", "Ese archivo ya no está guardado.") from error
    tag = f'"{file.sha256 or f"{file.id}-{size}"}"'
    if is_unchanged(request, tag):
        return not_modified(tag)
    span = _asked_span(request, tag, size)
    start, end = span or (0, size)
    headers = cache_headers(tag) | _safety(file) | {"Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    body = _pieces(path, start, end) if request.method != "HEAD" else iter(())
    return StreamingResponse(body, 206 if span else 200, headers)


def _asked_span(request: Request, tag: str, size: int) -> tuple[int, int] | None:
    """First byte and the one past the last; None for all of it: several ranges, or one of another file. Raises 416."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if asked is None or asked[0] == "bytes=-" or request.headers.get("if-range", tag) != tag:
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if first and last and int(last) < start:
        return None
    if start >= size:
        outside = {"Content-Range": f"bytes */{size}"}
        raise ApiError(416, "range_not_satisfiable", "Ese tramo no existe en el archivo.", outside)
    return start, end


def _safety(file: StoredFile) -> dict[str, str]:
    """Customers choose the bytes: nothing is guessed, run, or shown beyond pictures and recordings."""
    mime = (file.mime_type or "").split(";")[0].strip().lower()
    inline = mime in _PICTURES or _RECORDING.fullmatch(mime) is not None
    if not inline and not _SAVED.fullmatch(mime):
        mime = "application/octet-stream"
    name = quote(file.file_name or str(file.id), safe="")
    return {
        "Content-Type": f"{mime}; charset=utf-8" if mime.startswith("text/") else mime,
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }


async def _pieces(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    pieces = _read(path, start, end)
    while piece := await asyncio.to_thread(next, pieces, b""):
        yield piece


def _read(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (piece := file.read(min(_CHUNK, end - start))):
            start += len(piece)
            yield piece
