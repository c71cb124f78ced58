"""Does YCloud take the shop's key, and do its events reach us? Asked every ten minutes (ycloud.md 1.2)."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.ycloud.account import Endpoint, YCloudAccount
from nexus.runtime.logs import get_logger
from nexus.store.credentials import load_credentials
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.secrets import SealBrokenError, Vault
from nexus.store.tenants import list_tenants
from nexus.store.whatsapp_health import note_health

_AT_ONCE = 5
_DOOR = "/webhook/ycloud"
_KNOWN = ("pending", "disabled")
KEY_WORKS = "key_works"
_KEY_CODES = (KEY_WORKS, "unauthorized", "forbidden")
"""What the list of webhooks can tell of the key; balance and account show only when something is sent."""


async def check_all_numbers(pool: Pool, vault: Vault, account: YCloudAccount) -> None:
    """Every tenant with a YCloud key; one that fails costs the others nothing."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def check(tenant_id: int) -> None:
        async with slots:
            try:
                await check_number(tenant_id, pool, vault, account)
            except Exception as error:  # noqa: BLE001 - one shop's trouble must not cost the others their check
                odd = not isinstance(error, (SealBrokenError, *UNREACHABLE))
                name = type(error).__name__
                get_logger().warning("number_not_checked", tenant_id=tenant_id, error=name, exc_info=odd)

    await asyncio.gather(*(check(tenant["id"]) for tenant in await list_tenants(pool)))


async def check_number(tenant_id: int, pool: Pool, vault: Vault, account: YCloudAccount) -> None:
    """Note how key and webhook are; a webhook that YCloud put to rest is woken. Raises SealBrokenError."""
    credentials = await load_credentials(tenant_id, pool, vault, "ycloud")
    key = credentials.get("api_key")
    if not key:
        return
    try:
        endpoints = await account.list_endpoints(tenant_id, key)
    except PermanentError as error:
        await note_refusal(tenant_id, pool, error)
        return
    except (RetryableError, UnknownOutcomeError):
        return  # YCloud is away: that says nothing about the shop
    await note_key_works(tenant_id, pool)
    ours = our_endpoint(endpoints, tenant_id, credentials.get("webhook_endpoint_id"))
    level, code = await _woken(tenant_id, key, ours, account)
    details = {"url": ours.url} if ours else {}
    await note_health(tenant_id, pool, "endpoint", "webhook", level, code, details)


async def note_key_works(tenant_id: int, pool: Pool) -> None:
    """YCloud took the key for a question; whether it lets us send is another matter, and stays as it was."""
    await note_health(tenant_id, pool, "credential", "ycloud", "ok", KEY_WORKS, over=_KEY_CODES)


async def note_refusal(tenant_id: int, pool: Pool, error: PermanentError) -> None:
    """YCloud refused the key or the account: one state, and one event however often it is said."""
    code = "unauthorized" if error.status == 401 else error.code.lower()
    await note_health(tenant_id, pool, "credential", "ycloud", "error", code[:64])


def our_endpoint(endpoints: Sequence[Endpoint], tenant_id: int, endpoint_id: str | None) -> Endpoint | None:
    """The one whose id was given to us, else one that leads to our door; one that works before one that does not."""
    if endpoint_id:
        named = next((endpoint for endpoint in endpoints if endpoint.id == endpoint_id), None)
        if named is not None:
            return named
    doors = (_DOOR, f"{_DOOR}/{tenant_id}")
    leading = [endpoint for endpoint in endpoints if _path(endpoint.url).endswith(doors)]
    return min(leading, key=lambda endpoint: endpoint.status != "active", default=None)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


async def _woken(tenant_id: int, key: str, ours: Endpoint | None, account: YCloudAccount) -> tuple[str, str]:
    """(level, code) of our webhook, after an attempt to wake it where it slept."""
    if ours is None:
        return "error", "endpoint_missing"
    if ours.status == "active":
        return "ok", "endpoint_active"
    try:
        woken = (await account.activate_endpoint(tenant_id, key, ours.id)).status == "active"
    except (PermanentError, RetryableError, UnknownOutcomeError):
        woken = False
    if woken:
        return "warn", "endpoint_reactivated"
    return "error", f"endpoint_{ours.status if ours.status in _KNOWN else 'pending'}"
