"""Tienda Nube's REST API, read-only but for draft orders, versions v1 and 2025-03 (tiendanube.md)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from nexus.sandbox.faults import Fault
from nexus.sandbox.shop import Item, Shop
from nexus.sandbox.shop_drafts import make_draft
from nexus.sandbox.shop_query import (
    BadParameterError,
    PastTheEndError,
    only_fields,
    page_of,
    select_categories,
    select_orders,
    select_products,
)
from nexus.sandbox.wire import CutConnection, hang
from nexus.sandbox.world import World

HANG_SECONDS = 60.0

_REFUSALS = {
    "401": ("Unauthorized", "Invalid access token"),
    "402": ("Payment Required", "The store is not active"),
    "403": ("Forbidden", "Missing a required scope"),
    "404": ("Not Found", "Resource not found"),
}

Answerer = Callable[[Shop, Request], Response]


def shop_routes(world: World) -> list[BaseRoute]:
    """The routes under `/tiendanube/{version}/{store_id}`."""
    base = "/tiendanube/{version}/{store_id}"
    answers: dict[str, Answerer] = {
        "/store": _store,
        "/products": _products,
        "/products/sku/{sku:path}": _product_by_sku,
        "/products/{id}": _product,
        "/categories": _categories,
        "/categories/{id}": _category,
        "/orders": _orders,
        "/orders/{id}": _order,
    }
    routes: list[BaseRoute] = [Route(base + path, _door(world, answer)) for path, answer in answers.items()]
    return [*routes, Route(base + "/draft_orders", _door(world, _drafts), methods=["GET", "POST"])]


def _door(world: World, answer: Answerer) -> Any:
    """What every request passes first: faults, User-Agent, credentials and the rate bucket."""

    async def endpoint(request: Request) -> Response:
        store_id = request.path_params["store_id"]
        path = request.url.path.split(store_id, 1)[-1]
        fault = world.faults.take("tiendanube", store_id=store_id, path=path, query=str(request.query_params))
        misbehaviour = await _misbehave(request, fault)
        if misbehaviour is not None:
            return misbehaviour
        if not request.headers.get("User-Agent", "").strip():
            return _error(400, "Bad Request", "Missing User-Agent header")
        shop = world.shops.get(store_id)
        if not isinstance(shop, Shop) or not _authorized(request, shop):
            return _error(401, "Unauthorized", "Invalid access token")
        if not shop.bucket.pour():
            return _error(429, "Too Many Requests", "Too many requests", shop.bucket.headers())
        request.state.body = await request.body()
        response = _answered(shop, request, answer)
        response.headers["X-Main-Language"] = shop.store["main_language"]
        for name, value in shop.bucket.headers().items():
            response.headers[name] = value
        return response

    return endpoint


def _answered(shop: Shop, request: Request, answer: Answerer) -> Response:
    try:
        return answer(shop, request)
    except PastTheEndError as past:
        return _error(404, "Not Found", str(past))
    except BadParameterError as bad:
        return JSONResponse({str(bad): ["is invalid"]}, 422)


def _authorized(request: Request, shop: Shop) -> bool:
    """Either header will do; the scheme's letter case does not matter (tiendanube.md section 1.2)."""
    for name in ("Authorization", "Authentication"):
        scheme, _, token = request.headers.get(name, "").partition(" ")
        if scheme.lower() == "bearer" and token.strip() == shop.access_token:
            return True
    return False


async def _misbehave(request: Request, fault: Fault | None) -> Response | None:
    if fault is None:
        return None
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds or 1.0)
        return None
    if fault.kind == "reset":
        return CutConnection()
    if fault.kind == "hang":
        return await hang(request, fault.seconds or HANG_SECONDS)
    if fault.kind == "drip":
        return StreamingResponse(_drops(fault.seconds or HANG_SECONDS), media_type="application/json")
    if fault.kind == "garbage":
        return HTMLResponse("<html><body>It works!</body></html>")
    if fault.kind == "503":
        return HTMLResponse("<html><body>503 Service Unavailable</body></html>", 503)
    if fault.kind == "429":
        reset = fault.retry_after * 1000 if fault.retry_after is not None else 1500
        headers = {
            "x-rate-limit-limit": "40",
            "x-rate-limit-remaining": "0",
            "x-rate-limit-reset": str(reset),
        }
        return _error(429, "Too Many Requests", "Too many requests", headers)
    if fault.kind in _REFUSALS:
        return _error(int(fault.kind), *_REFUSALS[fault.kind])
    return _error(500, "Internal Server Error", None)


