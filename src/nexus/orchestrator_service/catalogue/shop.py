"""The way from a tenant to its shop."""

from dataclasses import dataclass

from nexus.gateways.tiendanube.client import ShopClient, ShopNotConnectedError
from nexus.gateways.upstream import Upstream
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.store.catalogue_sync import note_refusal
from nexus.store.credentials import load_credentials
from nexus.store.database import Pool
from nexus.store.live_tests import OURSELVES, note_test
from nexus.store.secrets import Vault

REFUSED = {
    401: "Tienda Nube rechaza el token: puede que la app se haya reinstalado.",
    402: "Tienda Nube suspendió la tienda o la app por falta de pago.",
}


@dataclass(frozen=True)
class ShopDoor:
    """Opens the shop of any tenant with that tenant's own credentials (S-042, S-048); one per process."""

    settings: Settings
    pool: Pool
    cache: Cache
    vault: Vault
    upstream: Upstream

    async def open(self, tenant_id: int) -> ShopClient:
        """The tenant's shop. Raises ShopNotConnectedError, SealBrokenError."""
        found = await load_credentials(tenant_id, self.pool, self.vault, "tiendanube")
        return self.with_credentials(tenant_id, found)

    def with_credentials(self, tenant_id: int, values: dict[str, str]) -> ShopClient:
        """The shop of the given `store_id` and `access_token`. Raises ShopNotConnectedError when one is missing."""
        store_id, token = values.get("store_id", ""), values.get("access_token", "")
        if not store_id.isdecimal() or not token:
            raise ShopNotConnectedError(f"la tienda {tenant_id} no tiene credenciales de Tienda Nube")
        return ShopClient(
            tenant_id, store_id, token, self.settings, self.upstream, self.cache, on_refusal=self.note_refusal
        )

    async def note_refusal(self, tenant_id: int, status: int) -> None:
        """The shop refuses the credential: the panel says so until it takes one again."""
        if await note_refusal(tenant_id, self.pool, status):
            await note_test(tenant_id, self.pool, "tiendanube", ok=False, message=REFUSED[status], who=OURSELVES)
