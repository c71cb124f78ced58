"""The keys that signed calendar addresses under former encryption keys: people's calendars go on reading them."""

from nexus.store.database import Pool, tenant_transaction
from nexus.store.secrets import SealBrokenError, Vault, unseal

FEED_FIELD = "agenda_feed"
"""What a calendar address's key is derived for, and sealed as once its encryption key goes."""


async def load_feed_keys(tenant_id: int, pool: Pool, vault: Vault) -> list[str]:
    """In clear; one that does not open is none."""
    keys = []
    async with tenant_transaction(tenant_id, pool) as conn:
        for row in await conn.fetch("select sealed from agenda_feed_keys where tenant_id = $1", tenant_id):
            try:
                keys.append(await unseal(tenant_id, conn, vault, FEED_FIELD, row["sealed"]))
            except SealBrokenError:
                continue
    return keys
