"""A tenant's shop asked with the tenant's own credentials, within a total deadline, its failures as our errors."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.client import ShopClient, ShopCredentialError, ShopNotConnectedError
from nexus.gateways.upstream import Upstream
from nexus.runtime.cache import Cache
from nexus.runtime.errors import ApiError
from nexus.runtime.logs import get_logger
from nexus.runtime.metrics import TOOL_CALLS
from nexus.runtime.settings import Settings
from nexus.store.credentials import load_credentials
from nexus.store.database import Pool
from nexus.store.secrets import SealBrokenError, Vault
from nexus.store.tenants import load_tenant

_Found = TypeVar("_Found")
_FAILURES = (
    ShopNotConnectedError,
    SealBrokenError,
    PermanentError,
    RetryableError,
    UnknownOutcomeError,
    TimeoutError,
)


@dataclass(frozen=True)
class Shops:
    """The shops of all tenants; one per process. `deadline` is of one call of ours, in seconds."""

    settings: Settings
    pool: Pool
    cache: Cache
    vault: Vault
    upstream: Upstream
    deadline: float

    async def ask(
        self,
        tenant_id: int,
        tool: str,
        claimed_store: str | int | None,
        question: Callable[[ShopClient], Awaitable[list[_Found]]],
    ) -> list[_Found]:
        """What the tenant's shop answers to `question`, counted as a call of `tool`. Raises ApiError."""
        limit = asyncio.timeout(self.deadline)
        try:
            async with limit:
                found = await question(await self._open(tenant_id, claimed_store))
        except _FAILURES as error:
            if isinstance(error, TimeoutError) and not limit.expired():
                raise  # the database's, not the shop's
            TOOL_CALLS.labels(tool=tool, status="error").inc()
            told = _told(error)
            get_logger().warning("tool_failed", tool=tool, tenant_id=tenant_id, code=told.code)
            raise told from error
        TOOL_CALLS.labels(tool=tool, status="ok" if found else "empty").inc()
        return found

    async def _open(self, tenant_id: int, claimed_store: str | int | None) -> ShopClient:
        """Raises ShopNotConnectedError, SealBrokenError, ApiError 404 and 409."""
        if await load_tenant(tenant_id, self.pool) is None:
            raise ApiError(404, "unknown_tenant", "Esa tienda no existe.")
        values = await load_credentials(tenant_id, self.pool, self.vault, "tiendanube")
        store_id, token = values.get("store_id", ""), values.get("access_token", "")
        if not store_id.isdecimal() or not token:
            raise ShopNotConnectedError(f"la tienda {tenant_id} no tiene credenciales de Tienda Nube")
        if claimed_store is not None and str(claimed_store).strip() != store_id:
            raise ApiError(409, "tenant_mismatch", "X-Tenant-ID y store_id son de tiendas distintas.")
        return ShopClient(tenant_id, store_id, token, self.settings, self.upstream, self.cache)


def _told(error: Exception) -> ApiError:
    """The contract's error for what a shop can end in; `retryable` says whether the same call may work later."""
    if isinstance(error, ShopNotConnectedError):
        return _error(409, "shop_not_connected", "Esa tienda no tiene Tienda Nube conectada.")
    if isinstance(error, SealBrokenError):
        words = "Lo guardado se cifró con otra ENCRYPTION_KEY: hay que volver a cargarlo."
        return _error(409, "credentials_unreadable", words)
    if isinstance(error, ShopCredentialError):
        return _error(502, "shop_refuses_credentials", "Tienda Nube rechaza las credenciales de la tienda.")
    if isinstance(error, PermanentError):
        return _error(502, "shop_refuses_request", "Tienda Nube no aceptó la consulta.")
    if isinstance(error, RetryableError):
        seconds = max(1, math.ceil(error.retry_after or 1))
        words = "Tienda Nube no atiende ahora; probá de nuevo en unos segundos."
        return _error(503, f"shop_{error.code}", words, retry_after=seconds)
    # Ours was over, or the shop's own answer was lost, cut or came too late twice.
    code = "shop_timeout" if isinstance(error, TimeoutError) else "shop_no_answer"
    return _error(504, code, "Tienda Nube no contestó a tiempo.", retryable=True)


def _error(status: int, code: str, words: str, *, retry_after: int = 0, retryable: bool = False) -> ApiError:
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return ApiError(status, code, words, headers, {"retryable": retryable or retry_after > 0})
