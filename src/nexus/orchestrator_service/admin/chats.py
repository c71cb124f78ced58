"""`/admin/chats`: the list and the thread that the panel polls (S-085)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import Search
from nexus.orchestrator_service.admin.message_items import message_item
from nexus.orchestrator_service.admin.pages import (
    Cursor,
    Limit,
    cache_headers,
    chat_cursor,
    etag,
    is_unchanged,
    message_cursor,
    not_modified,
    read_chat_cursor,
    read_message_cursor,
    read_number_cursor,
)
from nexus.orchestrator_service.admin.phone_words import readable_phone
from nexus.orchestrator_service.admin.shapes import ChatItem, ChatPage, Thread
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
    return ChatPage(items=[chat_item(row) for row in shown], next=following)


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
    since, until = read_number_cursor(after), read_message_cursor(before)
    if seen and scope.role != "read-only":
        await mark_seen(scope.tenant_id, deps.pool, conversation_id)
    chat = await load_chat(scope.tenant_id, deps.pool, conversation_id)
    if chat is None:
        raise ApiError(404, "conversation_not_found", "Esa conversación no existe en esta tienda.")
    tag = etag(request, scope.tenant_id, f"{chat['revision']}-{chat['doubtful']}")
    if is_unchanged(request, tag):
        return not_modified(tag)
    rows = await list_thread(scope.tenant_id, deps.pool, conversation_id, limit=limit + 1, after=since, before=until)
    response.headers.update(cache_headers(tag))
    if since is not None:
        return _later(rows, limit)
    return _earlier(rows, limit, newest=chat["last_seq"] if until is None else None)


def _later(rows: list[dict[str, Any]], limit: int) -> Thread:
    """A page of what came after a message; `rows` holds one more when there is more."""
    shown = rows[:limit]
    last = str(shown[-1]["seq"]) if shown else None
    return Thread(items=[message_item(row) for row in shown], next=last if len(rows) > limit else None, last=last)


def _earlier(rows: list[dict[str, Any]], limit: int, newest: int | None) -> Thread:
    """The end of the thread, whose newest arrival is `newest`, or a page before it; one more row when it goes on."""
    shown = rows[-limit:]
    following = message_cursor(shown[0]["at"], shown[0]["seq"]) if len(rows) > limit else None
    last = newest if newest is not None else shown[-1]["seq"] if shown else None
    return Thread(items=[message_item(row) for row in shown], next=following, last=None if last is None else str(last))


def chat_item(row: dict[str, Any]) -> ChatItem:
    """A row of the list as the API shows it: who has no name is called by the number."""
    name = row["display_name"] or readable_phone(row["wa_address"] or row["external_user_id"])
    return ChatItem.model_validate(row | {"display_name": name})
