"""`/admin/password`: a forgotten one is made anew with a code that goes out by mail, a known one is changed."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, StringConstraints

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import COOKIE, WhoCalls, refuse_foreign_origin, role_too_low
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Filter, not_nul
from nexus.orchestrator_service.admin.throttle import slow_down_guessing
from nexus.runtime.errors import ApiError
from nexus.store.accounts import password_matches
from nexus.store.passwords import LEAST, ask_code, change_password, is_weak, reset_password

Password = Annotated[str, StringConstraints(max_length=4096), AfterValidator(not_nul)]

router = APIRouter(prefix="/admin/password", tags=["sesión"])


class Forgotten(BaseModel):
    """Whose password."""

    email: Filter


class Asked(BaseModel):
    """The same answer for every e-mail."""


class Reset(BaseModel):
    """The code of the mail, as it is written there or without its dash."""

    email: Filter
    code: Annotated[str, StringConstraints(max_length=64), AfterValidator(not_nul)]
    password: Password


class Changed(BaseModel):
    """The password that is, and the one that will be."""

    current: Password
    password: Password


@router.post(
    "/forgot", status_code=202, summary="Pedir un código por correo", responses=errors(400, 403, 413, 422, 429, 503)
)
async def forgot(body: Forgotten, request: Request, deps: Deps) -> Asked:
    """202 whoever asks and for whomever; a code is mailed where there is an account."""
    await _at_the_door(request, deps, "forgot", body.email)
    # Each request leaves a row and a job, for e-mails of nobody, too.
    await slow_down_guessing(request, deps, "forgot-address", "", tries=40)
    await ask_code(deps.pool, body.email)
    return Asked()


@router.post(
    "/reset",
    status_code=204,
    summary="Poner una contraseña nueva con el código",
    responses=errors(400, 401, 403, 413, 422, 429, 503),
)
async def reset(body: Reset, request: Request, deps: Deps) -> None:
    """Ends every session of the account. 401 `bad_code` for all that may be wrong, unknown e-mails among it."""
    await _at_the_door(request, deps, "reset", body.email)
    _refuse_weak(body.password, body.email)
    if not await reset_password(deps.pool, deps.vault, body.email, body.code, body.password):
        raise ApiError(401, "bad_code", "El código no coincide o ya venció; pedí otro.")


@router.post(
    "/change",
    status_code=204,
    summary="Cambiar mi contraseña",
    responses=errors(400, 401, 403, 413, 422, 429, 503),
)
async def change(body: Changed, request: Request, deps: Deps, who: WhoCalls) -> None:
    """Ends the account's other sessions. 403 `wrong_password` when `current` is not it; a machine has none."""
    if who.person is None:
        raise role_too_low()
    await slow_down_guessing(request, deps, "change", who.person.email)
    _refuse_weak(body.password, who.person.email)
    if not await password_matches(deps.pool, who.person.email, body.current):
        raise ApiError(403, "wrong_password", "La contraseña actual no es esa.")
    await change_password(deps.pool, who.person.id, body.password, session=request.cookies.get(COOKIE))


async def _at_the_door(request: Request, deps: AdminDeps, door: str, email: str) -> None:
    if "origin" in request.headers:
        refuse_foreign_origin(request, deps)
    await slow_down_guessing(request, deps, door, email)


def _refuse_weak(password: str, email: str) -> None:
    if is_weak(password, email):
        why = f"La contraseña necesita entre {LEAST} y 1024 caracteres, y no puede ser tu e-mail."
        raise ApiError(422, "password_weak", why)
