"""What a person sends: words, a file, a template; what failed again or not at all; a voice note's words once more."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Scope, Writer
from nexus.orchestrator_service.admin.chats import no_conversation
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import MessageText, Reference, TemplateParameter, not_nul
from nexus.orchestrator_service.admin.shapes import Queued, Transcribing
from nexus.orchestrator_service.admin.template_parts import filled, parts_of
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import current_correlation_id
from nexus.store.chat_list import load_chat
from nexus.store.consents import ConsentWithdrawnError
from nexus.store.conversations import window_allows
from nexus.store.files import load_file
from nexus.store.lockout import lockout_until
from nexus.store.messages import (
    Outgoing,
    WindowClosedError,
    WrongStateError,
    discard_message,
    queue_manual,
    resend_message,
    transcribe_again,
)
from nexus.store.templates import load_template

LONGEST_CAPTION = 1024
_MIRROR_SECONDS = 86_400
_SENDABLE = ("image", "video", "audio", "document")
_ERRORS = errors(400, 401, 403, 404, 409, 413, 422, 503)

router = APIRouter(prefix="/admin/messages", tags=["chats"])


class TemplateToSend(BaseModel):
    """An approved template; the parameters fill its body in order."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=512), AfterValidator(not_nul)]
    language: Annotated[str, StringConstraints(min_length=2, max_length=16), AfterValidator(not_nul)]
    parameters: Annotated[list[TemplateParameter], Field(max_length=30)] = []


class NewMessage(BaseModel):
    """A person's text, file with caption (`text`), or template; `client_ref` is the caller's own id of it, so that a
    repeat is the same row.
    """

    conversation_id: UUID
    client_ref: Reference
    text: MessageText | None = None
    media_id: UUID | None = None
    template: TemplateToSend | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.template is not None) == (self.text is not None or self.media_id is not None):
            raise ValueError("hace falta text, media_id o template, y template va solo")
        if self.media_id is not None and len(self.text or "") > LONGEST_CAPTION:
            raise ValueError("el texto de un archivo tiene a lo sumo 1024 caracteres")
        return self


@router.post("/send", status_code=202, summary="Escribirle al cliente", responses=_ERRORS)
async def send(body: NewMessage, deps: Deps, scope: Writer) -> Queued:
    """Queue it and pause the bot (S-086); 409 `window_closed` for all but templates 24 h after the customer's last."""
    allowed = await window_allows(scope.tenant_id, deps.pool, body.conversation_id, body.client_ref)
    if allowed is None:
        raise no_conversation()
    if not allowed and body.template is None:
        raise await _window_closed(deps, scope, body.conversation_id)
    outgoing = await _outgoing(body, deps, scope)
    try:
        queued = await queue_manual(scope.tenant_id, deps.pool, body.conversation_id, outgoing, who=scope.caller.name)
    except ConsentWithdrawnError as error:
        raise ApiError(409, "consent_withdrawn", _UNWANTED) from error
    if queued is None:
        raise no_conversation()
    await mirror_lockout(deps, scope.tenant_id, body.conversation_id)
    return Queued.model_validate({"id": queued[0], "status": queued[1]})


@router.post("/{message_id}/resend", status_code=202, summary="Mandar de nuevo lo que falló", responses=_ERRORS)
async def resend(message_id: UUID, deps: Deps, scope: Writer) -> Queued:
    """The same as a new message, once however often it is asked; pauses the bot, and the window counts as ever."""
    try:
        sent = await resend_message(
            scope.tenant_id, deps.pool, message_id, who=scope.caller.name, correlation_id=current_correlation_id()
        )
    except WindowClosedError as error:
        raise ApiError(409, "window_closed", _CLOSED) from error
    except ConsentWithdrawnError as error:
        raise ApiError(409, "consent_withdrawn", _UNWANTED) from error
    except WrongStateError as error:
        raise ApiError(409, "not_resendable", "Sólo se reenvía lo que falló o quedó sin confirmar.") from error
    if sent is None:
        raise _no_message()
    await mirror_lockout(deps, scope.tenant_id, sent[2])
    return Queued.model_validate({"id": sent[0], "status": sent[1]})


