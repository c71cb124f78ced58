"""`/admin/labels`, and which chats have them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager, Reader, Writer
from nexus.orchestrator_service.admin.chats import no_conversation, shown_chat
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import Line
from nexus.orchestrator_service.admin.inbox_shapes import ChatItem, LabelItem, LabelList
from nexus.runtime.errors import ApiError
from nexus.store.labels import (
    LabelExistsError,
    UnknownLabelError,
    add_label,
    delete_label,
    list_labels,
    rename_label,
    set_labels,
)

_ERRORS = errors(400, 401, 403, 404, 413, 422, 503)
_NAMING_ERRORS = errors(400, 401, 403, 404, 409, 413, 422, 503)
_MOST = 20
Label = Annotated[int, Path(ge=1, le=2**31 - 1)]
LabelName = Annotated[Line, StringConstraints(max_length=40)]

router = APIRouter(prefix="/admin", tags=["chats"])


class LabelToWrite(BaseModel):
    """What to call a label."""

    name: LabelName


class ChatLabels(BaseModel):
    """All the labels that the chat shall have."""

    label_ids: Annotated[list[Annotated[int, Field(ge=1, le=2**31 - 1)]], Field(max_length=_MOST)]


@router.get("/labels", summary="Las etiquetas de la tienda", responses=errors(400, 401, 404, 422, 503))
async def labels(deps: Deps, scope: Reader) -> LabelList:
    """Every label by name, with how many chats have it."""
    return LabelList.model_validate({"items": await list_labels(scope.tenant_id, deps.pool)})


@router.post("/labels", status_code=201, summary="Crear una etiqueta", responses=_NAMING_ERRORS)
async def create(body: LabelToWrite, deps: Deps, scope: Writer) -> LabelItem:
    """A new label; 409 `label_exists` when there is one of that name."""
    try:
        return LabelItem.model_validate(await add_label(scope.tenant_id, deps.pool, body.name))
    except LabelExistsError as error:
        raise _exists() from error


@router.put("/labels/{label_id}", summary="Cambiar el nombre de una etiqueta", responses=_NAMING_ERRORS)
async def rename(label_id: Label, body: LabelToWrite, deps: Deps, scope: Manager) -> LabelItem:
    """Rename it in every chat; 409 `label_exists` when there is another of that name."""
    try:
        label = await rename_label(scope.tenant_id, deps.pool, label_id, body.name)
    except LabelExistsError as error:
        raise _exists() from error
    if label is None:
        raise _unknown()
    return LabelItem.model_validate(label)


@router.delete("/labels/{label_id}", status_code=204, summary="Borrar una etiqueta", responses=_ERRORS)
async def delete(label_id: Label, deps: Deps, scope: Manager) -> None:
    """Take it from every chat and forget it."""
    if not await delete_label(scope.tenant_id, deps.pool, label_id):
        raise _unknown()


@router.put("/conversations/{conversation_id}/labels", summary="Etiquetar una conversación", responses=_ERRORS)
async def mark(conversation_id: UUID, body: ChatLabels, deps: Deps, scope: Writer) -> ChatItem:
    """Give the chat exactly these labels."""
    try:
        known = await set_labels(scope.tenant_id, deps.pool, conversation_id, sorted(set(body.label_ids)))
    except UnknownLabelError as error:
        raise _unknown() from error
    if not known:
        raise no_conversation()
    return await shown_chat(deps, scope, conversation_id)


def _exists() -> ApiError:
    return ApiError(409, "label_exists", "Ya hay una etiqueta con ese nombre.")


def _unknown() -> ApiError:
    return ApiError(404, "label_not_found", "Esa etiqueta no existe en esta tienda.")
