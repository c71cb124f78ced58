"""The door to the drawn product pictures."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nexus.sandbox.pictures import product_picture
from nexus.sandbox.shop import Shop, ShopContentError
from nexus.sandbox.world import World


def picture_routes(world: World) -> list[BaseRoute]:
    """`GET /images/{store_id}/{product_id}.png`."""

    async def picture(request: Request) -> Response:
        shop = world.shops.get(request.path_params["store_id"])
        product_id: int = request.path_params["product_id"]
        try:
            product = shop.product(str(product_id)) if isinstance(shop, Shop) else None
        except ShopContentError:
            product = None
        if product is None:
            return JSONResponse({"error": {"code": "not_found", "message": "No hay tal imagen."}}, 404)
        name = str(next(iter(product["name"].values())))
        drawn = await asyncio.to_thread(product_picture, name, product_id)
        return Response(drawn, media_type="image/png")

    return [Route("/images/{store_id}/{product_id:int}.png", picture)]
