"""`/admin/prompt`: the published versions of what the bot is and knows, what is different in them, and the draft."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field, StringConstraints

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager, Scope
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.pages import Cursor, Limit, read_number_cursor
from nexus.orchestrator_service.agent.prompt import base_content, system_prompt
from nexus.orchestrator_service.agent.version_diff import Change, Part, changes_between, parts_of
from nexus.orchestrator_service.agent.versions import load_draft, rendered
from nexus.runtime.errors import ApiError
from nexus.store.prompt_drafts import put_in_draft
from nexus.store.prompt_versions import (
    Content,
    PublishedMeanwhileError,
    Version,
    list_versions,
    load_version,
    publish,
)
from nexus.store.tenants import Tenant, load_tenant

_LONGEST = 60_000
"""Letters of a whole prompt: some 20.000 tokens, which every answer would pay."""
_ERRORS = errors(400, 401, 403, 404, 422, 503)
_WRITE_ERRORS = errors(400, 401, 403, 404, 409, 413, 422, 503)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Name = Annotated[str, Query(pattern=r"^(draft|base|published|[1-9][0-9]{0,8})$")]
Note = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]

router = APIRouter(prefix="/admin/prompt", tags=["conocimiento"])


class VersionItem(BaseModel):
    """One published version; `copy_of` is the number of the one that was gone back to."""

    number: int
    note: str
    copy_of: int | None
    published_by: str
    published_at: datetime


class VersionPage(BaseModel):
    """Newest first; the first of the first page is what the bot goes by. `next` is the following page's `before`."""

    items: list[VersionItem]
    next: str | None


class VersionPart(BaseModel):
    """A titled part of a version."""

    key: str
    title: str
    text: str


class VersionWhole(BaseModel):
    """What a version says, in parts and as the model reads it; `id` names that text exactly."""

    id: str
    parts: list[VersionPart]
    prompt: str


class DiffLine(BaseModel):
    """A line that stayed, came or went; `gap` says how many equal ones are left out."""

    kind: Literal["same", "added", "removed", "gap"]
    text: str


class DiffPart(BaseModel):
    """A part that is different."""

    key: str
    title: str
    kind: Literal["added", "removed", "changed"]
    lines: list[DiffLine]


class Diff(BaseModel):
    """The parts that are different, in the prompt's order; none when both say the same."""

    items: list[DiffPart]


class PromptState(BaseModel):
    """What the bot goes by (`published` null: the built-in one), and how many parts of the draft are different."""

    published: VersionItem | None
    id: str
    changes: int
    letters: Annotated[int, Field(description="Del borrador, entero")]
    most_letters: int


class ToPublish(BaseModel):
    """`after` is the number of the version that the caller saw as the newest, 0 for none."""

    note: Note = ""
    after: Annotated[int, Field(ge=0, le=2**31 - 2)]


@router.get("", summary="Con qué versión contesta el bot", responses=_ERRORS)
async def state(deps: Deps, scope: Manager) -> PromptState:
    """And what is waiting to be published."""
    tenant, newest = await _now(deps, scope)
    current = newest.content if newest else base_content(tenant)
    draft = await load_draft(tenant, deps.pool)
    return PromptState(
        published=_item(newest) if newest else None,
        id=rendered(current, f"v{newest.number}" if newest else "base").id,
        changes=len(changes_between(current, draft)),
        letters=len(system_prompt(draft)),
        most_letters=_LONGEST,
    )


@router.get("/versions", summary="Las versiones publicadas", responses=_ERRORS)
async def versions(deps: Deps, scope: Manager, before: Cursor = None, limit: Limit = 50) -> VersionPage:
    """Newest first, without what they say."""
    rows = await list_versions(scope.tenant_id, deps.pool, read_number_cursor(before, 2**31 - 1), limit + 1)
    shown = [VersionItem.model_validate(row) for row in rows[:limit]]
    return VersionPage(items=shown, next=str(shown[-1].number) if len(rows) > limit else None)


@router.get("/text", summary="Lo que dice una versión", responses=_ERRORS)
async def text(deps: Deps, scope: Manager, of: Name) -> VersionWhole:
    """Of a number, `draft`, `base` (the built-in one) or `published` (what the bot goes by)."""
    name, content = await _named(deps, scope, of)
    version = rendered(content, name)
    return VersionWhole(id=version.id, parts=[_part(part) for part in parts_of(content)], prompt=version.prompt)


