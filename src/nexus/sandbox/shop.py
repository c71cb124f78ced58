"""A Tienda Nube shop: its content, its access token and its rate bucket (tiendanube.md sections 2 to 6)."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DEFAULT_CONTENT = Path(__file__).parent / "data" / "shop.json"
DEFAULT_STORE_ID = "7654321"
DEFAULT_DOMAIN = "danzademo.mitiendanube.com"
FIXTURE_IMAGE_HOST = "images.example.test"

Item = dict[str, Any]


class ShopContentError(ValueError):
    """A product, category or order that a shop cannot hold, or one that it does not have."""


@dataclass
class LeakyBucket:
    """40 requests deep, leaking 2 a second, for each store and app (tiendanube.md section 6)."""

    capacity: int = 40
    leak_per_second: float = 2.0
    _level: float = 0.0
    _at: float = field(default_factory=time.monotonic)

    def pour(self) -> bool:
        """Takes one request in; False when the bucket is full."""
        now = time.monotonic()
        self._level = max(0.0, self._level - (now - self._at) * self.leak_per_second)
        self._at = now
        if self._level + 1 > self.capacity:
            return False
        self._level += 1
        return True

    def headers(self) -> dict[str, str]:
        """The three `x-rate-limit` headers; `reset` is milliseconds until the bucket is empty."""
        return {
            "x-rate-limit-limit": str(self.capacity),
            "x-rate-limit-remaining": str(int(self.capacity - self._level)),
            "x-rate-limit-reset": str(int(self._level / self.leak_per_second * 1000)),
        }


@dataclass
class Shop:
    """One shop. Products, categories and orders are JSON objects in the vendor's shape."""

    store_id: str
    access_token: str
    domain: str
    store: Item
    categories: list[Item]
    products: list[Item]
    orders: list[Item]
    drafts: list[Item] = field(default_factory=list)
    webhook_url: str = ""
    webhook_secret: str = ""
    privacy_url: str = ""
    bucket: LeakyBucket = field(default_factory=LeakyBucket)

    def as_json(self) -> Item:
        """The control API's row: no token, counts instead of content."""
        return {
            "store_id": self.store_id,
            "domain": self.domain,
            "products": len(self.products),
            "categories": len(self.categories),
            "orders": len(self.orders),
        }

    def product(self, product_id: str) -> Item:
        """The product of that id; raises `ShopContentError`."""
        for product in self.products:
            if str(product["id"]) == product_id:
                return product
        raise ShopContentError(f"no product {product_id}")

    def patch_product(self, product_id: str, patch: Item) -> Item:
        """Deep-merges fields into a product. Variants are merged by id. `price`, `promotional_price` and
        `stock` beside them go into every variant; a new price alone ends the promotion."""
        product = self.product(product_id)
        changes = dict(patch)
        if "price" in changes:
            changes.setdefault("promotional_price", None)
        for name in ("price", "promotional_price", "stock"):
            if name in changes:
                value = changes.pop(name)
                for variant in product["variants"]:
                    variant[name] = value
        for change in changes.pop("variants", []):
            _merge(_with_id(product["variants"], change.get("id")), change)
        _merge(product, changes)
        product["updated_at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        return product


def make_shop(
    store_id: str,
    access_token: str,
    *,
    domain: str | None = None,
    store: Item | None = None,
    products: list[Item] | None = None,
    categories: list[Item] | None = None,
    orders: list[Item] | None = None,
    plan_factor: int = 1,
) -> Shop:
    """A shop with the given content; what is None comes from the dance shop of the reference fixtures.

    Products may be given in short (id, name, variants with a price): the rest of the vendor's shape is
    filled in. `plan_factor` 10 is the rate limit of the higher plans.
    """
    domain = domain or DEFAULT_DOMAIN
    if not store_id.isdecimal():
        raise ShopContentError("a store_id is a number")
    text = DEFAULT_CONTENT.read_text(encoding="utf-8")
    content = json.loads(text.replace(DEFAULT_DOMAIN, domain).replace(DEFAULT_STORE_ID, store_id))
    shop = Shop(
        store_id=store_id,
        access_token=access_token,
        domain=domain,
        store={**content["store"], **(store or {})},
        categories=deepcopy(categories) if categories is not None else content["categories"],
        products=deepcopy(products) if products is not None else content["products"],
        orders=deepcopy(orders) if orders is not None else content["orders"],
        bucket=LeakyBucket(40 * plan_factor, 2.0 * plan_factor),
    )
    shop.categories = [_complete_category(category) for category in shop.categories]
    shop.products = [_complete_product(product, shop) for product in shop.products]
    for order in shop.orders:
        for line in order.get("products", []):
            if isinstance(line.get("image"), dict):
                _host_image(line["image"], shop, line["product_id"])
    return shop


def _complete_category(given: Item) -> Item:
    category = {
        "description": {"es": ""},
        "parent": None,
        "subcategories": [],
        "visibility": "visible",
        **given,
    }
    category["name"] = _localized(_required(given, "name"))
    category.setdefault("handle", {"es": _handle(category["name"]["es"])})
    _required(given, "id")
    return category


def _complete_product(given: Item, shop: Shop) -> Item:
    product_id, name = _required(given, "id"), _localized(_required(given, "name"))
    handle = _handle(next(iter(name.values())))
    product: Item = {
        "description": {"es": ""},
        "handle": {"es": handle},
        "attributes": [],
        "published": True,
        "free_shipping": False,
        "requires_shipping": True,
        "canonical_url": f"https://{shop.domain}/productos/{handle}/",
        "video_url": None,
        "seo_title": {"es": ""},
        "seo_description": {"es": ""},
        "brand": None,
        "tags": "",
        "created_at": "2026-09-01T13:00:00+0000",
        "updated_at": "2026-09-01T13:00:00+0000",
        "variants": [{}],
        "images": [{}],
        "categories": [],
        **given,
        "name": name,
    }
    product["categories"] = [_category_of(shop, entry) for entry in product["categories"]]
    for position, image in enumerate(product["images"], start=1):
        image.update({"id": int(product_id) * 10 + position, "position": position, "alt": [], **image})
        image["product_id"] = product_id
        _host_image(image, shop, product_id)
    product["variants"] = [
        _complete_variant(variant, product, position) for position, variant in enumerate(product["variants"], start=1)
    ]
    return product


def _complete_variant(given: Item, product: Item, position: int) -> Item:
    stock = given.get("stock")
    price = given.get("price")
    return {
        "id": int(product["id"]) * 100 + position,
        "image_id": product["images"][0]["id"] if product["images"] else None,
        "product_id": product["id"],
        "position": position,
        "price": price,
        "compare_at_price": price,
        "promotional_price": None,
        "stock_management": stock is not None,
        "stock": stock,
        "sku": None,
        "values": [],
        "cost": None,
        "inventory_levels": [],
        **given,
    }


def _category_of(shop: Shop, entry: Any) -> Item:
    """A product's category, which short content may give as a bare id."""
    if isinstance(entry, dict):
        return entry
    return _with_id(shop.categories, entry)


def _host_image(image: Item, shop: Shop, product_id: Any) -> None:
    """Fixture pictures do not exist anywhere: this sandbox draws them. The host is added when served."""
    source = image.get("src")
    if not source or FIXTURE_IMAGE_HOST in source:
        image["src"] = f"/images/{shop.store_id}/{product_id}.png"


def _localized(name: Any) -> Item:
    return name if isinstance(name, dict) else {"es": str(name)}


def _handle(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _required(item: Item, key: str) -> Any:
    if item.get(key) in (None, ""):
        raise ShopContentError(f"missing {key}")
    return item[key]


def _with_id(items: list[Item], wanted: Any) -> Item:
    for item in items:
        if item["id"] == wanted:
            return item
    raise ShopContentError(f"no item {wanted}")


def _merge(target: Item, changes: Item) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value
