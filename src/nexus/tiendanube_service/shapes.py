"""What callers of v2 send and get: v2's names, the shapes of this version (S-039, S-040)."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from nexus.contracts.errors import ErrorBody, ErrorDetail, errors
from nexus.contracts.identity import e164

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def _phone(written: str) -> str:
    address = e164(written)
    if address is None:
        raise ValueError("no es un número de teléfono internacional")
    return address


class ToolRequest(BaseModel):
    """v2 named the shop and carried its token in the body: the token is not read, the shop may only confirm."""

    store_id: str | int | None = Field(None, description="De v2: si viene, tiene que ser la tienda de X-Tenant-ID")


class SearchRequest(ToolRequest):
    """Words to look for."""

    q: Words


class CategoryRequest(ToolRequest):
    """A category and a word; together they are one search, as in v2."""

    category: Words
    keyword: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class PageRequest(ToolRequest):
    """Which page of the catalogue."""

    page: int = Field(1, ge=1, le=1000)


class OrderRequest(ToolRequest):
    """An order's number or id, and whose WhatsApp asks for it."""

    q: Words
    phone: Annotated[
        str,
        StringConstraints(max_length=32),
        AfterValidator(_phone),
        Field(description="El WhatsApp de quien pregunta, como llegó a tu servidor: nunca lo que escribió la persona"),
    ]


class Variant(BaseModel):
    """One variant; stock null is not counted."""

    id: int | None
    values: list[str]
    options: dict[str, str]
    price: float | int | None
    promotional_price: float | int | None
    stock: int | None
    in_stock: bool


class Product(BaseModel):
    """A published product; price null is "a consultar"."""

    id: int
    name: str
    price: float | int | None
    promotional_price: float | int | None
    price_to: float | int | None
    price_text: str
    image_url: str | None
    description: str
    url: str | None
    stock: int | None
    in_stock: bool
    free_shipping: bool
    variants: list[Variant]


class OrderLine(BaseModel):
    """What was bought."""

    name: str
    quantity: int
    price: float | int | None


class Parcel(BaseModel):
    """Where a parcel can be followed."""

    code: str | None
    url: str | None


class Order(BaseModel):
    """An order without anything of the person on it; states and the moment as Tienda Nube writes them."""

    id: int
    number: int
    status: str | None
    payment_status: str | None
    shipping_status: str | None
    created_at: str | None
    currency: str | None
    total: float | int | None
    items: list[OrderLine]
    tracking: list[Parcel]


class PageMeta(BaseModel):
    """A page with fewer products than `per_page` is the last one."""

    page: int
    per_page: int


class ProductList(BaseModel):
    """`ok` as in v2; what is not ok has another status and the one shape of an error."""

    ok: Literal[True] = True
    data: list[Product]
    meta: PageMeta | None = None


class OrderList(BaseModel):
    """One order or none."""

    ok: Literal[True] = True
    data: list[Order]


class ToolErrorDetail(ErrorDetail):
    """Whether the same call may work later, as v2 said it."""

    retryable: bool | None = None


class ToolErrorBody(ErrorBody):
    """Every answer that is no success."""

    error: ToolErrorDetail


_SHOP_TROUBLE = {
    409: "La tienda no tiene Tienda Nube conectada, o store_id es de otra",
    502: "Tienda Nube rechaza las credenciales o el pedido",
    503: "Tienda Nube no atiende ahora, o la base no responde; ver Retry-After",
    504: "Tienda Nube no contestó a tiempo",
}
TOOL_ERRORS: dict[int | str, dict[str, Any]] = {
    **errors(400, 401, 404, 413, 422),
    **{status: {"model": ToolErrorBody, "description": words} for status, words in _SHOP_TROUBLE.items()},
}
