"""The tenants' YCloud keys, read again every few seconds: a new key works at once, a withdrawn one soon does not."""

import asyncio
import time

from nexus.store.credentials import load_credentials
from nexus.store.database import Pool
from nexus.store.secrets import Vault

_FRESH_SECONDS = 5.0


class YCloudKeys:
    """One per process."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool, self._vault = pool, vault
        self._keys: dict[int, tuple[float, str]] = {}
        self._looks: dict[int, asyncio.Task[str]] = {}

    async def of(self, tenant_id: int) -> str:
        """The tenant's key, "" when it has none; who asks meanwhile shares the look, and what it raises."""
        read_at, key = self._keys.get(tenant_id, (-1e9, ""))
        if time.monotonic() - read_at <= _FRESH_SECONDS:
            return key
        if tenant_id not in self._looks:
            self._looks[tenant_id] = asyncio.create_task(self._look(tenant_id))
            self._looks[tenant_id].add_done_callback(lambda _: self._looks.pop(tenant_id))
        return await asyncio.shield(self._looks[tenant_id])

    async def _look(self, tenant_id: int) -> str:
        key = (await load_credentials(tenant_id, self._pool, self._vault, "ycloud")).get("api_key", "")
        self._keys[tenant_id] = (time.monotonic(), key)
        return key

    def forget(self, tenant_id: int) -> None:
        """Read the key anew at the next use: the last one was refused."""
        self._keys.pop(tenant_id, None)
