"""`/admin/tenants/{id}/credentials`: written, shown masked, tested; never read back (S-087)."""

from datetime import timedelta
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Scope, TenantManager
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import BaseUrl, Key, PathId
from nexus.orchestrator_service.admin.live_tests import check_credentials
from nexus.orchestrator_service.admin.shapes import (
    CredentialField,
    CredentialKind,
    Credentials,
    LiveTest,
    PreviousSecret,
    TestResult,
)
from nexus.orchestrator_service.catalogue.refresh import wish_refresh
from nexus.store.credentials import end_previous_secret, masked_credentials, previous_secret, set_credentials
from nexus.store.live_tests import load_tests

router = APIRouter(prefix="/admin/tenants/{tenant_id}/credentials", tags=["credenciales"])
_WRITE_ERRORS = errors(400, 401, 403, 404, 413, 422, 503)


class _Values(BaseModel):
    """Fields that are given change, the others stay; an empty text or null forgets one. A misspelt field is 422."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, str]:
        """The fields to write."""
        return {name: value or "" for name, value in self.model_dump(exclude_unset=True).items()}


class TiendanubeValues(_Values):
    """A Tienda Nube store."""

    store_id: PathId | None = None
    access_token: Key | None = None
    client_secret: Key | None = None


class YCloudValues(_Values):
    """A YCloud account and the secret of its webhook."""

    api_key: Key | None = None
    webhook_secret: Key | None = None
    webhook_endpoint_id: Key | None = None


class LlmValues(_Values):
    """A model of the shop's own; what is left out comes from the environment."""

    api_key: Key | None = None
    base_url: BaseUrl | None = None
    model: Key | None = None


@router.get("", summary="Las credenciales, enmascaradas", responses=errors(401, 403, 404, 422, 503))
async def show(deps: Deps, scope: TenantManager) -> Credentials:
    """By kind and field: whether it is set, when and by whom, what may be shown of it, and the last live tests."""
    masked = await masked_credentials(scope.tenant_id, deps.pool)
    tests = await load_tests(scope.tenant_id, deps.pool)
    previous = await previous_secret(scope.tenant_id, deps.pool)
    return Credentials(
        **{kind: _shown(fields) for kind, fields in masked.items()},
        previous_secret=PreviousSecret.model_validate(previous) if previous else None,
        tests={kind: LiveTest.model_validate(tests.get(kind, {})) for kind in (*masked, "handoff")},
    )


@router.put("/tiendanube", summary="Cambiar las de Tienda Nube", responses=_WRITE_ERRORS)
async def change_tiendanube(body: TiendanubeValues, deps: Deps, scope: TenantManager) -> CredentialKind:
    """Write the given fields."""
    return await _write(deps, scope, "tiendanube", body)


@router.put("/ycloud", summary="Cambiar las de YCloud", responses=_WRITE_ERRORS)
async def change_ycloud(body: YCloudValues, deps: Deps, scope: TenantManager) -> CredentialKind:
    """Write the given fields; the former webhook secret keeps verifying for YCLOUD_PREVIOUS_SECRET_HOURS (24)."""
    return await _write(deps, scope, "ycloud", body)


@router.delete(
    "/ycloud/previous-secret",
    status_code=204,
    summary="Dejar de aceptar ya el secreto anterior del webhook",
    responses=errors(401, 403, 404, 422, 503),
)
async def end_previous(deps: Deps, scope: TenantManager) -> None:
    """What it signed is refused from now on, late retries of YCloud included. No error when there is none."""
    await end_previous_secret(scope.tenant_id, deps.pool)


@router.put("/llm", summary="Cambiar las del modelo", responses=_WRITE_ERRORS)
async def change_llm(body: LlmValues, deps: Deps, scope: TenantManager) -> CredentialKind:
    """Write the given fields."""
    return await _write(deps, scope, "llm", body)


@router.post("/{kind}/test", summary="Probarlas de verdad", responses=_WRITE_ERRORS)
async def test(kind: Literal["tiendanube", "ycloud", "llm"], deps: Deps, scope: TenantManager) -> TestResult:
    """Ask the vendor with what is stored; 200 with `ok` false when it does not work. The answer is remembered."""
    return await check_credentials(deps, scope.tenant_id, kind, scope.caller.name)


async def _write(deps: AdminDeps, scope: Scope, kind: str, body: _Values) -> CredentialKind:
    who = scope.caller.name
    hours = timedelta(hours=deps.settings.ycloud_previous_secret_hours)
    await set_credentials(scope.tenant_id, deps.pool, deps.vault, kind, body.given(), who=who, previous_for=hours)
    if kind == "tiendanube":
        await wish_refresh(scope.tenant_id, deps.pool, news=True)
    return _shown((await masked_credentials(scope.tenant_id, deps.pool))[kind])


def _shown(fields: dict[str, dict[str, Any]]) -> CredentialKind:
    return {name: CredentialField.model_validate(field) for name, field in fields.items()}
