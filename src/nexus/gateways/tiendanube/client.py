"""One tenant's Tienda Nube shop over its REST API (reference/tiendanube.md)."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from nexus.gateways.errors import BreakerOpenError, PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.tiendanube.parse import Item, category_item, product_item
from nexus.gateways.upstream import Response, Upstream
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings

_WRITE_SECONDS = 8.0
_BUCKET_SIZE, _BUCKET_PER_SECOND = 40, 2.0
_MOST_PAGES = 10
_PRODUCT_FIELDS = "id,name,description,attributes,variants,images,canonical_url,free_shipping,published"
_CATALOGUE_FIELDS = f"{_PRODUCT_FIELDS},categories,tags,brand,updated_at"
_CATALOGUE_PAGE = 100
_STAMP = "%Y-%m-%dT%H:%M:%S+00:00"


@dataclass(frozen=True, slots=True)
class Pace:
    """A call's deadline and longest pause in seconds, how often it waits for a token, how many tokens it leaves."""

    deadline: float
    tries: int
    headroom: int
    longest_wait: float


LIVE = Pace(deadline=4.0, tries=4, headroom=0, longest_wait=2.0)
"""Somebody waits for an answer."""
HURRIED = Pace(deadline=2.4, tries=2, headroom=0, longest_wait=0.5)
"""There is something to answer with instead: what was read last."""
BACKGROUND = Pace(deadline=25.0, tries=40, headroom=10, longest_wait=30.0)
"""Nobody waits: ten tokens are left to the chats."""


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Products in the vendor's shape, the language they are to be read in, and whether another page follows."""

    products: list[Item]
    language: str
    more: bool


class ShopCredentialError(PermanentError):
    """The shop refuses us: token revoked (401), store or app unpaid (402), scope or plan lacking (403)."""


class ShopNotConnectedError(RuntimeError):
    """The tenant has no Tienda Nube store id or token."""


