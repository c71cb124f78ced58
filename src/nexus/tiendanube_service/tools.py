"""v2's tools over HTTP: `POST /tools/*`, behind the internal token and for the tenant of X-Tenant-ID (S-007)."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Security
from fastapi.security import APIKeyHeader

from nexus.runtime.auth import internal_only
from nexus.runtime.errors import ApiError
from nexus.tiendanube_service.asking import Shops
from nexus.tiendanube_service.orders import own_orders
from nexus.tiendanube_service.shapes import (
    TOOL_ERRORS,
    CategoryRequest,
    OrderList,
    OrderRequest,
    PageMeta,
    PageRequest,
    ProductList,
    SearchRequest,
    ToolErrorBody,
)

_FOUND_AT_ONCE = 20
_PER_PAGE = 30
_GONE = {
    "cupones_list": "Los cupones no se leen desde acá.",
    "sendemail": "El correo a la tienda sale con la derivación a una persona, no desde acá.",
}
"""Of v2, and not of the gateway: said in words, where a bare 404 would send its caller looking for a typing error."""
Tenant = Annotated[int, Header(alias="X-Tenant-ID", ge=1, le=2**31 - 1)]


def tools_router(shops: Shops) -> APIRouter:
    """The routes."""
    shown = APIKeyHeader(name="X-Internal-Token", scheme_name="internal_token", auto_error=False)
    router = APIRouter(
        prefix="/tools",
        tags=["herramientas"],
        dependencies=[Security(shown), Depends(internal_only(*shops.settings.internal_tokens))],
    )

    @router.post("/productsq", summary="Productos que dicen eso", responses=TOOL_ERRORS)
    async def productsq(body: SearchRequest, tenant_id: Tenant) -> ProductList:
        return await _search(shops, tenant_id, "productsq", body.store_id, body.q)

    @router.post("/productsq_category", summary="Productos de una categoría que dicen eso", responses=TOOL_ERRORS)
    async def productsq_category(body: CategoryRequest, tenant_id: Tenant) -> ProductList:
        words = f"{body.category} {body.keyword}".strip()
        return await _search(shops, tenant_id, "productsq_category", body.store_id, words)

    @router.post("/productsall", summary="El catálogo publicado, de a una página", responses=TOOL_ERRORS)
    async def productsall(tenant_id: Tenant, body: PageRequest | None = None) -> ProductList:
        """The first page without a body, as v2 asked for it."""
        asked = body or PageRequest()
        found = await shops.ask(
            tenant_id, "productsall", asked.store_id, lambda shop: shop.list_products(asked.page, _PER_PAGE)
        )
        return ProductList.model_validate({"data": found, "meta": PageMeta(page=asked.page, per_page=_PER_PAGE)})

    @router.post("/orders", summary="El pedido de quien pregunta, por su número", responses=TOOL_ERRORS)
    async def orders(body: OrderRequest, tenant_id: Tenant) -> OrderList:
        """The same empty list for another's order, a wrong number and words: nothing can be guessed from it."""
        found = await shops.ask(tenant_id, "orders", body.store_id, lambda shop: own_orders(shop, body.q, body.phone))
        return OrderList.model_validate({"data": found})

    for name, instead in _GONE.items():
        gone: dict[int | str, dict[str, Any]] = {410: {"model": ToolErrorBody, "description": instead}}
        router.post(f"/{name}", summary="Ya no está", responses=gone)(_refusal(instead))
    return router


def _refusal(words: str) -> Callable[[], Coroutine[Any, Any, None]]:
    async def refuse() -> None:
        raise ApiError(410, "gone", words, details={"retryable": False})

    return refuse


async def _search(shops: Shops, tenant_id: int, tool: str, store: str | int | None, words: str) -> ProductList:
    found = await shops.ask(tenant_id, tool, store, lambda shop: shop.search_products(words, _FOUND_AT_ONCE))
    return ProductList.model_validate({"data": found})
