"""`/admin/tenants`: the shops and their settings (S-089, S-093)."""

from itertools import pairwise
from typing import Annotated, Any, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, field_validator, model_validator

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import MANAGING_ROLES, OwnedTenant, PlatformAdmin, TenantManager, WhoCalls
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.fields import Line, LongText, Number, Vocabulary, Zone
from nexus.orchestrator_service.admin.shapes import OpenHours, TenantItem, TenantList
from nexus.orchestrator_service.privacy.erasing import PrivacyRoom, erase_shop
from nexus.runtime.errors import ApiError
from nexus.store.tenants import (
    DuplicateNumberError,
    Tenant,
    create_tenant,
    list_tenants,
    load_tenant,
    update_tenant,
)

router = APIRouter(prefix="/admin/tenants", tags=["tiendas"])

_LONGEST = 36_500
_REQUIRED = {
    "store_name",
    "bot_phone_number",
    "time_zone",
    "lockout_hours",
    "bot_enabled",
    "inbox_replies_pause",
    "ignore_app_greeting",
    "alert_emails",
}


class TenantChanges(BaseModel):
    """Fields that are given change, the others stay; null empties a text that may be empty, and keeps for ever."""

    store_name: Line | None = None
    bot_phone_number: Number | None = None
    store_website: LongText | None = None
    store_description: LongText | None = None
    store_catalog_knowledge: LongText | None = None
    store_location: LongText | None = None
    store_address: LongText | None = None
    shipping_partners: LongText | None = None
    system_prompt: LongText | None = None
    time_zone: Zone | None = None
    lockout_hours: Annotated[float, Field(gt=0, le=8760, allow_inf_nan=False)] | None = None
    bot_enabled: bool | None = None
    inbox_replies_pause: bool | None = None
    ignore_app_greeting: bool | None = None
    voice_vocabulary: Vocabulary | None = None
    business_hours: Annotated[list[OpenHours], Field(max_length=28)] | None = None
    keep_messages_days: Annotated[int, Field(ge=7, le=_LONGEST)] | None = None
    keep_traces_days: Annotated[int, Field(ge=1, le=_LONGEST)] | None = None
    keep_events_days: Annotated[int, Field(ge=7, le=_LONGEST)] | None = None
    keep_audit_days: Annotated[int, Field(ge=30, le=_LONGEST)] | None = None
    alert_emails: bool | None = None

    @field_validator("business_hours")
    @classmethod
    def _without_overlap(cls, hours: list[OpenHours] | None) -> list[OpenHours]:
        """In the order of the week; null is none."""
        ordered = sorted(hours or [], key=lambda span: (span.day, span.opens))
        for before, after in pairwise(ordered):
            if before.day == after.day and before.closes > after.opens:
                raise ValueError("dos horarios del mismo día se pisan")
        return ordered

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        empty = [name for name in sorted(_REQUIRED & self.model_fields_set) if getattr(self, name) is None]
        if empty:
            raise ValueError(f"no pueden quedar vacíos: {', '.join(empty)}")
        return self

    def given(self) -> dict[str, Any]:
        """The fields to write, by column."""
        return self.model_dump(exclude_unset=True, by_alias=True)


class NewTenant(TenantChanges):
    """A shop to make: a name, the number that its bot answers on, and any other field."""

    store_name: Line
    bot_phone_number: Number


@router.get("", summary="Las tiendas que manejo", responses=errors(401, 503))
async def list_all(deps: Deps, who: WhoCalls) -> TenantList:
    """By id; every tenant for machines and platform admins, else those where one is owner or manager.

    The shops that one may enter at all are in `/admin/me`.
    """
    if who.sees_all:
        ids = [tenant["id"] for tenant in await list_tenants(deps.pool)]
    else:
        memberships = who.person.memberships if who.person else []
        ids = [m["tenant_id"] for m in memberships if m["role"] in MANAGING_ROLES]
    found = [await load_tenant(tenant_id, deps.pool) for tenant_id in ids]
    return TenantList(items=[_item(tenant) for tenant in found if tenant])


@router.post("", status_code=201, summary="Crear una tienda", responses=errors(400, 401, 403, 409, 413, 422, 503))
async def create(body: NewTenant, deps: Deps, _who: PlatformAdmin) -> TenantItem:
    """201 with the shop and its `id`; 409 when another shop has the number."""
    try:
        tenant_id = await create_tenant(deps.pool, body.store_name, body.bot_phone_number)
    except DuplicateNumberError as error:
        raise _duplicate() from error
    await update_tenant(tenant_id, deps.pool, body.given())
    return await _load(deps, tenant_id)


@router.get("/{tenant_id}", summary="Una tienda", responses=errors(401, 403, 404, 422, 503))
async def show(deps: Deps, scope: TenantManager) -> TenantItem:
    """The shop's fields."""
    return await _load(deps, scope.tenant_id)


@router.put("/{tenant_id}", summary="Cambiar una tienda", responses=errors(400, 401, 403, 404, 409, 413, 422, 503))
async def change(body: TenantChanges, deps: Deps, scope: TenantManager) -> TenantItem:
    """Write the given fields; 409 when another shop has the number."""
    try:
        await update_tenant(scope.tenant_id, deps.pool, body.given())
    except DuplicateNumberError as error:
        raise _duplicate() from error
    return await _load(deps, scope.tenant_id)


@router.delete(
    "/{tenant_id}",
    status_code=204,
    summary="Borrar una tienda y todo lo suyo",
    responses=errors(401, 403, 404, 422, 503),
)
async def remove(deps: Deps, scope: OwnedTenant) -> None:
    """Now, without the grace of a request: all rows, files, copies, jobs and accounts of nobody else's people."""
    await erase_shop(scope.tenant_id, PrivacyRoom(deps.pool, deps.cache, deps.vault, deps.folder))


async def _load(deps: AdminDeps, tenant_id: int) -> TenantItem:
    tenant = await load_tenant(tenant_id, deps.pool)
    if tenant is None:
        raise ApiError(404, "tenant_not_found", "Esa tienda no existe.")
    return _item(tenant)


def _item(tenant: Tenant) -> TenantItem:
    return TenantItem.model_validate(tenant, from_attributes=True)


def _duplicate() -> ApiError:
    return ApiError(409, "duplicate_number", "Ese número de WhatsApp ya es de otra tienda.")
