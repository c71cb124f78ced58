"""`/admin/canned-replies`: answers that the team writes again and again."""

import re
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, StringConstraints

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager, Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import MessageText
from nexus.orchestrator_service.admin.inbox_shapes import CannedReplies, CannedReply
from nexus.runtime.errors import ApiError
from nexus.store.canned_replies import ShortcutExistsError, add_reply, change_reply, delete_reply, list_replies

_ERRORS = errors(400, 401, 403, 404, 409, 413, 422, 503)
_PLACEHOLDERS = ("nombre", "tienda", "yo")
ReplyId = Annotated[int, Path(ge=1, le=2**31 - 1)]

router = APIRouter(prefix="/admin/canned-replies", tags=["chats"])


class ReplyToWrite(BaseModel):
    """What is typed after the slash, and what it stands for; the page fills `{nombre}`, `{tienda}` and `{yo}`."""

    shortcut: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")]
    text: MessageText


@router.get("", summary="Las respuestas rápidas", responses=errors(400, 401, 404, 422, 503))
async def replies(deps: Deps, scope: Reader) -> CannedReplies:
    """Every one, by shortcut."""
    return CannedReplies.model_validate({"items": await list_replies(scope.tenant_id, deps.pool)})


@router.post("", status_code=201, summary="Crear una respuesta rápida", responses=_ERRORS)
async def create(body: ReplyToWrite, deps: Deps, scope: Manager) -> CannedReply:
    """409 `shortcut_exists`, 422 `placeholder_unknown`."""
    _check_placeholders(body.text)
    try:
        made = await add_reply(scope.tenant_id, deps.pool, body.shortcut, body.text)
    except ShortcutExistsError as error:
        raise _exists() from error
    return CannedReply.model_validate(made)


@router.put("/{reply_id}", summary="Cambiar una respuesta rápida", responses=_ERRORS)
async def change(reply_id: ReplyId, body: ReplyToWrite, deps: Deps, scope: Manager) -> CannedReply:
    """409 `shortcut_exists`, 422 `placeholder_unknown`."""
    _check_placeholders(body.text)
    try:
        changed = await change_reply(scope.tenant_id, deps.pool, reply_id, body.shortcut, body.text)
    except ShortcutExistsError as error:
        raise _exists() from error
    if changed is None:
        raise _unknown()
    return CannedReply.model_validate(changed)


@router.delete("/{reply_id}", status_code=204, summary="Borrar una respuesta rápida", responses=_ERRORS)
async def delete(reply_id: ReplyId, deps: Deps, scope: Manager) -> None:
    """Forget it."""
    if not await delete_reply(scope.tenant_id, deps.pool, reply_id):
        raise _unknown()


def _check_placeholders(text: str) -> None:
    unknown = [name for name in re.findall(r"\{([^{}\s]*)\}", text) if name not in _PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
        raise ApiError(422, "placeholder_unknown", f"No conozco {{{unknown[0]}}}: se pueden usar {known}.")


def _exists() -> ApiError:
    return ApiError(409, "shortcut_exists", "Ya hay una respuesta rápida con ese atajo.")


def _unknown() -> ApiError:
    return ApiError(404, "reply_not_found", "Esa respuesta rápida no existe en esta tienda.")