@router.post("/{message_id}/discard", summary="Descartar un mensaje que no salió", responses=_ERRORS)
async def discard(message_id: UUID, deps: Deps, scope: Writer) -> Queued:
    """Give up what waits, what nobody confirmed, or a person's that failed; what it held up goes on."""
    try:
        state = await discard_message(scope.tenant_id, deps.pool, message_id)
    except WrongStateError as error:
        raise ApiError(409, "not_discardable", "Ese mensaje ya no se puede descartar.") from error
    if state is None:
        raise _no_message()
    return Queued.model_validate({"id": message_id, "status": state})


@router.post("/{message_id}/transcribe", status_code=202, summary="Transcribir de nuevo un audio", responses=_ERRORS)
async def transcribe(message_id: UUID, deps: Deps, scope: Writer) -> Transcribing:
    """Ask for the words of a stored voice note once more; 409 when there is no audio of it."""
    try:
        found = await transcribe_again(scope.tenant_id, deps.pool, message_id)
    except WrongStateError as error:
        raise ApiError(409, "no_audio", "No hay un audio guardado de ese mensaje.") from error
    if not found:
        raise _no_message()
    return Transcribing(id=message_id, transcript_state="waiting")


async def _outgoing(body: NewMessage, deps: AdminDeps, scope: Scope) -> Outgoing:
    correlation_id = current_correlation_id()
    if body.template is not None:
        return await _template(body.template, body.client_ref, deps, scope)
    if body.media_id is None:
        return Outgoing("text", body.text or "", body.client_ref, correlation_id=correlation_id)
    file = await load_file(scope.tenant_id, deps.pool, body.media_id)
    if file is None or not deps.folder.path_of(scope.tenant_id, file.id).exists():
        raise ApiError(404, "media_not_found", "Ese archivo no existe en esta tienda.")
    if file.media_type not in _SENDABLE:
        raise ApiError(422, "media_not_sendable", "Ese archivo no se puede mandar por WhatsApp.")
    if file.media_type == "audio" and body.text is not None:
        raise ApiError(422, "audio_without_text", "WhatsApp no acepta texto junto con un audio: mandalo aparte.")
    return Outgoing(file.media_type, body.text or "", body.client_ref, correlation_id=correlation_id, media_id=file.id)


async def _template(wanted: TemplateToSend, client_ref: str, deps: AdminDeps, scope: Scope) -> Outgoing:
    """One that was never listed goes as it is: WhatsApp will say whether it exists. Raises 409, 422."""
    known = await load_template(scope.tenant_id, deps.pool, wanted.name, wanted.language)
    text = None
    if known is not None and known.status != "APPROVED":
        raise ApiError(409, "template_not_approved", "WhatsApp no tiene aprobada esa plantilla.")
    if known is not None and known.components:
        parts = parts_of(known.components)
        if not parts.can_be_filled:
            raise ApiError(422, "template_unsupported", "Esa plantilla pide datos que acá no se pueden completar.")
        if parts.parameters != len(wanted.parameters):
            raise ApiError(422, "template_parameters", f"Esa plantilla lleva {parts.parameters} datos para completar.")
        text = filled(parts.body, wanted.parameters)
    payload = wanted.model_dump() | {"text": text}
    content = text or f"[plantilla {wanted.name}]"
    return Outgoing("template", content, client_ref, payload, current_correlation_id())


_UNWANTED = "Esta persona pidió que no le manden más promociones: WhatsApp llama así a esa plantilla."
_CLOSED = "No se pudo enviar: pasaron más de 24 h desde su último mensaje."


async def _window_closed(deps: AdminDeps, scope: Scope, conversation_id: UUID) -> ApiError:
    chat = await load_chat(scope.tenant_id, deps.pool, conversation_id)
    wrote = chat is not None and chat["window_expires_at"] is not None
    never = "No se pudo enviar: todavía no te escribió, y hasta que lo haga sólo se le puede mandar una plantilla."
    return ApiError(409, "window_closed", _CLOSED if wrote else never)


async def mirror_lockout(deps: AdminDeps, tenant_id: int, conversation_id: UUID) -> datetime | None:
    """Copy the lockout to Redis with the same end (S-046, S-106), and return that end."""
    until = await lockout_until(tenant_id, deps.pool, conversation_id)
    key = f"override:chat:{conversation_id}"
    if until is None:
        await deps.cache.delete(key)
    else:
        remaining = (until - datetime.now(UTC)).total_seconds()
        await deps.cache.set(key, until.isoformat(), min(remaining, _MIRROR_SECONDS))
    return until


def _no_message() -> ApiError:
    return ApiError(404, "message_not_found", "Ese mensaje no existe en esta tienda.")