async def _drops(seconds: float) -> AsyncIterator[bytes]:
    """An answer that keeps coming, a space at a time."""
    for _ in range(int(seconds * 4)):
        yield b" "
        await asyncio.sleep(0.25)


def _store(shop: Shop, request: Request) -> Response:
    return JSONResponse(only_fields(shop.store, request.query_params))


def _products(shop: Shop, request: Request) -> Response:
    return _listed(select_products(shop.products, request.query_params), request)


def _product(shop: Shop, request: Request) -> Response:
    return _single(shop.products, request, "Product with such id does not exist")


def _product_by_sku(shop: Shop, request: Request) -> Response:
    """The first product holding that SKU."""
    for product in shop.products:
        if request.path_params["sku"] in {variant["sku"] for variant in product["variants"]}:
            return JSONResponse(_served(product, request))
    return _error(404, "Not Found", "Product with such sku does not exist")


def _categories(shop: Shop, request: Request) -> Response:
    return _listed(select_categories(shop.categories, request.query_params), request)


def _category(shop: Shop, request: Request) -> Response:
    return _single(shop.categories, request, "Category with such id does not exist")


def _orders(shop: Shop, request: Request) -> Response:
    orders = select_orders(shop.orders, request.query_params)
    return _listed([_order_shape(order, request) for order in orders], request)


def _order(shop: Shop, request: Request) -> Response:
    orders = [_order_shape(order, request) for order in shop.orders]
    return _single(orders, request, "Order with such id does not exist")


def _drafts(shop: Shop, request: Request) -> Response:
    if request.method == "POST":
        return make_draft(shop, request.headers.get("Content-Type", ""), request.state.body)
    return _listed(shop.drafts, request)


def _order_shape(order: Item, request: Request) -> Item:
    """v1 has flat shipping fields; 2025-03 has fulfillments, as bare ids unless they are asked for."""
    shape = {key: value for key, value in order.items() if not key.startswith("_")}
    fulfillments = shape.pop("fulfillments", [])
    if request.path_params["version"] == "v1":
        return {**shape, **order.get("_legacy_v1_fields", {})}
    if "fulfillment_orders" not in request.query_params.get("aggregates", "").split(","):
        fulfillments = [fulfillment["id"] for fulfillment in fulfillments]
    return {**shape, "fulfillments": fulfillments}


def _listed(items: list[Item], request: Request) -> Response:
    def url(page: int) -> str:
        return str(request.url.include_query_params(page=page))

    page, headers = page_of(items, request.query_params, url)
    return JSONResponse([_served(item, request) for item in page], headers=headers)


def _single(items: Iterable[Item], request: Request, absent: str) -> Response:
    for item in items:
        if str(item["id"]) == request.path_params["id"]:
            return JSONResponse(_served(item, request))
    return _error(404, "Not Found", absent)


def _served(item: Item, request: Request) -> Item:
    """The asked fields, with this host in front of the pictures that it draws itself."""
    host = str(request.base_url).rstrip("/")
    served = only_fields(item, request.query_params)
    if "images" in served:
        served = {**served, "images": [_with_host(image, host) for image in served["images"]]}
    if "products" in served:
        lines = [{**line, "image": _with_host(line.get("image"), host)} for line in served["products"]]
        served = {**served, "products": lines}
    return served


def _with_host(image: Any, host: str) -> Any:
    if isinstance(image, dict) and str(image.get("src", "")).startswith("/"):
        return {**image, "src": host + image["src"]}
    return image


def _error(status: int, message: str, description: str | None, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"code": status, "message": message, "description": description}, status, headers)
