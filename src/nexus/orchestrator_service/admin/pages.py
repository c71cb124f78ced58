"""Cursors and ETags of the lists that the panel polls (S-085)."""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from nexus.contracts.polls import UNCHANGED_HEADERS
from nexus.runtime.errors import ApiError
from nexus.store.chat_list import Seen

_MAX_SEQ = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MAX_MICROS = int((datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) / _MICROSECOND)

_LIST_TAG = re.compile(
    r'^"(?P<tenant>[0-9]{1,10})-(?P<snapshot>[0-9]{1,20}:[0-9]{1,20}:[0-9.]{0,3000})'
    r'-(?P<micros>[0-9]{1,17})-(?P<asked>[0-9a-f]{12})"$'
)
_THREAD_TAG = re.compile(
    r'^"(?P<tenant>[0-9]{1,10})-(?P<revision>[0-9]{1,18})-(?P<doubtful>[0-9]{1,18})-(?P<asked>[0-9a-f]{12})"$'
)

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=200)]


def chat_cursor(last_message_at: datetime | None, chat_id: UUID) -> str:
    """The place of a chat in the list, opaque to callers."""
    at = last_message_at.isoformat() if last_message_at else ""
    return urlsafe_b64encode(f"{at}|{chat_id}".encode()).decode().rstrip("=")


def read_chat_cursor(cursor: str) -> tuple[datetime | None, UUID]:
    """What `chat_cursor` wrote. Raises 422."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, chat_id = urlsafe_b64decode(padded).decode("ascii").split("|")
        return datetime.fromisoformat(at).astimezone(UTC) if at else None, UUID(chat_id)
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error


def read_number_cursor(cursor: str | None, largest: int = _MAX_SEQ) -> int | None:
    """A cursor that is a row's number. Raises 422."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit()) or int(cursor) > largest:
        raise bad_cursor()
    return int(cursor)


def message_cursor(at: datetime, seq: int) -> str:
    """The place of a message in its thread, opaque to callers."""
    return f"{micros(at)}.{seq}"


def micros(at: datetime) -> int:
    """The moment in microseconds since 1970."""
    return int((at - _EPOCH) / _MICROSECOND)


def read_message_cursor(cursor: str | None) -> tuple[datetime, int] | None:
    """What `message_cursor` wrote. Raises 422."""
    if cursor is None:
        return None
    micros, _, seq = cursor.partition(".")
    at, number = read_number_cursor(micros, _MAX_MICROS), read_number_cursor(seq)
    if at is None or number is None:
        raise bad_cursor()
    return _EPOCH + at * _MICROSECOND, number


def bad_cursor() -> ApiError:
    """The answer to a cursor that we did not write."""
    return ApiError(422, "bad_cursor", "El marcador de página no es válido; volvé a empezar desde la primera.")


def etag(request: Request, tenant_id: int, revision: str) -> str:
    """The tag of one page: another tenant, query or revision has another. No tag carries what a person wrote."""
    return f'"{tenant_id}-{revision}-{query_hash(request.scope["query_string"])}"'


@lru_cache(maxsize=1024)
def query_hash(query: bytes) -> str:
    """What a tag keeps of the query."""
    return hashlib.sha256(query).hexdigest()[:12]


def list_tag(request: Request, tenant_id: int, seen: Seen) -> str:
    """The list's tag: what it was answered from (a comma would part it in two)."""
    return etag(request, tenant_id, f"{seen.snapshot.replace(',', '.')}-{micros(seen.at)}")


def read_list_tag(tag: str, tenant_id: int, asked: str) -> Seen | None:
    """What the list of this tag was answered from; None when it is the tag of anything else. `asked`: `query_hash`."""
    found = _LIST_TAG.match(tag)
    if found is None or found["tenant"] != str(tenant_id) or found["asked"] != asked:
        return None
    at = _EPOCH + min(int(found["micros"]), _MAX_MICROS) * _MICROSECOND
    return Seen(found["snapshot"].replace(".", ","), at)


def read_thread_tag(tag: str, tenant_id: int, asked: str) -> tuple[int, int] | None:
    """The revision and the doubtful sends in the tag of a thread; None when it is the tag of anything else."""
    found = _THREAD_TAG.match(tag)
    if found is None or found["tenant"] != str(tenant_id) or found["asked"] != asked:
        return None
    return int(found["revision"]), int(found["doubtful"])


def list_had(request: Request, tenant_id: int) -> tuple[str, Seen] | None:
    """The tag of this very list that the caller has, and what it was answered from; None without one."""
    asked = query_hash(request.scope["query_string"])
    read = ((tag, read_list_tag(tag, tenant_id, asked)) for tag in given_tags(request))
    return next(((tag, seen) for tag, seen in read if seen is not None), None)


def given_tags(request: Request) -> list[str]:
    """What the caller has already (If-None-Match, RFC 9110 13.1.2)."""
    return [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]


def is_unchanged(request: Request, tag: str) -> bool:
    """Whether the caller already has this (If-None-Match, RFC 9110 13.1.2)."""
    given = given_tags(request)
    return tag in given or given == ["*"]


def cache_headers(tag: str) -> dict[str, str]:
    """Kept by the caller's browser only, and asked about each time."""
    return {"ETag": tag, **UNCHANGED_HEADERS}


def not_modified(tag: str) -> Response:
    """304 with the headers that the 200 would have had."""
    return Response(status_code=304, headers=cache_headers(tag))
