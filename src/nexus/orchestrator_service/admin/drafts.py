"""What the bot proposes in shadow mode: to be sent as it is, changed, or thrown away by a person (issue 6, Build 8)."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader, Writer
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import MessageText, not_nul
from nexus.orchestrator_service.admin.sending import LONGEST_CAPTION
from nexus.orchestrator_service.admin.shapes import Queued
from nexus.orchestrator_service.admin.trace_words import tool_of
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import current_correlation_id
from nexus.store.drafts import discard_draft, load_draft, send_draft
from nexus.store.messages import WindowClosedError, WrongStateError

_MOST_BUBBLES = 10
_READ_ERRORS = errors(400, 401, 404, 422, 503)
_ERRORS = errors(400, 401, 403, 404, 409, 413, 422, 503)
_CLOSED = "No se pudo enviar: pasaron más de 24 h desde su último mensaje."

Caption = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CAPTION), AfterValidator(not_nul)]

router = APIRouter(prefix="/admin/conversations", tags=["chats"])


class DraftBubble(BaseModel):
    """A text, or a picture by its address with the words under it."""

    model_config = ConfigDict(extra="forbid")

    text: MessageText | None = None
    image_url: Annotated[str, StringConstraints(max_length=2048)] | None = None
    caption: Caption | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.text is None) == (self.image_url is None) or (self.caption is not None and self.image_url is None):
            raise ValueError("cada burbuja es un texto o una imagen, y sólo una imagen lleva caption")
        return self


class Promise(BaseModel):
    """Something that the draft tells of and that the bot only tried: a person has to do it first."""

    name: str
    label: str


class Draft(BaseModel):
    """A draft that waits; `window_open` false: WhatsApp takes no free text any more."""

    id: UUID
    burst_id: UUID
    created_at: datetime
    bubbles: list[DraftBubble]
    promised: list[Promise]
    window_open: bool


class DraftAnswer(BaseModel):
    """The chat's draft, if there is one."""

    draft: Draft | None


class DraftToSend(BaseModel):
    """`bubbles` take the place of the draft's; `done` says that what it promises was done by hand."""

    model_config = ConfigDict(extra="forbid")

    bubbles: Annotated[list[DraftBubble], Field(min_length=1, max_length=_MOST_BUBBLES)] | None = None
    done: bool = False


class SentDraft(BaseModel):
    """The messages that it became, in order."""

    messages: list[Queued]


@router.get("/{conversation_id}/draft", summary="Lo que el bot propone responder", responses=_READ_ERRORS)
async def draft(conversation_id: UUID, deps: Deps, scope: Reader) -> DraftAnswer:
    """The newest one that nobody decided, in a shop that is or was in shadow mode."""
    found = await load_draft(scope.tenant_id, deps.pool, conversation_id)
    return DraftAnswer(draft=None if found is None else Draft.model_validate(_shown(found)))


@router.post(
    "/{conversation_id}/draft/{draft_id}/send",
    status_code=202,
    summary="Enviar lo que propone el bot, así o cambiado",
    responses=_ERRORS,
)
async def send(conversation_id: UUID, draft_id: UUID, body: DraftToSend, deps: Deps, scope: Writer) -> SentDraft:
    """As the person's own words, once however often it is asked; the bot is not paused and goes on proposing.

    409 `draft_promises` when it tells of something that the bot did not do and `done` does not say that it was done,
    `draft_decided` when it was discarded or the customer wrote again, `window_closed` 24 h after her last message.
    """
    waiting = await load_draft(scope.tenant_id, deps.pool, conversation_id)
    if waiting is not None and waiting["id"] == draft_id:
        if waiting["promised"] and not body.done:
            raise ApiError(409, "draft_promises", f"El bot no lo hizo: {_promises(waiting)}. Hacelo y después enviá.")
        _refuse_foreign_pictures(body, waiting)
    bubbles = None if body.bubbles is None else [_kept(bubble) for bubble in body.bubbles]
    try:
        sent = await send_draft(
            scope.tenant_id,
            deps.pool,
            conversation_id,
            draft_id,
            bubbles,
            who=scope.caller.name,
            correlation_id=current_correlation_id(),
        )
    except WindowClosedError as error:
        raise ApiError(409, "window_closed", _CLOSED) from error
    except WrongStateError as error:
        raise ApiError(409, "draft_decided", "Ese borrador ya no está: mirá si hay uno nuevo.") from error
    if sent is None:
        raise _no_draft()
    return SentDraft(messages=[Queued.model_validate(message) for message in sent])


@router.delete(
    "/{conversation_id}/draft/{draft_id}", status_code=204, summary="Descartar lo que propone el bot", responses=_ERRORS
)
async def discard(conversation_id: UUID, draft_id: UUID, deps: Deps, scope: Writer) -> None:
    """The customer gets nothing; 409 `draft_decided` when it was sent."""
    try:
        found = await discard_draft(scope.tenant_id, deps.pool, conversation_id, draft_id, scope.caller.name)
    except WrongStateError as error:
        raise ApiError(409, "draft_decided", "Ese borrador ya se envió.") from error
    if found is None:
        raise _no_draft()


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    bubbles = [
        {"image_url": bubble["content"], "caption": bubble.get("caption")}
        if bubble["message_type"] == "image"
        else {"text": bubble["content"]}
        for bubble in found["bubbles"]
    ]
    return found | {
        "bubbles": bubbles,
        "promised": [{"name": name, "label": tool_of(name)} for name in found["promised"]],
    }


def _kept(bubble: DraftBubble) -> dict[str, Any]:
    if bubble.image_url is not None:
        return {"message_type": "image", "content": bubble.image_url, "caption": bubble.caption}
    return {"message_type": "text", "content": bubble.text}


def _refuse_foreign_pictures(body: DraftToSend, waiting: dict[str, Any]) -> None:
    """A changed draft may lose pictures, never get others: those are the shop's own, from its products."""
    own = {bubble["content"] for bubble in waiting["bubbles"] if bubble["message_type"] == "image"}
    if any(bubble.image_url is not None and bubble.image_url not in own for bubble in body.bubbles or []):
        raise ApiError(422, "picture_unknown", "Esa imagen no es de este borrador.")


def _promises(waiting: dict[str, Any]) -> str:
    return ", ".join(tool_of(name).lower() for name in waiting["promised"])


def _no_draft() -> ApiError:
    return ApiError(404, "draft_not_found", "En ese chat no hay un borrador así.")
