"""Does YCloud take the shop's key, do its events reach us, and how is the number? Asked every ten minutes, and by
"Probar" (ycloud.md 1.2).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from nexus.contracts.identity import phone_key
from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.ycloud.account import Endpoint, YCloudAccount
from nexus.runtime.logs import get_logger
from nexus.store.credentials import load_credentials
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.live_tests import OURSELVES, load_tests, note_test
from nexus.store.secrets import SealBrokenError, Vault
from nexus.store.tenants import list_tenants, load_tenant
from nexus.store.whatsapp_health import note_health

_AT_ONCE = 5
_DOOR = "/webhook/ycloud"
_KNOWN = ("pending", "disabled")
KEY_WORKS = "key_works"
_KEY_CODES = (KEY_WORKS, "unauthorized", "forbidden")
"""What the list of webhooks can tell of the key; balance and account show only when something is sent."""


_INBOUND = "whatsapp.inbound_message.received"
_WANTED = {_INBOUND, "whatsapp.message.updated", "whatsapp.smb.message.echoes"}
_QUALITY = {"GREEN": "ok", "YELLOW": "warn", "RED": "error"}
Found = tuple[bool, str]


async def check_all_numbers(pool: Pool, vault: Vault, account: YCloudAccount, public_url: str = "") -> None:
    """Every tenant with a YCloud key; one that fails costs the others nothing."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def check(tenant_id: int) -> None:
        async with slots:
            try:
                found = await check_number(tenant_id, pool, vault, account, public_url)
                await _note_news(tenant_id, pool, found)
            except Exception as error:  # noqa: BLE001 - one shop's trouble must not cost the others their check
                odd = not isinstance(error, (SealBrokenError, *UNREACHABLE))
                name = type(error).__name__
                get_logger().warning("number_not_checked", tenant_id=tenant_id, error=name, exc_info=odd)

    await asyncio.gather(*(check(tenant["id"]) for tenant in await list_tenants(pool)))


async def check_number(
    tenant_id: int, pool: Pool, vault: Vault, account: YCloudAccount, public_url: str = ""
) -> Found | None:
    """Note how key, webhook and number are, and tell whether the key works; None without a key.

    A webhook that YCloud put to rest is woken, unless it leads elsewhere than to `public_url`. Raises SealBrokenError.
    """
    credentials = await load_credentials(tenant_id, pool, vault, "ycloud")
    key = credentials.get("api_key")
    if not key:
        return None
    try:
        endpoints = await account.list_endpoints(tenant_id, key)
    except PermanentError as error:
        await note_refusal(tenant_id, pool, error)
        refused = error.status in (401, 403)
        return False, "YCloud rechaza la clave." if refused else f"YCloud contestó {error.status} a la prueba."
    except (RetryableError, UnknownOutcomeError):  # YCloud is away: that says nothing about the shop
        return False, "YCloud no contestó; probá de nuevo en un rato."
    await note_key_works(tenant_id, pool)
    ours = our_endpoint(endpoints, tenant_id, credentials.get("webhook_endpoint_id"), public_url)
    level, code = await _woken(tenant_id, key, ours, account, public_url)
    details = {"url": ours.url} if ours else {}
    await note_health(tenant_id, pool, "endpoint", "webhook", level, code, details)
    await _note_number(tenant_id, pool, key, account)
    return True, "Leí los webhooks de tu cuenta de YCloud: la clave funciona."


async def _note_news(tenant_id: int, pool: Pool, found: Found | None) -> None:
    """What a person tried stays told as theirs, until it is not so any more."""
    known = (await load_tests(tenant_id, pool)).get("ycloud")
    if found is not None and (known is None or known["tested_ok"] != found[0]):
        await note_test(tenant_id, pool, "ycloud", *found, OURSELVES)


