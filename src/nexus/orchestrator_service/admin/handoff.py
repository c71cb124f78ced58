"""`/admin/tenants/{id}/handoff`: where a handoff's e-mail goes and how (S-098); the password is only written."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import TenantManager
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import EmailOrEmpty, HostOrEmpty, LongText, SecretText
from nexus.orchestrator_service.admin.live_tests import check_handoff
from nexus.orchestrator_service.admin.shapes import HandoffConfig, TestResult
from nexus.store.effects import load_handoff_config, save_handoff_config
from nexus.store.live_tests import load_tests

router = APIRouter(prefix="/admin/tenants/{tenant_id}/handoff", tags=["derivación"])


class HandoffChanges(BaseModel):
    """Fields that are given change, the others stay; null or an empty text forgets one."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    destination_email: EmailOrEmpty | None = None
    smtp_host: HostOrEmpty | None = None
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    smtp_security: Literal["SSL", "STARTTLS", "NONE"] | None = None
    smtp_username: SecretText | None = None
    smtp_password: SecretText | None = None
    handoff_message: LongText | None = None

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        if any(name in self.model_fields_set and getattr(self, name) is None for name in ("enabled", "smtp_security")):
            raise ValueError("enabled y smtp_security no pueden quedar vacíos")
        return self

    def given(self) -> dict[str, Any]:
        """The fields to write; empty texts as null."""
        return {name: None if value == "" else value for name, value in self.model_dump(exclude_unset=True).items()}


@router.get("", summary="Cómo se avisa una derivación", responses=errors(401, 403, 404, 422, 503))
async def show(deps: Deps, scope: TenantManager) -> HandoffConfig:
    """The settings with their defaults; of the password only whether there is one."""
    return await _load(deps, scope.tenant_id)


@router.put("", summary="Cambiar cómo se avisa", responses=errors(400, 401, 403, 404, 413, 422, 503))
async def change(body: HandoffChanges, deps: Deps, scope: TenantManager) -> HandoffConfig:
    """Write the given fields."""
    await save_handoff_config(scope.tenant_id, deps.pool, deps.vault, body.given())
    return await _load(deps, scope.tenant_id)


@router.post("/test", summary="Mandar un correo de prueba", responses=errors(400, 401, 403, 404, 413, 422, 503))
async def test(deps: Deps, scope: TenantManager) -> TestResult:
    """To the destination, by the stored server; 200 with `ok` false when it does not work."""
    return await check_handoff(deps, scope.tenant_id, scope.caller.name)


async def _load(deps: AdminDeps, tenant_id: int) -> HandoffConfig:
    config = await load_handoff_config(tenant_id, deps.pool)
    return HandoffConfig.model_validate(config | (await load_tests(tenant_id, deps.pool)).get("handoff", {}))