@dataclass(frozen=True)
class ShopClient:
    """Reads one shop. Lists of nothing are empty lists, whatever the status (section 6).

    Every method raises ShopCredentialError, PermanentError (another 4xx), RetryableError (rate limit, shop down,
    breaker open) or UnknownOutcomeError (no answer in time); a failed read was already tried twice.
    """

    tenant_id: int
    store_id: str
    token: str
    settings: Settings
    upstream: Upstream
    cache: Cache
    pace: Pace = LIVE
    on_refusal: Callable[[int, int], Awaitable[None]] | None = None
    """Told tenant and status when the shop refuses all we ask (401, 402); a 403 is about one thing alone."""

    def in_a_hurry(self) -> "ShopClient":
        """The same shop for what can be told without it."""
        return replace(self, pace=HURRIED)

    def in_background(self) -> "ShopClient":
        """The same shop for work that nobody waits for."""
        return replace(self, pace=BACKGROUND)

    async def search_products(self, query: str, limit: int = 10) -> list[Item]:
        """Published products whose name, tags or SKU match `q`, in the shop's order."""
        params = {"q": query[:200], "per_page": limit}
        return await self._products(params)

    async def products_by_ids(self, ids: Sequence[int]) -> list[Item]:
        """Published products of at most 30 ids as they are now, in the order of `ids`."""
        if not ids:
            return []
        joined = ",".join(str(int(i)) for i in ids[:30])
        found = {item["id"]: item for item in await self._products({"ids": joined, "per_page": 30})}
        return [found[i] for i in ids if i in found]

    async def list_products(
        self, page: int = 1, per_page: int = 30, *, category_id: int | None = None, sort_by: str | None = None
    ) -> list[Item]:
        """One page of published products, of one category or of all."""
        wanted = {"page": page, "per_page": per_page, "category_id": category_id, "sort_by": sort_by}
        return await self._products({name: value for name, value in wanted.items() if value is not None})

    async def catalogue_page(self, page: int, *, changed_since: datetime | None = None) -> ProductPage:
        """A page of the whole catalogue, oldest first, so that what is made meanwhile comes last; at most 100.

        With `changed_since` those changed since, also ones that are not published any more.
        """
        params: dict[str, Any] = {"page": page, "per_page": _CATALOGUE_PAGE, "sort_by": "created-at-ascending"}
        if changed_since is None:
            params["published"] = "true"
        else:
            params["updated_at_min"] = changed_since.strftime(_STAMP)
        return await self._catalogue(params)

    async def catalogue_of(self, ids: Sequence[int]) -> ProductPage:
        """At most 30 products by id, published or not; those that do not exist are left out."""
        return await self._catalogue({"ids": ",".join(str(int(i)) for i in ids[:30]), "per_page": 30})

    async def catalogue_search(self, query: str) -> ProductPage:
        """At most ten published products that `q` finds."""
        return await self._catalogue({"q": query[:200], "per_page": 10, "published": "true"})

    async def categories(self) -> list[Item]:
        """Every category, `{id, name, parent, visible}`."""
        fields = "id,name,parent,visibility"
        return await self._pages("categories", {"per_page": 200, "fields": fields}, category_item)

    async def find_orders(self, query: str) -> list[Item]:
        """Orders in the vendor's shape whose number, or the customer's name or e-mail, matches `q`."""
        response = await self._get("orders", {"q": query[:100], "per_page": 20, **self._fulfillments()})
        return [] if response is None else _objects(response)

    async def order(self, order_id: int) -> Item | None:
        """An order by the internal id, in the vendor's shape."""
        response = await self._get(f"orders/{order_id}", self._fulfillments())
        return None if response is None else next(iter(_objects(response)), None)

    async def orders_since(self, moment: datetime) -> list[Item]:
        """Every order made since, in the vendor's shape and order, at most 2 000."""
        params = {"per_page": 200, "created_at_min": moment.strftime(_STAMP), **self._fulfillments()}
        return await self._pages("orders", params, lambda order, _language: order)

    async def store(self) -> Item:
        """The shop itself: the credential test. Raises PermanentError when there is no such store."""
        response = await self._get("store", {})
        found = [] if response is None else _objects(response)
        if not found:
            raise PermanentError("not_found", "no existe esa tienda", 404)
        return found[0]

    async def product_of_sku(self, sku: str) -> tuple[Item, int | None] | None:
        """The first published product with that SKU, and which of its variants has it; None when there is none."""
        response = await self._get(f"products/sku/{quote(sku, safe='')}", {})
        raw = None if response is None else next(iter(_objects(response)), None)
        if response is None or raw is None or raw.get("published") is False:
            return None
        variants = [variant for variant in raw.get("variants") or [] if isinstance(variant, dict)]
        exact = next((variant.get("id") for variant in variants if variant.get("sku") == sku), None)
        return product_item(raw, _language(response)), exact

    async def create_draft_order(self, body: Item) -> Item:
        """Make a draft order (section 5), asked once and never again by itself: it has no key of ours to be known by.

        Raises PermanentError and RetryableError when it is known not to have been made, UnknownOutcomeError else.
        """
        await self._take_token()
        url = self._address("draft_orders")
        headers = {**self._headers(), "Content-Type": "application/json; charset=utf-8"}
        response = await self.upstream.request(
            self.tenant_id, "POST", url, headers=headers, json=body, deadline=_WRITE_SECONDS
        )
        if response.status == 404:
            raise PermanentError("not_found", "Tienda Nube no tiene pedidos en borrador para esta tienda", 404)
        if response.status in (200, 201):
            try:
                made = next(iter(_objects(response)), None)
            except ValueError as error:
                raise UnknownOutcomeError("tiendanube: not JSON") from error
            if made is None:
                raise UnknownOutcomeError("tiendanube: no draft order in the answer")
            return made
        if 400 <= response.status < 500:
            _judge(response)
        raise UnknownOutcomeError(f"tiendanube: http {response.status}")

    def _address(self, path: str) -> str:
        base = self.settings.tiendanube_base_url.rstrip("/")
        return f"{base}/{self.settings.tiendanube_api_version}/{self.store_id}/{path}"

    def _fulfillments(self) -> dict[str, str]:
        """What has to be asked for so that an order says where its parcels are (section 4.2)."""
        return {} if self.settings.tiendanube_api_version == "v1" else {"aggregates": "fulfillment_orders"}

    async def _products(self, params: dict[str, Any]) -> list[Item]:
        response = await self._get("products", {**params, "published": "true", "fields": _PRODUCT_FIELDS})
        if response is None:
            return []
        language = _language(response)
        return [product_item(raw, language) for raw in _objects(response) if raw.get("published") is not False]

    async def _catalogue(self, params: dict[str, Any]) -> ProductPage:
        response = await self._get("products", {**params, "fields": _CATALOGUE_FIELDS})
        if response is None:
            return ProductPage([], "es", more=False)
        rows = [row for row in _objects(response) if str(row.get("id")).isdecimal()]
        return ProductPage(rows, _language(response), 'rel="next"' in response.headers.get("link", ""))

    async def _pages(self, path: str, params: dict[str, Any], make: Callable[[Item, str], Item]) -> list[Item]:
        """All pages of a list; `Link` only says that there is a next one, its address is never followed."""
        items: list[Item] = []
        for page in range(1, _MOST_PAGES + 1):
            response = await self._get(path, {**params, "page": page})
            if response is None:
                break
            items += [make(raw, _language(response)) for raw in _objects(response)]
            if 'rel="next"' not in response.headers.get("link", ""):
                break
        return items

    async def _get(self, path: str, params: dict[str, Any]) -> Response | None:
        """A 200, or None for 404; one more try after a rate limit, a 5xx, a broken answer or a failed connection."""
        await self._take_token()
        try:
            return await self._try_once(path, params)
        except BreakerOpenError:
            raise
        except RetryableError as error:
            pause = error.retry_after or _jitter()
        except UnknownOutcomeError:
            pause = _jitter()
        await asyncio.sleep(pause)
        return await self._try_once(path, params)

    async def _try_once(self, path: str, params: dict[str, Any]) -> Response | None:
        response = await self.upstream.request(
            self.tenant_id,
            "GET",
            self._address(path),
            headers=self._headers(),
            params=params,
            deadline=self.pace.deadline,
        )
        if response.status in (401, 402) and self.on_refusal is not None:
            await self.on_refusal(self.tenant_id, response.status)
        return _judge(response, self.pace.longest_wait)

    async def _take_token(self) -> None:
        """One token of the store's bucket, shared by all our processes; waits for it as long as the pace allows."""
        wait = 0.0
        for _ in range(self.pace.tries):
            key = f"rate:tiendanube:{self.store_id}"
            wait = await self.cache.take_token(key, _BUCKET_SIZE, _BUCKET_PER_SECOND, self.pace.headroom)
            if wait == 0:
                return
            await asyncio.sleep(wait)
        raise RetryableError("rate_limited", "demasiadas consultas a la tienda", wait)

    def _headers(self) -> dict[str, str]:
        """Both spellings of the token header are in use at Tienda Nube (section 1.2); User-Agent names a contact."""
        wanted = self.settings.tiendanube_auth_headers
        headers = {"User-Agent": self.settings.tiendanube_user_agent, "Accept": "application/json"}
        if wanted in ("both", "authorization"):
            headers["Authorization"] = f"Bearer {self.token}"
        if wanted in ("both", "authentication"):
            headers["Authentication"] = f"bearer {self.token}"
        return headers


