"""`/admin/chats`: the list and the thread that the panel polls (S-085)."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Reader, Scope
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Search
from nexus.orchestrator_service.admin.inbox_shapes import ChatItem, ChatPage, Counts, Match
from nexus.orchestrator_service.admin.message_items import message_item
from nexus.orchestrator_service.admin.pages import (
    Cursor,
    Limit,
    cache_headers,
    chat_cursor,
    etag,
    is_unchanged,
    list_had,
    list_tag,
    message_cursor,
    not_modified,
    read_chat_cursor,
    read_message_cursor,
    read_number_cursor,
)
from nexus.orchestrator_service.admin.phone_words import digits_to_find, readable_phone
from nexus.orchestrator_service.admin.shapes import Thread
from nexus.orchestrator_service.admin.snippets import match_of
from nexus.runtime.errors import ApiError
from nexus.store.chat_list import (
    Filters,
    Tab,
    count_chats,
    list_chats,
    list_is_as_seen,
    list_moment,
    load_chat,
)
from nexus.store.conversations import list_thread, mark_seen, place_after, thread_revision
from nexus.store.inbox_search import Found, newest_hits, search_inbox

router = APIRouter(prefix="/admin/chats", tags=["chats"])
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nada cambió desde ese ETag"}}
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Which chats somebody wants to see."""

    tab: Tab = "all"
    assigned: Annotated[str | None, Query(pattern=r"^(me|none|[1-9][0-9]{0,8})$")] = None
    label: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
    q: Search = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of a thread somebody wants to see."""

    after: Cursor = None
    before: Cursor = None
    around: Annotated[UUID | None, Query(description="Un mensaje: la página con él en el medio")] = None


@router.get(
    "", response_model=ChatPage, summary="Las conversaciones", responses=_UNCHANGED | errors(400, 401, 404, 422, 503)
)
async def chats(
    request: Request,
    response: Response,
    deps: Deps,
    scope: Reader,
    asked: Annotated[Asked, Depends()],
    limit: Limit = 50,
    before: Cursor = None,
) -> Any:
    """Newest first. `tab` human: a person is needed, or the bot is silent; `assigned` is me, none or an account's id.

    `q`: all its words in a name or in a message, or a number in any form. ETag, and 304 when no chat changed.
    """
    after = read_chat_cursor(before) if before else None
    had = list_had(request, scope.tenant_id)
    if had and await list_is_as_seen(scope.tenant_id, deps.pool, had[1]):
        return not_modified(had[0])
    tag = list_tag(request, scope.tenant_id, await list_moment(scope.tenant_id, deps.pool))
    found = await search_inbox(scope.tenant_id, deps.pool, asked.q, digits_to_find(asked.q)) if asked.q else None
    filters = Filters(asked.tab, _person(asked.assigned, scope), asked.label, found)
    rows = await list_chats(scope.tenant_id, deps.pool, limit=limit + 1, before=after, filters=filters)
    counts = await count_chats(scope.tenant_id, deps.pool, filters)
    shown = rows[:limit]
    following = chat_cursor(shown[-1]["last_message_at"], shown[-1]["id"]) if len(rows) > limit else None
    response.headers.update(cache_headers(tag))
    matches = await _matches(deps, scope, shown, found, asked.q) if found else {}
    items = [chat_item(row, matches.get(row["id"])) for row in shown]
    return ChatPage(items=items, next=following, counts=Counts.model_validate(counts))


def _person(assigned: str | None, scope: Scope) -> int | None:
    """The account that the list is asked for, _NOBODY for chats of nobody. Raises 422."""
    if assigned is None:
        return None
    if assigned == "none":
        return _NOBODY
    if assigned != "me":
        return int(assigned)
    if scope.caller.person is None:
        raise ApiError(422, "no_person", "Una integración no tiene conversaciones propias.")
    return scope.caller.person.id


async def _matches(
    deps: AdminDeps, scope: Scope, shown: list[dict[str, Any]], found: Found, words: str
) -> dict[UUID, Match]:
    """Of the chats shown, the message that was found."""
    hits = await newest_hits(scope.tenant_id, deps.pool, [row["id"] for row in shown], found)
    return {chat: match_of(message, text, words) for chat, (message, text) in hits.items()}


@router.get("/{conversation_id}", summary="Una conversación", responses=errors(400, 401, 404, 422, 503))
async def chat(conversation_id: UUID, deps: Deps, scope: Reader) -> ChatItem:
    """One conversation as in the list."""
    return await shown_chat(deps, scope, conversation_id)


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
    place: Annotated[Place, Depends()],
    limit: Limit = 50,
    seen: Annotated[bool, Query(description="1 marca la conversación como leída")] = False,
) -> Any:
    """The newest `limit`, those before a cursor or around a message, or the first after one. ETag of the revision."""
    since, until = read_number_cursor(place.after), read_message_cursor(place.before)
    if seen and scope.role != "read-only":
        await mark_seen(scope.tenant_id, deps.pool, conversation_id)
    now = await thread_revision(scope.tenant_id, deps.pool, conversation_id)
    if now is None:
        raise no_conversation()
    tag = etag(request, scope.tenant_id, f"{now['revision']}-{now['doubtful']}")
    if is_unchanged(request, tag):
        return not_modified(tag)
    if place.around is not None:
        until = await place_after(scope.tenant_id, deps.pool, conversation_id, place.around, limit // 2)
        if until is None:
            raise ApiError(404, "message_not_found", "Ese mensaje no existe en esta conversación.")
    rows = await list_thread(scope.tenant_id, deps.pool, conversation_id, limit=limit + 1, after=since, before=until)
    response.headers.update(cache_headers(tag))
    if since is not None:
        return _later(rows, limit)
    return _earlier(rows, limit, newest=now["last_seq"] if until is None else None)


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


async def shown_chat(deps: AdminDeps, scope: Scope, conversation_id: UUID) -> ChatItem:
    """The chat as in the list. Raises 404."""
    row = await load_chat(scope.tenant_id, deps.pool, conversation_id)
    if row is None:
        raise no_conversation()
    return chat_item(row)


def chat_item(row: dict[str, Any], match: Match | None = None) -> ChatItem:
    """A row of the list as the API shows it: who has no name is called by the number."""
    name = row["display_name"] or readable_phone(row["wa_address"] or row["external_user_id"])
    return ChatItem.model_validate(row | {"display_name": name, "match": match})


def no_conversation() -> ApiError:
    """The answer to a conversation that this shop has not."""
    return ApiError(404, "conversation_not_found", "Esa conversación no existe en esta tienda.")
