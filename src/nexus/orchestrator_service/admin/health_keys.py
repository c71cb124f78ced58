"""Rows of the health page about keys: secrets that need the former one, or none that is known, and YCloud's old one."""

from datetime import UTC, datetime, timedelta

from nexus.orchestrator_service.admin.health_rows import HealthRow
from nexus.runtime.settings import Settings
from nexus.store.credentials import previous_secret
from nexus.store.database import Pool
from nexus.store.resealing import key_use
from nexus.store.secrets import Vault

_LINK = "#/ajustes/ycloud"
_LATELY = timedelta(hours=6)
"""YCloud's retries of what the former secret signed go on for 5 h 36 min."""


async def key_rows(tenant_id: int, pool: Pool, settings: Settings) -> list[HealthRow]:
    """One row of the encryption key, where this process has it; one of the webhook's former secret while it is used."""
    rows = [await _sealed(tenant_id, pool, Vault.of(settings))] if settings.encryption_key else []
    return [*rows, *await _former(tenant_id, pool)]


async def _sealed(tenant_id: int, pool: Pool, vault: Vault) -> HealthRow:
    title, use = "Claves guardadas", await key_use(tenant_id, pool, vault)
    if use.unknown:
        message = f"{_secrets(use.unknown)} se cifró con una ENCRYPTION_KEY que no está: no se puede usar."
        fix = (
            "Poné esa clave en ENCRYPTION_KEY_ALSO y corré ./nexus rotate encryption-key; si se perdió, cargá de nuevo "
        )
        return HealthRow("encryption_key", "Nexus", "error", title, message, fix + "las credenciales en Ajustes.")
    if use.also:
        message = f"{_secrets(use.also)} sigue con la clave de antes (ENCRYPTION_KEY_ALSO): anda, pero no la saques."
        return HealthRow("encryption_key", "Nexus", "warn", title, message, "Corré ./nexus rotate encryption-key.")
    spare = " ENCRYPTION_KEY_ALSO ya no le hace falta a esta tienda." if len(vault.key_ids) > 1 else ""
    return HealthRow("encryption_key", "Nexus", "ok", title, f"Todas abren con la clave actual.{spare}")


def _secrets(count: int) -> str:
    return "Un secreto de la tienda" if count == 1 else f"Cada uno de {count} secretos de la tienda"


async def _former(tenant_id: int, pool: Pool) -> list[HealthRow]:
    """Nothing while its time runs: that YCloud still retries with it is as it should be."""
    former, now = await previous_secret(tenant_id, pool), datetime.now(UTC)
    refused = former["refused_at"] if former else None
    if refused is None or now - refused > _LATELY:
        return []
    message = (
        "YCloud sigue firmando con el secreto anterior del webhook, cuyo plazo ya venció: esos avisos no se toman."
    )
    fix = "Copiá en Ajustes el secreto que muestra YCloud > Developers > Webhooks: es el que firma."
    return [HealthRow("webhook_former", "WhatsApp", "error", "Secreto del webhook", message, fix, refused, link=_LINK)]