def _jitter() -> float:
    return random.uniform(0.1, 0.4)  # noqa: S311 - a pause, no secret


def _judge(response: Response, longest_wait: float = LIVE.longest_wait) -> Response | None:
    """200 with JSON passes, 404 is nothing, the rest is one of our errors (section 6)."""
    status = response.status
    if status == 404:
        return None
    if status == 429:
        reset = response.headers.get("x-rate-limit-reset", "")
        seconds = int(reset) / 1000 if reset.isdecimal() else 1.0
        raise RetryableError("rate_limited", "Tienda Nube pide esperar", min(seconds, longest_wait))
    if status in (401, 402, 403):
        code = {401: "unauthorized", 402: "suspended", 403: "forbidden"}[status]
        raise ShopCredentialError(code, "Tienda Nube rechaza las credenciales de la tienda", status)
    if 400 <= status < 500:
        raise PermanentError("bad_request", "Tienda Nube no aceptó la consulta", status)
    if status != 200:
        raise RetryableError("upstream_failed", f"Tienda Nube contestó {status}")
    try:
        response.json()
    except ValueError as error:
        raise RetryableError("garbage", "Tienda Nube contestó algo que no es JSON") from error
    return response


def _objects(response: Response) -> list[Item]:
    """The JSON objects of an answer, a single one as a list of one."""
    decoded = response.json()
    return [row for row in (decoded if isinstance(decoded, list) else [decoded]) if isinstance(row, dict)]


def _language(response: Response) -> str:
    return response.headers.get("x-main-language", "es")
