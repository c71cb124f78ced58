"""`/admin/login`, `/admin/logout`, `/admin/me`."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, StringConstraints

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import (
    COOKIE,
    Caller,
    WhoCalls,
    came_by_https,
    refuse_foreign_origin,
    role_too_low,
)
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Filter, Line
from nexus.orchestrator_service.admin.shapes import Me, Membership, User
from nexus.orchestrator_service.admin.throttle import slow_down_guessing
from nexus.runtime.errors import ApiError
from nexus.store.accounts import SESSION_LIFETIME, Person, log_in, log_out, person_of_session, rename
from nexus.store.tenants import list_tenants, load_tenant

router = APIRouter(prefix="/admin", tags=["sesión"])


class Login(BaseModel):
    """An account's e-mail and password."""

    email: Filter
    password: Annotated[str, StringConstraints(max_length=1024)]


class OwnName(BaseModel):
    """What to call whoever is calling; null is by the e-mail."""

    name: Line | None


@router.post("/login", summary="Iniciar sesión", responses=errors(400, 401, 403, 413, 422, 429, 503))
async def login(body: Login, request: Request, response: Response, deps: Deps) -> Me:
    """Set the session's cookie. A wrong password, an unknown e-mail and a locked account give the same 401."""
    if "origin" in request.headers:
        refuse_foreign_origin(request, deps)
    await slow_down_guessing(request, deps, "login", body.email)
    token = await log_in(deps.pool, body.email, body.password)
    person = await person_of_session(deps.pool, token) if token else None
    if token is None or person is None:
        raise ApiError(401, "bad_credentials", "El e-mail o la contraseña no coinciden.")
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=came_by_https(request),
    )
    return await _describe(deps, person)


@router.post("/logout", status_code=204, summary="Cerrar la sesión", responses=errors(400, 401, 403, 413, 503))
async def logout(request: Request, response: Response, deps: Deps, _who: WhoCalls) -> None:
    """End the session of the cookie; a machine has none to end."""
    if token := request.cookies.get(COOKIE):
        await log_out(deps.pool, token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=came_by_https(request))


@router.get("/me", summary="Quién soy y a qué tiendas entro", responses=errors(401, 503))
async def me(deps: Deps, who: WhoCalls) -> Me:
    """The account behind the session, or the machine, with its tenants."""
    return await _describe(deps, who.person)


@router.put("/me", summary="Cambiar mi nombre", responses=errors(400, 401, 403, 413, 422, 503))
async def change_me(body: OwnName, deps: Deps, who: WhoCalls) -> Me:
    """As others of the shop see it; a machine has none."""
    if who.person is None:
        raise role_too_low()
    await rename(deps.pool, who.person.id, body.name)
    return await _describe(deps, replace(who.person, name=body.name))


async def _describe(deps: AdminDeps, person: Person | None) -> Me:
    who = Caller(person)
    if person is None or person.is_platform_admin:
        known = [(tenant["id"], "owner") for tenant in await list_tenants(deps.pool)]
    else:
        known = [(membership["tenant_id"], membership["role"]) for membership in person.memberships]
    tenants = [
        Membership(id=tenant.id, store_name=tenant.store_name, role=role, time_zone=tenant.time_zone)
        for tenant_id, role in known
        if (tenant := await load_tenant(tenant_id, deps.pool)) is not None
    ]
    user = User(id=person.id, email=person.email, name=person.name) if person else None
    return Me(user=user, tenants=tenants, is_platform_admin=who.sees_all)
