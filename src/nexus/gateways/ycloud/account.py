"""YCloud's account beside the sending of messages: its message templates and its webhooks (ycloud.md 1.2, 4.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from nexus.gateways.errors import PermanentError, UnknownOutcomeError
from nexus.gateways.upstream import Upstream
from nexus.gateways.ycloud.client import raise_refusal
from nexus.runtime.settings import Settings

_DEADLINE = 10.0
_PAGE = 100
_MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One webhook of the account; `status` is active, pending (it failed often and gets nothing) or disabled.

    `events` are the types that it is told of.
    """

    id: str
    url: str
    status: str
    events: frozenset[str] = frozenset()


class YCloudAccount:
    """One per process; the key of the tenant comes with each call.

    It has lanes and breakers of its own: trouble with these calls holds no message up, nor the other way round.
    Every call raises PermanentError (refused: the key, the balance, the account), RetryableError (429, 503, no
    connection) and UnknownOutcomeError (timeout, other 5xx, an answer that is none).
    """

    def __init__(self, settings: Settings) -> None:
        self._base = settings.ycloud_base_url.rstrip("/")
        self._upstream = Upstream("ycloud_account", per_tenant=4)

    async def close(self) -> None:
        """Close the connections."""
        await self._upstream.close()

    async def list_endpoints(self, tenant_id: int, api_key: str) -> list[Endpoint]:
        """The account's webhooks, of whatever installation."""
        found = await self._list(tenant_id, api_key, "/webhookEndpoints", {})
        return [_endpoint(item) for item in found if _text(item, "id")]

    async def activate_endpoint(self, tenant_id: int, api_key: str, endpoint_id: str) -> Endpoint:
        """Let events come again; the endpoint as it is then. Repeating it is harmless."""
        path = f"/webhookEndpoints/{quote(endpoint_id, safe='')}"
        return _endpoint(await self._ask(tenant_id, api_key, "PATCH", path, json={"status": "active"}))

    async def list_numbers(self, tenant_id: int, api_key: str) -> list[dict[str, Any]]:
        """The account's WhatsApp numbers as YCloud shows them: {phoneNumber, wabaId, status, qualityRating, …}."""
        return await self._list(tenant_id, api_key, "/whatsapp/phoneNumbers", {})

    async def list_templates(self, tenant_id: int, api_key: str, number: str) -> list[dict[str, Any]]:
        """The templates of the business account that `number` (E.164) belongs to, as YCloud shows them."""
        waba_id = await self._waba_of(tenant_id, api_key, number)
        only = {"filter.wabaId": waba_id} if waba_id else {}
        return await self._list(tenant_id, api_key, "/whatsapp/templates", only)

    async def _waba_of(self, tenant_id: int, api_key: str, number: str) -> str | None:
        """An account may hold several businesses; None when YCloud does not say which one the number is of."""
        try:
            numbers = await self.list_numbers(tenant_id, api_key)
        except PermanentError as error:
            if error.status == 404:
                return None
            raise
        return next((_text(item, "wabaId") or None for item in numbers if _text(item, "phoneNumber") == number), None)

    async def _list(self, tenant_id: int, api_key: str, path: str, only: Mapping[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            asked = {**only, "page": page, "limit": _PAGE}
            answer = await self._ask(tenant_id, api_key, "GET", path, params=asked)
            items = answer.get("items")
            if not isinstance(items, list):
                raise UnknownOutcomeError("ycloud: no list in the answer")
            found += [item for item in items if isinstance(item, dict)]
            if len(items) < _PAGE:
                break
        return found

    async def _ask(
        self,
        tenant_id: int,
        api_key: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> dict[str, Any]:
        response = await self._upstream.request(
            tenant_id,
            method,
            self._base + path,
            headers={"X-API-Key": api_key},
            params=params,
            json=json,
            deadline=_DEADLINE,
        )
        if response.status != 200:
            raise_refusal(response)
            raise UnknownOutcomeError(f"ycloud: http {response.status}")
        try:
            answer = response.json()
        except ValueError as error:
            raise UnknownOutcomeError("ycloud: an answer that is no JSON") from error
        if not isinstance(answer, dict):
            raise UnknownOutcomeError("ycloud: an answer that is no object")
        return answer


def _endpoint(item: Mapping[str, Any]) -> Endpoint:
    events = item.get("enabledEvents")
    told = frozenset(event for event in events if isinstance(event, str)) if isinstance(events, list) else frozenset()
    return Endpoint(_text(item, "id"), _text(item, "url"), _text(item, "status"), told)


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