async def _note_number(tenant_id: int, pool: Pool, key: str, account: YCloudAccount) -> None:
    """Whether the shop's number is one of the key's account, connected, and how customers receive it."""
    try:
        numbers = await account.list_numbers(tenant_id, key)
    except (PermanentError, RetryableError, UnknownOutcomeError):
        return  # a key may do less than this, and what is known of the number stays known
    tenant = await load_tenant(tenant_id, pool)
    if tenant is None:
        return
    wanted = phone_key(tenant.bot_phone_number)
    ours = next((number for number in numbers if phone_key(str(number.get("phoneNumber", ""))) == wanted), None)
    await note_health(tenant_id, pool, "number", "account", *_state_of(ours))
    quality = str((ours or {}).get("qualityRating", "")).upper()
    if quality in _QUALITY:
        await note_health(tenant_id, pool, "number", "quality", _QUALITY[quality], f"quality_{quality.lower()}")


def _state_of(number: Mapping[str, Any] | None) -> tuple[str, str]:
    """(level, code); a state that YCloud does not tell is no trouble."""
    if number is None:
        return "error", "number_foreign"
    status = str(number.get("status") or "CONNECTED").upper()
    if status == "CONNECTED":
        return "ok", "number_connected"
    return ("warn", "number_flagged") if status in ("FLAGGED", "RATE_LIMITED") else ("error", "number_offline")


async def note_key_works(tenant_id: int, pool: Pool) -> None:
    """YCloud took the key for a question; whether it lets us send is another matter, and stays as it was."""
    await note_health(tenant_id, pool, "credential", "ycloud", "ok", KEY_WORKS, over=_KEY_CODES)


async def note_refusal(tenant_id: int, pool: Pool, error: PermanentError) -> None:
    """YCloud refused the key or the account: one state, and one event however often it is said."""
    code = "unauthorized" if error.status == 401 else error.code.lower()
    await note_health(tenant_id, pool, "credential", "ycloud", "error", code[:64])


def our_endpoint(
    endpoints: Sequence[Endpoint], tenant_id: int, endpoint_id: str | None, public_url: str = ""
) -> Endpoint | None:
    """The one whose id was given to us, else one that leads to our door; one that works before one that does not."""
    if endpoint_id:
        named = next((endpoint for endpoint in endpoints if endpoint.id == endpoint_id), None)
        if named is not None:
            return named
    doors = (_DOOR, f"{_DOOR}/{tenant_id}")
    leading = [endpoint for endpoint in endpoints if _path(endpoint.url).endswith(doors)]
    return min(leading, key=lambda one: (_is_elsewhere(one, public_url), one.status != "active"), default=None)


def _is_elsewhere(endpoint: Endpoint, public_url: str) -> bool:
    """Whether it leads to another host than ours, where we know ours."""
    return bool(public_url) and _host(endpoint.url) != _host(public_url)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


async def _woken(
    tenant_id: int, key: str, ours: Endpoint | None, account: YCloudAccount, public_url: str
) -> tuple[str, str]:
    """(level, code) of our webhook, after an attempt to wake it where it slept."""
    if ours is None:
        return "error", "endpoint_missing"
    if _is_elsewhere(ours, public_url):
        return "error", "endpoint_elsewhere"
    if ours.status == "active":
        return _hears(ours)
    try:
        woken = (await account.activate_endpoint(tenant_id, key, ours.id)).status == "active"
    except (PermanentError, RetryableError, UnknownOutcomeError):
        woken = False
    if woken:
        return "warn", "endpoint_reactivated"
    return "error", f"endpoint_{ours.status if ours.status in _KNOWN else 'pending'}"


def _hears(ours: Endpoint) -> tuple[str, str]:
    """Whether it is told of all that we need; YCloud not saying what it tells is no trouble."""
    if not ours.events or any(event.endswith("*") for event in ours.events):
        return "ok", "endpoint_active"
    if _INBOUND not in ours.events:
        return "error", "endpoint_deaf"
    return ("ok", "endpoint_active") if ours.events >= _WANTED else ("warn", "endpoint_half_deaf")
