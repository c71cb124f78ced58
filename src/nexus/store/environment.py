"""sync_environment(): the default tenant from the environment (S-049)."""

from datetime import timedelta

from nexus.contracts.identity import e164
from nexus.runtime.logs import get_logger
from nexus.runtime.settings import Settings, StartRefusedError
from nexus.store.credentials import load_credentials, set_credentials
from nexus.store.database import Pool
from nexus.store.effects import load_handoff_config, save_handoff_config
from nexus.store.secrets import Vault
from nexus.store.tenants import (
    DuplicateNumberError,
    Tenant,
    create_tenant,
    load_tenant,
    tenant_by_number,
    update_tenant,
)

_UNNAMED = "Mi tienda"


async def sync_environment(pool: Pool, vault: Vault, settings: Settings) -> int | None:
    """Create the default tenant and fill its empty fields; edits of the panel win, unless SYNC_ENVIRONMENT_FORCE.

    Returns its id, or None when the environment names no number. Idempotent; two services may run it at once.
    Raises StartRefusedError for a BOT_PHONE_NUMBER that is no phone number.
    """
    if not settings.bot_phone_number:
        return None
    number = e164(settings.bot_phone_number)
    if number is None:
        raise StartRefusedError("BOT_PHONE_NUMBER no es un número internacional, por ejemplo +5491122334455")
    tenant_id = await tenant_by_number(pool, number)
    if tenant_id is None:
        try:
            tenant_id = await create_tenant(pool, settings.store_name or _UNNAMED, number)
        except DuplicateNumberError:
            tenant_id = await tenant_by_number(pool, number)
    tenant = await load_tenant(tenant_id, pool) if tenant_id else None
    if tenant is None:
        return None
    await update_tenant(tenant.id, pool, _shop_fields(tenant, settings))
    for kind, values in _credentials(settings).items():
        known = await load_credentials(tenant.id, pool, vault, kind)
        fresh = {
            k: v
            for k, v in values.items()
            if v and known.get(k) != v and (settings.sync_environment_force or not known.get(k))
        }
        hours = timedelta(hours=settings.ycloud_previous_secret_hours)
        await set_credentials(tenant.id, pool, vault, kind, fresh, previous_for=hours)
    await _sync_handoff(tenant.id, pool, vault, settings)
    get_logger().info("environment_synced", tenant_id=tenant.id, force=settings.sync_environment_force)
    return tenant.id


def _shop_fields(tenant: Tenant, settings: Settings) -> dict[str, object]:
    wanted: dict[str, object] = {
        "store_name": settings.store_name,
        "store_website": settings.store_website,
        "store_description": settings.store_description,
        "store_catalog_knowledge": settings.store_catalog_knowledge,
        "store_location": settings.store_location,
        "store_address": settings.store_address,
        "shipping_partners": settings.shipping_partners,
        "system_prompt": settings.global_system_prompt,
    }
    fields = {k: v for k, v in wanted.items() if v and (settings.sync_environment_force or not getattr(tenant, k))}
    fresh = tenant.created_at == tenant.updated_at
    if settings.sync_environment_force or fresh:
        fields["lockout_hours"] = settings.handoff_lockout_hours
    return fields


def _credentials(settings: Settings) -> dict[str, dict[str, str]]:
    return {
        "ycloud": {"api_key": settings.ycloud_api_key, "webhook_secret": settings.ycloud_webhook_secret},
        "tiendanube": {
            "store_id": settings.tiendanube_store_id,
            "access_token": settings.tiendanube_access_token,
        },
    }


async def _sync_handoff(tenant_id: int, pool: Pool, vault: Vault, settings: Settings) -> None:
    known = await load_handoff_config(tenant_id, pool, vault)
    wanted: dict[str, object] = {
        "destination_email": settings.handoff_email,
        "smtp_host": settings.smtp_host,
        "smtp_username": settings.smtp_user,
        "smtp_password": settings.smtp_pass,
    }
    changes = {k: v for k, v in wanted.items() if v and (settings.sync_environment_force or not known.get(k))}
    if "smtp_host" in changes:
        changes |= {"smtp_port": settings.smtp_port, "smtp_security": settings.smtp_security}
    if changes:
        await save_handoff_config(tenant_id, pool, vault, changes)
