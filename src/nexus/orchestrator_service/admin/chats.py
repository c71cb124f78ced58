"""`/admin/chats`: the list and the thread that the panel polls (S-085)."""

from mimetypes import guess_type
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import Search
from nexus.orchestrator_service.admin.pages import (
    Cursor,
    Limit,
    cache_headers,
    chat_cursor,
    etag,
    is_unchanged,
    not_modified,
    read_chat_cursor,
    read_number_cursor,
)
from nexus.orchestrator_service.admin.phone_words import readable_phone
from nexus.orchestrator_service.admin.shapes import (
    ChatItem,
    ChatPage,
    Media,
    MessageItem,
    StatusReason,
    Thread,
)
from nexus.orchestrator_service.admin.status_reasons import status_reason
from nexus.runtime.errors import ApiError
from nexus.store.conversations import chats_revision, list_chats, list_thread, load_chat, mark_seen

router = APIRouter(prefix="/admin/chats", tags=["chats"])
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nada cambió desde ese ETag"}}


@router.get(
    "", response_model=ChatPage, summary="Las conversaciones", responses=_UNCHANGED | errors(400, 401, 404, 422, 503)
)
async def chats(
    request: Request,
    response: Response,
    deps: Deps,
    scope: Reader,
    limit: Limit = 50,
    before: Cursor = None,
    q: Search = "",
) -> Any:
    """Newest first; `q` is part of a name or of a number. ETag, and 304 when no chat of the shop changed."""
    after = read_chat_cursor(before) if before else None
    tag = etag(request, scope.tenant_id, await chats_revision(scope.tenant_id, deps.pool))
    if is_unchanged(request, tag):
        return not_modified(tag)
    rows = await list_chats(scope.tenant_id, deps.pool, limit=limit + 1, before=after, search=q)
    shown = rows[:limit]
    following = chat_cursor(shown[-1]["last_message_at"], shown[-1]["id"]) if len(rows) > limit else None
    response.headers.update(cache_headers(tag))
    return ChatPage(items=[_chat(row) for row in shown], next=following)


@router.get(
    "/{conversation_id}/messages",
    response_model=Thread,
    summary="Los mensajes de una conversación",
    responses=_UNCHANGED | errors(400, 401, 404, 422, 503),
)
async def messages(
    conversation_id: UUID,
    request: Request,
    response: Response,
    deps: Deps,
    scope: Reader,
    limit: Limit = 50,
    after: Cursor = None,
    before: Cursor = None,
    seen: Annotated[bool, Query(description="1 marca la conversación como leída")] = False,
) -> Any:
    """The newest `limit`, those before a cursor, or the first ones after one. ETag of the chat's revision."""
    since, until = read_number_cursor(after), read_number_cursor(before)
    if seen and scope.role != "read-only":
        await mark_seen(scope.tenant_id, deps.pool, conversation_id)
    chat = await load_chat(scope.tenant_id, deps.pool, conversation_id)
    if chat is None:
        raise ApiError(404, "conversation_not_found", "Esa conversación no existe en esta tienda.")
    tag = etag(request, scope.tenant_id, str(chat["revision"]))
    if is_unchanged(request, tag):
        return not_modified(tag)
    rows = await list_thread(scope.tenant_id, deps.pool, conversation_id, limit=limit + 1, after=since, before=until)
    response.headers.update(cache_headers(tag))
    return _thread(rows, limit, forward=since is not None)


def _thread(rows: list[dict[str, Any]], limit: int, *, forward: bool) -> Thread:
    """`rows` holds one more than the page when the thread goes on: at its end going forward, else at its start."""
    goes_on = len(rows) > limit
    shown = rows[:limit] if forward else rows[-limit:]
    edge = shown[-1 if forward else 0]["seq"] if goes_on else None
    return Thread(
        items=[_message(row) for row in shown],
        next=None if edge is None else str(edge),
        last=str(shown[-1]["seq"]) if shown else None,
    )


def _chat(row: dict[str, Any]) -> ChatItem:
    name = row["display_name"] or readable_phone(row["wa_address"] or row["external_user_id"])
    return ChatItem.model_validate(row | {"display_name": name})


def _message(row: dict[str, Any]) -> MessageItem:
    media = _media(row)
    reason = status_reason(row["provider_status"], row["status_code"])
    return MessageItem(
        id=row["id"],
        role="human_supervisor" if row["author"] == "human" else row["role"],
        author=row["author"],
        type=row["message_type"],
        content="" if media else row["content"],
        created_at=row["created_at"],
        status=row["provider_status"],
        status_reason=StatusReason(code=reason[0], message=reason[1]) if reason else None,
        media=media,
        burst_id=row["burst_id"],
    )


def _media(row: dict[str, Any]) -> Media | None:
    """An image bubble is stored as its address (S-096)."""
    if row["message_type"] != "image" or not row["content"].startswith(("https://", "http://")):
        return None
    path = urlsplit(row["content"]).path
    return Media(
        url=row["content"], type="image", mime=guess_type(path)[0], name=unquote(path.rsplit("/", 1)[-1]) or None
    )
