"""Who calls the admin API, and which tenant they may touch (S-109): session cookie for people, token for machines."""

import asyncio
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader
from starlette.requests import HTTPConnection

from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.runtime.actor import act_as
from nexus.runtime.auth import same_secret
from nexus.runtime.errors import ApiError
from nexus.store.accounts import Person, person_of_session
from nexus.store.database import UNREACHABLE
from nexus.store.tenants import load_tenant

COOKIE = "nexus_session"
MACHINE = "Una integración"
_MAX_TENANT = 2**31 - 1
_PATIENCE_SECONDS = 4.0
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_WRITING_ROLES = {"owner", "manager", "agent"}
MANAGING_ROLES = {"owner", "manager"}
_ORIGIN = re.compile(r"^(https?)://([^/?#@]+)$")
# Either one is enough; OpenAPI shows them by these names.
_SessionShown = Annotated[str | None, Security(APIKeyCookie(name=COOKIE, scheme_name="session", auto_error=False))]
_TokenShown = Annotated[
    str | None, Security(APIKeyHeader(name="X-Admin-Token", scheme_name="admin_token", auto_error=False))
]
_INTEGER: dict[str, Any] = {"type": "integer"}
TenantNumber = Annotated[str, Path(json_schema_extra=_INTEGER)]
ChosenTenant = Annotated[
    str | None, Header(alias="X-Tenant-ID", json_schema_extra=_INTEGER, description="La tienda; sobra con una sola")
]
TenantAsked = Annotated[
    str | None, Query(alias="tenant_id", json_schema_extra=_INTEGER, description="Como X-Tenant-ID")
]
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Caller:
    """A person with a session, or a machine with the admin token (`person` is None)."""

    person: Person | None

    @property
    def sees_all(self) -> bool:
        """Machines and platform admins work in every tenant."""
        return self.person is None or self.person.is_platform_admin

    @property
    def name(self) -> str:
        """How the panel's lines call this caller."""
        return self.person.email if self.person else MACHINE

    def role_in(self, tenant_id: int) -> str | None:
        """The role in the tenant, or None: then the tenant does not exist as far as this caller is concerned."""
        if self.sees_all:
            return "owner"
        memberships = self.person.memberships if self.person else []
        return next((m["role"] for m in memberships if m["tenant_id"] == tenant_id), None)


@dataclass(frozen=True, slots=True)
class Scope:
    """A caller inside one tenant that exists and is theirs."""

    tenant_id: int
    role: str
    caller: Caller


async def caller(request: Request, deps: Deps, session: _SessionShown = None, token: _TokenShown = None) -> Caller:
    """Who is calling. Raises 401 without a good credential, 403 for a cookie's write from a foreign page."""
    if token is not None:
        if not same_secret(token, *deps.settings.admin_tokens):
            raise ApiError(401, "unauthorized", "El token de administración no es válido.")
        return _acting(request, Caller(None))
    person = await person_of_session(deps.pool, session) if session else None
    if person is None:
        raise ApiError(401, "unauthorized", "Hace falta iniciar sesión.")
    if request.method in _WRITES:
        refuse_foreign_origin(request, deps)
    return _acting(request, Caller(person))


def _acting(request: Request, who: Caller) -> Caller:
    """What a write of theirs changes is told as theirs by the audit."""
    if request.method in _WRITES:
        act_as(who.name)
    return who


WhoCalls = Annotated[Caller, Depends(caller)]


async def reader(deps: Deps, who: WhoCalls, x_tenant_id: ChosenTenant = None) -> Scope:
    """The tenant of X-Tenant-ID, which one membership makes superfluous. Raises 400, 404, 422."""
    return await _scope(deps, who, _chosen_tenant(x_tenant_id, who))


async def reader_if_database(
    request: Request,
    deps: Deps,
    session: _SessionShown = None,
    token: _TokenShown = None,
    x_tenant_id: ChosenTenant = None,
) -> Scope | None:
    """As reader; None while the database is away, for a caller who brings a credential that it alone could judge."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await reader(deps, await caller(request, deps, session, token), x_tenant_id)
    except UNREACHABLE:
        return None


async def file_reader(
    deps: Deps, who: WhoCalls, x_tenant_id: ChosenTenant = None, tenant_id: TenantAsked = None
) -> Scope:
    """As reader; an image's address carries the tenant itself, for no browser sends headers for it."""
    return await _scope(deps, who, _chosen_tenant(x_tenant_id or tenant_id, who))


async def writer(scope: Annotated[Scope, Depends(reader)]) -> Scope:
    """A reader who may also act on chats. Raises 403."""
    return _with_role(scope, _WRITING_ROLES)


async def manager(scope: Annotated[Scope, Depends(reader)]) -> Scope:
    """A reader who may change how the shop works: owner or manager. Raises 403."""
    return _with_role(scope, MANAGING_ROLES)


