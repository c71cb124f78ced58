"""Tienda Nube's list parameters: filters, search, order, paging and fields (tiendanube.md 2.1, 2.5, 4.1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Item = dict[str, Any]
Params = Mapping[str, str]

DEFAULT_PER_PAGE = 30
MOST_PER_PAGE = 200
NO_PRICE = Decimal("Infinity")


class BadParameterError(ValueError):
    """A parameter that cannot be read; `str()` is its name."""


class PastTheEndError(LookupError):
    """A page that does not exist. Carries the number of the last one, which is 0 for an empty list."""

    def __init__(self, last_page: int) -> None:
        super().__init__(f"Last page is {last_page}")


def select_products(products: Iterable[Item], params: Params) -> list[Item]:
    """Products that fit every given filter, in the order of `sort_by`."""
    wanted = list(products)
    if "ids" in params:
        ids = set(params["ids"].split(","))
        wanted = [p for p in wanted if str(p["id"]) in ids]
    if "q" in params:
        wanted = [p for p in wanted if _found(params["q"], _searchable(p))]
    if "category_id" in params:
        wanted = [p for p in wanted if params["category_id"] in {str(c["id"]) for c in p["categories"]}]
    if "handle" in params:
        wanted = [p for p in wanted if params["handle"] in p["handle"].values()]
    for flag in ("published", "free_shipping"):
        if flag in params:
            wanted = [p for p in wanted if p[flag] is (params[flag].lower() == "true")]
    return _sorted(_since(wanted, params), params.get("sort_by", "user"))


def select_categories(categories: Iterable[Item], params: Params) -> list[Item]:
    """Categories by parent or handle; there is no search by name."""
    wanted = list(categories)
    if "parent_id" in params:
        wanted = [c for c in wanted if str(c["parent"] or 0) == params["parent_id"]]
    if "handle" in params:
        wanted = [c for c in wanted if params["handle"] in c["handle"].values()]
    return _since(wanted, params)


def select_orders(orders: Iterable[Item], params: Params) -> list[Item]:
    """Orders by state, date and `q`: the number, or a part of the customer's name or e-mail. No phone."""
    wanted = list(orders)
    if params.get("status", "any") != "any":
        wanted = [o for o in wanted if o["status"] == params["status"]]
    for name in ("payment_status", "shipping_status"):
        if params.get(name, "any") != "any":
            wanted = [o for o in wanted if o[name] == params[name]]
    if "customer_ids" in params:
        ids = set(params["customer_ids"].split(","))
        wanted = [o for o in wanted if str((o.get("customer") or {}).get("id")) in ids]
    if "q" in params:
        wanted = [o for o in wanted if _order_found(params["q"], o)]
    return _since(wanted, params)


def page_of(items: list[Item], params: Params, url: Callable[[int], str]) -> tuple[list[Item], dict[str, str]]:
    """One page and its `Link` and `x-total-count` headers; raises `PastTheEndError`, `BadParameterError`.

    `url(n)` is the address of page n. Pages start at 1; at most 200 items a page.
    """
    per_page = min(_whole(params, "per_page", DEFAULT_PER_PAGE), MOST_PER_PAGE)
    page = _whole(params, "page", 1)
    last = math.ceil(len(items) / per_page)
    if page > last:
        raise PastTheEndError(last)
    links: dict[str, int] = {}
    if page < last:
        links |= {"next": page + 1, "last": last}
    if page > 1:
        links |= {"first": 1, "prev": page - 1}
    headers = {"x-total-count": str(len(items))}
    if links:
        headers["link"] = ", ".join(f'<{url(number)}>; rel="{rel}"' for rel, number in links.items())
    return items[(page - 1) * per_page : page * per_page], headers


def only_fields(item: Item, params: Params) -> Item:
    """The item cut down to the comma list `fields`, when given."""
    if not params.get("fields"):
        return item
    wanted = {name.strip() for name in params["fields"].split(",")}
    return {key: value for key, value in item.items() if key in wanted}


def _searchable(product: Item) -> str:
    skus = [str(variant.get("sku") or "") for variant in product["variants"]]
    return "\n".join([*product["name"].values(), str(product.get("tags") or ""), *skus])


def _found(query: str, text: str) -> bool:
    """The whole query, or each of its words, stands somewhere in the text. Accents and plurals count."""
    text, query = text.casefold(), query.casefold().strip()
    return query in text or all(word in text for word in query.split())


def _order_found(query: str, order: Item) -> bool:
    wanted = query.casefold().strip().removeprefix("#")
    people = [str(order.get(key) or "").casefold() for key in ("contact_name", "contact_email")]
    return wanted == str(order["number"]) or any(wanted in person for person in people)


def _since(items: list[Item], params: Params) -> list[Item]:
    if "since_id" in params:
        least = _whole(params, "since_id", 0)
        items = [item for item in items if item["id"] > least]
    for stamp in ("created_at", "updated_at"):
        if f"{stamp}_min" in params:
            earliest = _moment(params, f"{stamp}_min")
            items = [item for item in items if _parsed(item[stamp]) >= earliest]
        if f"{stamp}_max" in params:
            latest = _moment(params, f"{stamp}_max")
            items = [item for item in items if _parsed(item[stamp]) <= latest]
    return items


def _sorted(products: list[Item], order: str) -> list[Item]:
    key, _, direction = order.rpartition("-")
    keys: dict[str, Callable[[Item], Any]] = {
        "price": _price,
        "alpha": _name,
        "name": _name,
        "created-at": lambda product: _parsed(product["created_at"]),
    }
    if key not in keys:
        return products
    return sorted(products, key=keys[key], reverse=direction == "descending")


def _price(product: Item) -> Decimal:
    prices = [v.get("promotional_price") or v.get("price") for v in product["variants"]]
    return min((Decimal(price) for price in prices if price), default=NO_PRICE)


def _name(product: Item) -> str:
    return str(next(iter(product["name"].values()))).casefold()


def _whole(params: Params, name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not text.isdecimal() or (name != "since_id" and int(text) < 1):
        raise BadParameterError(name)
    return int(text)


def _moment(params: Params, name: str) -> datetime:
    try:
        return _parsed(params[name].replace(" ", "+"))
    except ValueError:
        raise BadParameterError(name) from None


def _parsed(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
