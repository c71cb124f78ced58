"""Private notes about a chat: `/admin/conversations/{id}/notes` and `/admin/notes/{id}`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, StringConstraints

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader, Scope
from nexus.orchestrator_service.admin.auth import Writer as WriterScope
from nexus.orchestrator_service.admin.chats import no_conversation
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import not_nul
from nexus.orchestrator_service.admin.inbox_shapes import NoteItem, NoteList
from nexus.runtime.errors import ApiError
from nexus.store.notes import NotYoursError, Writer, add_note, change_note, delete_note, list_notes

_ERRORS = errors(400, 401, 403, 404, 413, 422, 503)
_MANAGERS = ("owner", "manager")

router = APIRouter(prefix="/admin", tags=["chats"])


class NoteToWrite(BaseModel):
    """What the team shall know."""

    text: Annotated[
        str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True), AfterValidator(not_nul)
    ]


@router.get(
    "/conversations/{conversation_id}/notes",
    summary="Las notas de una conversación",
    responses=errors(400, 401, 404, 422, 503),
)
async def notes(conversation_id: UUID, deps: Deps, scope: Reader) -> NoteList:
    """Newest first."""
    rows = await list_notes(scope.tenant_id, deps.pool, conversation_id)
    if rows is None:
        raise no_conversation()
    return NoteList(items=[_note(row, _writer(scope)) for row in rows])


@router.post("/conversations/{conversation_id}/notes", status_code=201, summary="Anotar algo", responses=_ERRORS)
async def write(conversation_id: UUID, body: NoteToWrite, deps: Deps, scope: WriterScope) -> NoteItem:
    """A new note; the customer never sees it, and neither does the bot."""
    row = await add_note(scope.tenant_id, deps.pool, conversation_id, body.text, _writer(scope))
    if row is None:
        raise no_conversation()
    return _note(row, _writer(scope))


@router.put("/notes/{note_id}", summary="Corregir una nota", responses=_ERRORS)
async def change(note_id: UUID, body: NoteToWrite, deps: Deps, scope: WriterScope) -> NoteItem:
    """Whoever wrote it, or manages the shop."""
    try:
        row = await change_note(scope.tenant_id, deps.pool, note_id, body.text, _writer(scope))
    except NotYoursError as error:
        raise _not_yours() from error
    if row is None:
        raise _no_note()
    return _note(row, _writer(scope))


@router.delete("/notes/{note_id}", status_code=204, summary="Borrar una nota", responses=_ERRORS)
async def delete(note_id: UUID, deps: Deps, scope: WriterScope) -> None:
    """Whoever wrote it, or manages the shop."""
    try:
        known = await delete_note(scope.tenant_id, deps.pool, note_id, _writer(scope))
    except NotYoursError as error:
        raise _not_yours() from error
    if not known:
        raise _no_note()


def _writer(scope: Scope) -> Writer:
    person = scope.caller.person
    return Writer(scope.caller.name, person.id if person else None, scope.role in _MANAGERS)


def _note(row: dict[str, Any], reader: Writer) -> NoteItem:
    mine = reader.id is not None and row["author_id"] == reader.id
    return NoteItem.model_validate(row | {"can_change": mine or reader.manages})


def _no_note() -> ApiError:
    return ApiError(404, "note_not_found", "Esa nota no existe en esta tienda.")


def _not_yours() -> ApiError:
    return ApiError(403, "forbidden", "Sólo quien escribió la nota o administra la tienda puede cambiarla.")