async def owner(scope: Annotated[Scope, Depends(reader)]) -> Scope:
    """A reader who owns the shop. Raises 403."""
    return _with_role(scope, {"owner"})


async def tenant_reader(tenant_id: TenantNumber, deps: Deps, who: WhoCalls) -> Scope:
    """The tenant of the path, whatever the role: what a route shows of it is its own business. Raises 404, 422."""
    return await _scope(deps, who, _tenant_number(tenant_id))


async def tenant_manager(scope: Annotated[Scope, Depends(tenant_reader)]) -> Scope:
    """One who may change the shop's settings: owner or manager. Raises 403."""
    return _with_role(scope, MANAGING_ROLES)


async def platform_admin(who: WhoCalls) -> Caller:
    """One who may make and remove tenants. Raises 403."""
    if not who.sees_all:
        raise ApiError(403, "forbidden", "Sólo quien administra la plataforma puede hacer esto.")
    return who


async def owned_tenant(scope: Annotated[Scope, Depends(tenant_reader)]) -> Scope:
    """The tenant of the path for a platform admin: a foreign tenant stays 404 for everybody else. Raises 403."""
    await platform_admin(scope.caller)
    return scope


Reader = Annotated[Scope, Depends(reader)]
FileReader = Annotated[Scope, Depends(file_reader)]
Writer = Annotated[Scope, Depends(writer)]
Manager = Annotated[Scope, Depends(manager)]
Owner = Annotated[Scope, Depends(owner)]
TenantReader = Annotated[Scope, Depends(tenant_reader)]
TenantManager = Annotated[Scope, Depends(tenant_manager)]
PlatformAdmin = Annotated[Caller, Depends(platform_admin)]
OwnedTenant = Annotated[Scope, Depends(owned_tenant)]


def refuse_foreign_origin(request: Request, deps: AdminDeps) -> None:
    """Raise 403 unless Origin is our own host or an allowed one: a cookie travels with any page's request."""
    if not is_own_page(request, deps.settings.cors_origins):
        raise ApiError(403, "foreign_origin", "El pedido no viene de una página de Nexus.")


def is_own_page(connection: HTTPConnection, allowed: list[str]) -> bool:
    """Whether the request's Origin is our own host or one of those allowed; none at all is not."""
    origin = connection.headers.get("origin", "")
    if origin in allowed:
        return True
    page = _ORIGIN.match(origin)
    return page is not None and _host_of(page[1], page[2]) == _host_of(page[1], own_host(connection))


def own_host(connection: HTTPConnection) -> str:
    """The host that the browser asked for, as our own proxy or the installation's tells it."""
    forwarded = connection.headers.get("x-forwarded-host", "").split(",")[0].strip()
    return forwarded or connection.headers.get("host", "")


def came_by_https(request: Request) -> bool:
    """Whether the browser's side of the connection is https; decides the cookie's Secure."""
    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip()
    return (forwarded or request.url.scheme) == "https"


def client_address(request: Request) -> str:
    """The browser's address: behind a proxy of this machine, the nearest hop that is not of this machine."""
    peer = request.client.host if request.client else ""
    hops = [*request.headers.get("x-forwarded-for", "").split(","), peer] if _is_loopback(peer) else [peer]
    outside = [hop.strip() for hop in hops if hop.strip() and not _is_loopback(hop.strip())]
    return outside[-1] if outside else peer


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _host_of(scheme: str, netloc: str) -> str:
    return netloc.lower().removesuffix(_DEFAULT_PORTS[scheme])


def _chosen_tenant(given: str | None, who: Caller) -> int:
    if given is not None:
        return _tenant_number(given)
    if who.person and len(who.person.memberships) == 1 and not who.sees_all:
        return int(who.person.memberships[0]["tenant_id"])
    raise ApiError(400, "tenant_required", "Falta decir de qué tienda se trata (X-Tenant-ID).")


def _tenant_number(given: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,20}", given.strip()):
        raise ApiError(422, "tenant_invalid", "El número de tienda tiene que ser un entero.")
    return int(given)


async def _scope(deps: AdminDeps, who: Caller, tenant_id: int) -> Scope:
    role = who.role_in(tenant_id)
    exists = 0 < tenant_id <= _MAX_TENANT and role is not None
    # A membership proves that the tenant exists; one who sees all may name any number.
    if exists and who.sees_all:
        exists = await load_tenant(tenant_id, deps.pool) is not None
    if not exists or role is None:
        raise ApiError(404, "tenant_not_found", "Esa tienda no existe.")
    return Scope(tenant_id, role, who)


def _with_role(scope: Scope, roles: set[str]) -> Scope:
    if scope.role not in roles:
        raise role_too_low()
    return scope


def role_too_low() -> ApiError:
    """The answer to who may come in but not do this."""
    return ApiError(403, "forbidden", "Tu rol no alcanza para hacer esto.")