@router.get("/diff", summary="Qué cambia entre dos versiones", responses=_ERRORS)
async def diff(
    deps: Deps, scope: Manager, old: Annotated[Name, Query(alias="from")], new: Annotated[Name, Query(alias="to")]
) -> Diff:
    """Each is a number, `draft`, `base` or `published`."""
    (_, before), (_, after) = [await _named(deps, scope, name) for name in (old, new)]
    return Diff(items=[_changed(change) for change in changes_between(before, after)])


@router.post("/publish", status_code=201, summary="Publicar el borrador", responses=_WRITE_ERRORS)
async def publish_draft(body: ToPublish, deps: Deps, scope: Manager) -> VersionItem:
    """The bot goes by it from its next answer on. 409 `nothing_changed`, `published_meanwhile`; 422 `too_long`."""
    tenant, newest = await _now(deps, scope)
    draft = await load_draft(tenant, deps.pool)
    if not changes_between(newest.content if newest else Content(), draft):
        raise ApiError(409, "nothing_changed", "No hay nada nuevo para publicar.")
    return await _publish(deps, scope, draft, body)


@router.post("/versions/{number}/restore", status_code=201, summary="Volver a una versión", responses=_WRITE_ERRORS)
async def restore(number: Number, body: ToPublish, deps: Deps, scope: Manager) -> VersionItem:
    """A new version equal to that one; the draft stays. 409 `nothing_changed`, `published_meanwhile`."""
    _, newest = await _now(deps, scope)
    wanted = await _version(deps, scope, number)
    if newest and wanted.content == newest.content:
        raise ApiError(409, "nothing_changed", "El bot ya contesta con esa versión.")
    return await _publish(deps, scope, wanted.content, body, copy_of=number)


@router.post(
    "/versions/{number}/draft",
    status_code=204,
    summary="Traer una versión al borrador",
    responses=errors(400, 401, 403, 404, 413, 422, 503),
)
async def to_draft(number: Number, deps: Deps, scope: Manager) -> None:
    """The draft says what that version says; the shop's name, site and address stay as they are."""
    wanted = await _version(deps, scope, number)
    await put_in_draft(scope.tenant_id, deps.pool, wanted.content)


async def _publish(
    deps: AdminDeps, scope: Scope, content: Content, body: ToPublish, copy_of: int | None = None
) -> VersionItem:
    if len(system_prompt(content)) > _LONGEST:
        raise ApiError(422, "too_long", f"Es demasiado: entre todo no puede pasar de {_LONGEST} letras.")
    who = scope.caller.name
    try:
        number = await publish(
            scope.tenant_id, deps.pool, content, who=who, note=body.note, after=body.after, copy_of=copy_of
        )
    except PublishedMeanwhileError as error:
        raise ApiError(
            409, "published_meanwhile", "Alguien publicó otra versión recién: mirá qué cambió y volvé a intentar."
        ) from error
    return _item(await _version(deps, scope, number))


async def _now(deps: AdminDeps, scope: Scope) -> tuple[Tenant, Version | None]:
    """The shop, and what it published last."""
    tenant = await load_tenant(scope.tenant_id, deps.pool)
    if tenant is None:
        raise ApiError(404, "tenant_not_found", "Esa tienda no existe.")
    return tenant, await load_version(scope.tenant_id, deps.pool)


async def _named(deps: AdminDeps, scope: Scope, name: str) -> tuple[str, Content]:
    """(name for its id, content)."""
    if name.isdigit():
        version = await _version(deps, scope, int(name))
        return f"v{version.number}", version.content
    tenant, newest = await _now(deps, scope)
    if name == "draft":
        return "draft", await load_draft(tenant, deps.pool)
    if name == "published" and newest:
        return f"v{newest.number}", newest.content
    return "base", base_content(tenant)


async def _version(deps: AdminDeps, scope: Scope, number: int) -> Version:
    version = await load_version(scope.tenant_id, deps.pool, number)
    if version is None:
        raise ApiError(404, "version_not_found", "Esa versión no existe en esta tienda.")
    return version


def _item(version: Version) -> VersionItem:
    return VersionItem.model_validate(version, from_attributes=True)


def _part(part: Part) -> VersionPart:
    return VersionPart.model_validate(part, from_attributes=True)


def _changed(change: Change) -> DiffPart:
    return DiffPart.model_validate(change, from_attributes=True)
