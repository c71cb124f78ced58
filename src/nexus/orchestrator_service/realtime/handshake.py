"""Who may listen, and to which shops: the panel's session, or the admin token for machines (S-074)."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from nexus.orchestrator_service.admin.auth import COOKIE, Caller, is_own_page
from nexus.runtime.auth import same_secret
from nexus.runtime.settings import Settings
from nexus.store.accounts import person_of_session
from nexus.store.database import Pool
from nexus.store.tenants import load_tenant

_MOST_TENANTS = 50
_MAX_TENANT = 2**31 - 1


class NotAdmittedError(RuntimeError):
    """The connection is refused; the argument is the code that the client sees."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What a connected client listens to, and by which session; a machine has none."""

    tenant_ids: tuple[int, ...]
    session: str | None


async def admit(environ: dict[str, Any], auth: object, pool: Pool, settings: Settings) -> Seat:
    """The seat of whoever connects. Raises NotAdmittedError."""
    given: dict[str, Any] = auth if isinstance(auth, dict) else {}
    if "token" in given:
        if not same_secret(given["token"] if isinstance(given["token"], str) else None, *settings.admin_tokens):
            raise NotAdmittedError("unauthorized")
        caller, session = Caller(None), None
    else:
        session = connection_of(environ).cookies.get(COOKIE)
        person = await person_of_session(pool, session) if session else None
        if person is None:
            raise NotAdmittedError("unauthorized")
        caller = Caller(person)
    tenant_ids = _asked(given, caller)
    for tenant_id in tenant_ids:
        if caller.role_in(tenant_id) is None or await load_tenant(tenant_id, pool) is None:
            raise NotAdmittedError("tenant_not_found")
    return Seat(tenant_ids, session)


async def still_admitted(seat: Seat, pool: Pool) -> bool:
    """Whether the session lives and its person is still of every shop listened to."""
    if seat.session is None:
        return True
    person = await person_of_session(pool, seat.session)
    return person is not None and all(Caller(person).role_in(tenant_id) for tenant_id in seat.tenant_ids)


def is_welcome(origin: str | None, environ: dict[str, Any], settings: Settings) -> bool:
    """Whether a page of this Origin may speak to us at all; what has none is no browser's cross-site request."""
    return not origin or is_own_page(connection_of(environ), settings.cors_origins)


def connection_of(environ: dict[str, Any]) -> HTTPConnection:
    """The request behind an engine.io connection."""
    scope = dict(environ["asgi.scope"])
    return HTTPConnection(scope)


def _asked(given: dict[str, Any], caller: Caller) -> tuple[int, ...]:
    """The shops asked for: `tenant_id`, several `tenant_ids`, or a person's only one. Raises NotAdmittedError."""
    named = given.get("tenant_ids", given.get("tenant_id"))
    numbers = named if isinstance(named, list) else [] if named is None else [named]
    if not numbers and caller.person and len(caller.person.memberships) == 1 and not caller.sees_all:
        numbers = [caller.person.memberships[0]["tenant_id"]]
    if not numbers:
        raise NotAdmittedError("tenant_required")
    read = [_number(number) for number in numbers[:_MOST_TENANTS]]
    return tuple(dict.fromkeys(read))


def _number(given: object) -> int:
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdigit() and 0 < len(text) <= 10):
        raise NotAdmittedError("tenant_not_found")
    number = int(text)
    if not 0 < number <= _MAX_TENANT:
        raise NotAdmittedError("tenant_not_found")
    return number
