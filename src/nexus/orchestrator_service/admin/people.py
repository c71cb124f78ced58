"""`/admin/people`: who works in the shop, and as what. Roles count from the next request on."""

from datetime import datetime
from typing import Any, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, model_validator

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager, Owner, Reader, Scope, role_too_low
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Email, Line
from nexus.runtime.errors import ApiError
from nexus.store.people import (
    Change,
    ForeignNameError,
    LastOwnerError,
    change_person,
    invite,
    invite_again,
    list_people,
    load_person,
    remove_person,
)

Role = Literal["owner", "manager", "agent", "read-only"]
_BELOW_MANAGERS = {"agent", "read-only"}
_MAX_ID = 2**31 - 1

router = APIRouter(prefix="/admin/people", tags=["personas"])


class PersonItem(BaseModel):
    """One of the shop; `invited` as long as there is no password."""

    user_id: int
    email: str
    name: str | None
    role: Role
    last_seen_at: datetime | None
    invited: bool


class People(BaseModel):
    """By when they came."""

    items: list[PersonItem]


class NewPerson(BaseModel):
    """Whom to invite."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: Line | None = None
    role: Role


class PersonChanges(BaseModel):
    """Fields that are given change; a null name takes it away."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    name: Line | None = None

    @model_validator(mode="after")
    def _a_role_stays(self) -> Self:
        if "role" in self.model_fields_set and self.role is None:
            raise ValueError("el rol no puede quedar vacío")
        return self

    def given(self) -> Change:
        """What to write."""
        return Change(self.role, (self.name or "") if "name" in self.model_fields_set else None)


class Invited(BaseModel):
    """The mail is on its way."""

    user_id: int


@router.get("", summary="Quiénes trabajan en la tienda", responses=errors(400, 401, 404, 422, 503))
async def people(deps: Deps, scope: Reader) -> People:
    """Everyone of the shop, for any role: chats are assigned to them."""
    return People(items=[PersonItem.model_validate(row) for row in await list_people(scope.tenant_id, deps.pool)])


@router.post("", status_code=201, summary="Invitar a alguien", responses=errors(400, 401, 403, 404, 409, 413, 422, 503))
async def add(body: NewPerson, deps: Deps, scope: Manager) -> PersonItem:
    """201, and a mail by the shop's own server; 409 when she is one of the shop. A manager invites below managers."""
    _within_reach(scope, body.role)
    user_id = await invite(scope.tenant_id, deps.pool, body.email, body.name, body.role)
    if user_id is None:
        raise ApiError(409, "already_member", "Esa persona ya está en la tienda.")
    return await _load(deps, scope.tenant_id, user_id)


@router.post(
    "/{user_id}/invite",
    status_code=202,
    summary="Mandar la invitación de nuevo",
    responses=errors(400, 401, 403, 404, 413, 422, 429, 503),
)
async def add_again(user_id: int, deps: Deps, scope: Manager) -> Invited:
    """The former code is void as soon as the new mail goes out."""
    person = await _load(deps, scope.tenant_id, user_id)
    _within_reach(scope, person.role)
    if not await invite_again(scope.tenant_id, deps.pool, person.user_id):
        wait = {"Retry-After": "1800"}
        raise ApiError(429, "too_many_attempts", "Ya le mandamos varias invitaciones; esperá media hora.", wait)
    return Invited(user_id=user_id)


@router.put(
    "/{user_id}",
    summary="Cambiar el rol o el nombre de alguien",
    responses=errors(400, 401, 403, 404, 409, 413, 422, 503),
)
async def change(user_id: int, body: PersonChanges, deps: Deps, scope: Manager) -> PersonItem:
    """409 for the last owner's role, and for the name of somebody who works elsewhere, too."""
    person = await _load(deps, scope.tenant_id, user_id)
    _within_reach(scope, person.role, body.role)
    try:
        await change_person(scope.tenant_id, deps.pool, user_id, body.given())
    except LastOwnerError as error:
        raise _last_owner() from error
    except ForeignNameError as error:
        why = "También trabaja en otra tienda: su nombre lo cambia ella misma."
        raise ApiError(409, "name_is_theirs", why) from error
    return await _load(deps, scope.tenant_id, user_id)


@router.delete(
    "/{user_id}", status_code=204, summary="Sacar a alguien", responses=errors(400, 401, 403, 404, 409, 422, 503)
)
async def remove(user_id: int, deps: Deps, scope: Owner) -> None:
    """From the shop, not the account; 409 for the last owner."""
    person = await _load(deps, scope.tenant_id, user_id)
    try:
        await remove_person(scope.tenant_id, deps.pool, person.user_id)
    except LastOwnerError as error:
        raise _last_owner() from error


def _within_reach(scope: Scope, *roles: str | None) -> None:
    """Raise 403 when a manager would touch, or make, an owner or a manager."""
    if scope.role != "owner" and not {role for role in roles if role} <= _BELOW_MANAGERS:
        raise role_too_low()


async def _load(deps: AdminDeps, tenant_id: int, user_id: int) -> PersonItem:
    row: dict[str, Any] | None = None
    if 0 < user_id <= _MAX_ID:
        row = await load_person(tenant_id, deps.pool, user_id)
    if row is None:
        raise ApiError(404, "person_not_found", "Esa persona no está en esta tienda.")
    return PersonItem.model_validate(row)


def _last_owner() -> ApiError:
    return ApiError(409, "last_owner", "Es la última dueña o dueño de la tienda: primero nombrá a otra persona.")
