"""`/admin/templates`: what WhatsApp approved for this shop, as YCloud last listed it."""

from typing import Any

from fastapi import APIRouter

from nexus.contracts.errors import errors
from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.orchestrator_service.admin.auth import Reader, Scope, Writer
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.shapes import TemplateItem, TemplateList
from nexus.orchestrator_service.admin.template_parts import parts_of
from nexus.orchestrator_service.number_health import note_refusal
from nexus.runtime.errors import ApiError
from nexus.store.credentials import load_credentials
from nexus.store.secrets import SealBrokenError
from nexus.store.templates import Template, list_templates, replace_templates
from nexus.store.tenants import load_tenant

router = APIRouter(prefix="/admin/templates", tags=["plantillas"])


@router.get("", summary="Las plantillas", responses=errors(400, 401, 404, 422, 503))
async def show(deps: Deps, scope: Reader) -> TemplateList:
    """By name and language, with the state that WhatsApp last told."""
    return await _listed(deps, scope)


@router.post("/sync", summary="Traerlas de nuevo de YCloud", responses=errors(400, 401, 403, 404, 409, 413, 422, 503))
async def sync(deps: Deps, scope: Writer) -> TemplateList:
    """The list as YCloud has it now; 409 without a key that works, 503 while YCloud is away."""
    tenant = await load_tenant(scope.tenant_id, deps.pool)
    key = await _key(deps, scope)
    try:
        found = await deps.account.list_templates(scope.tenant_id, key, tenant.bot_phone_number if tenant else "")
    except PermanentError as error:
        if error.status in (401, 403):
            await note_refusal(scope.tenant_id, deps.pool, error)
        raise ApiError(
            409, "ycloud_refused", "YCloud no acepta la clave de la tienda: revisá las credenciales."
        ) from error
    except (RetryableError, UnknownOutcomeError) as error:
        raise ApiError(
            503, "ycloud_unavailable", "YCloud no contestó; probá de nuevo en un rato.", {"Retry-After": "30"}
        ) from error
    await replace_templates(scope.tenant_id, deps.pool, [t for item in found if (t := _read(item)) is not None])
    return await _listed(deps, scope)


async def _key(deps: AdminDeps, scope: Scope) -> str:
    try:
        key = (await load_credentials(scope.tenant_id, deps.pool, deps.vault, "ycloud")).get("api_key")
    except SealBrokenError as error:
        raise ApiError(
            409, "credential_broken", "La clave se cifró con otra ENCRYPTION_KEY: hay que volver a cargarla."
        ) from error
    if not key:
        raise ApiError(409, "ycloud_not_connected", "Falta la clave de YCloud: cargala en las credenciales.")
    return key


async def _listed(deps: AdminDeps, scope: Scope) -> TemplateList:
    found, synced_at = await list_templates(scope.tenant_id, deps.pool)
    return TemplateList(items=[_item(template) for template in found], synced_at=synced_at)


def _item(template: Template) -> TemplateItem:
    parts = parts_of(template.components)
    return TemplateItem(
        name=template.name,
        language=template.language,
        category=template.category,
        status=template.status,
        body=parts.body,
        parameters=parts.parameters,
        header=parts.header,
        footer=parts.footer,
        buttons=parts.buttons,
        can_send=template.status == "APPROVED" and bool(template.components) and parts.can_be_filled,
    )


def _read(item: dict[str, Any]) -> Template | None:
    """One of YCloud's list; what has no name is none. PostgreSQL takes no NUL, in text or in JSON."""
    texts = {name: item.get(name) for name in ("name", "language", "category", "status")}
    name, language, category, status = (
        value.replace("\0", "")[:512] if isinstance(value, str) else "" for value in texts.values()
    )
    components = item.get("components")
    if not name or not language:
        return None
    parts = _clean(components) if isinstance(components, list) else []
    return Template(name, language, category or None, status or "UNKNOWN", parts)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    return value
