"""`/admin/media`: what customers sent and people of the shop choose to send; never a link of the provider (S-097)."""

import asyncio
import hashlib
import re
import tempfile
from pathlib import PurePosixPath
from typing import Annotated, Any, BinaryIO
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import FileReader, Writer
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.file_answer import file_answer
from nexus.orchestrator_service.admin.outgoing_types import LARGEST, NotTakenError, file_type
from nexus.orchestrator_service.admin.shapes import Uploaded
from nexus.runtime.errors import ApiError
from nexus.runtime.file_types import seconds_of
from nexus.runtime.pictures import OversizedPictureError, UnreadablePictureError, to_jpeg
from nexus.store.files import StoredFile, add_file, load_file

PATH = "/admin/media"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*\ud800-\udfff]+")
_BYTES: dict[str, Any] = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: _BYTES,
    206: _BYTES | {"description": "El tramo pedido"},
    304: {"description": "Nada cambió desde ese ETag"},
}

router = APIRouter(prefix=PATH, tags=["archivos"])


@router.get(
    "/{media_id}",
    response_class=Response,
    summary="Un archivo de una conversación",
    responses=_ANSWERS | errors(400, 401, 404, 416, 422, 503),
)
@router.head("/{media_id}", include_in_schema=False)
async def show(media_id: UUID, request: Request, deps: Deps, scope: FileReader) -> Response:
    """The bytes, whole or one Range; pictures and recordings are shown, anything else is saved."""
    file = await load_file(scope.tenant_id, deps.pool, media_id)
    if file is None:
        raise ApiError(404, "media_not_found", "Ese archivo no existe en esta tienda.")
    return file_answer(request, deps.folder.path_of(scope.tenant_id, media_id), file)


@router.post(
    "",
    status_code=201,
    summary="Subir un archivo para mandarlo",
    responses=errors(400, 401, 403, 404, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"required": True, **_BYTES}},
)
async def upload(
    request: Request, deps: Deps, scope: Writer, name: Annotated[str, Query(max_length=1000)] = ""
) -> Uploaded:
    """The body as it is, up to 16 MiB; 415 for what WhatsApp does not take. WebP, GIF and huge pictures become JPEG."""
    file_id = uuid4()
    url = deps.folder.url_of(scope.tenant_id, file_id)
    async with deps.folder.being_written(scope.tenant_id) as part:
        await _receive(request, part)
        try:
            row = await asyncio.to_thread(_examined, part, _plain_name(name), file_id, url, scope.caller.name)
        except NotTakenError as error:
            raise ApiError(415, "unsupported_media", str(error)) from error
        except UnreadablePictureError as error:
            text = "La imagen está dañada y no se puede abrir."
            raise ApiError(415, "unsupported_media", text) from error
        except OversizedPictureError as error:
            text = "La imagen es demasiado grande: achicala y probá de nuevo."
            raise ApiError(415, "unsupported_media", text) from error
        await deps.folder.keep(scope.tenant_id, file_id, part)
    await add_file(scope.tenant_id, deps.pool, row)
    return Uploaded(
        id=row.id,
        url=f"{PATH}/{row.id}",
        type=row.media_type,
        mime=row.mime_type or "",
        name=row.file_name,
        size=row.byte_size or 0,
        seconds=row.seconds,
    )


async def _receive(request: Request, part: BinaryIO) -> None:
    """Write the body as it comes. Raises 413 as soon as it is too large, 422 when there is none."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > LARGEST:
        raise _too_large()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST:
            raise _too_large()
        await asyncio.to_thread(part.write, chunk)
    if size == 0:
        raise ApiError(422, "empty_file", "El archivo está vacío.")


def _examined(part: BinaryIO, name: str, file_id: UUID, storage_url: str, who: str) -> StoredFile:
    """Its row, once the file is what WhatsApp takes. Raises NotTakenError and pictures' errors."""
    found = file_type(part, part.seek(0, 2), name)
    if found.convert:
        with tempfile.TemporaryFile() as picture:
            to_jpeg(part, picture)
            picture.seek(0)
            part.seek(0)
            part.truncate()
            part.write(picture.read())
    part.seek(0)
    digest = hashlib.sha256(part.read()).hexdigest()
    return StoredFile(
        id=file_id,
        storage_url=storage_url,
        media_type=found.kind,
        mime_type=found.mime,
        file_name=_with_extension(name, found.kind, found.extension),
        byte_size=part.tell(),
        sha256=digest,
        seconds=seconds_of(part) if found.kind in ("audio", "video") else None,
        uploaded_by=who,
    )


def _plain_name(name: str) -> str:
    """The file's own name, of a path from any system, without what no file system takes."""
    return _UNSAFE.sub("_", re.split(r"[/\\]", name)[-1].strip())[-200:].strip(". ")


def _with_extension(name: str, kind: str, extension: str) -> str:
    """WhatsApp and telephones judge by the name's end: it must say what the file is."""
    stem = PurePosixPath(name).stem or {"image": "foto", "document": "documento"}.get(kind, kind)
    suffix = PurePosixPath(name).suffix.lower()
    same = {".jpeg": ".jpg", ".opus": ".ogg", ".oga": ".ogg", ".3gpp": ".3gp"}.get(suffix, suffix)
    return name if same == extension and PurePosixPath(name).stem else f"{stem}{extension}"


def _too_large() -> ApiError:
    return ApiError(413, "too_large", "El archivo supera los 16 MB.")
