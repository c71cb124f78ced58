"""`/admin/audit`: who changed what in the shop."""

from datetime import datetime
from itertools import takewhile
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import Filter
from nexus.orchestrator_service.admin.pages import Cursor, Limit, read_number_cursor
from nexus.store.audit import list_changes

Subject = Literal[
    "tenant",
    "credentials",
    "handoff",
    "person",
    "agenda",
    "appointment",
    "conversation",
    "canned_reply",
    "label",
    "note",
    "message",
    "draft",
    "bot_settings",
    "knowledge",
    "prompt_version",
    "synonyms",
]
_FIELDS = {
    "smtp_password_encrypted": "smtp_password",
    "password_hash": "password",
    "tiendanube_access_token": "access_token",
}
"""How the API calls what the tables call otherwise."""
_LONG, _LEAD = 300, 80

router = APIRouter(prefix="/admin/audit", tags=["registro y cifras"])


class FieldChange(BaseModel):
    """What a field was and is; a secret says only that it changed, of a long text there is the part that did."""

    field: str
    before: Any
    after: Any


class AuditItem(BaseModel):
    """One write; `action` is its subject and create, update or delete."""

    id: int
    created_at: datetime
    actor: str
    action: str
    subject: str
    subject_id: str | None
    changes: list[FieldChange]
    correlation_id: str | None


class AuditPage(BaseModel):
    """Newest first; `next` is the `before` of the following page, null on the last."""

    items: list[AuditItem]
    next: str | None


@router.get("", summary="Quién cambió qué", responses=errors(400, 401, 403, 404, 422, 503))
async def audit(
    deps: Deps,
    scope: Manager,
    actor: Filter | None = None,
    subject: Annotated[Subject | None, Query()] = None,
    before: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """Newest first, of one person or of one kind of thing when asked."""
    rows = await list_changes(
        scope.tenant_id,
        deps.pool,
        before=read_number_cursor(before),
        actor=actor,
        subject=subject,
        limit=limit + 1,
    )
    shown = [AuditItem(**(row | {"changes": [_shown(change) for change in row["changes"]]})) for row in rows[:limit]]
    return AuditPage(items=shown, next=str(shown[-1].id) if len(rows) > limit else None)


def _shown(change: dict[str, Any]) -> FieldChange:
    before, after = change["before"], change["after"]
    start = 0
    if isinstance(before, str) and isinstance(after, str):
        start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    field = _FIELDS.get(change["field"], change["field"])
    return FieldChange(field=field, before=_excerpt(before, start), after=_excerpt(after, start))


def _excerpt(value: Any, start: int) -> Any:
    """A long text from a little before `start` on, with … where something is left out."""
    if not isinstance(value, str) or len(value) <= _LONG:
        return value
    begin = max(0, min(start - _LEAD, len(value) - _LONG))
    end = begin + _LONG
    return ("…" if begin else "") + value[begin:end] + ("…" if end < len(value) else "")
