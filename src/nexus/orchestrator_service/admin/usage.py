"""`/admin/usage` and `/admin/models`: what the model took in a month; which models answer, until when, at what cost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel

from nexus.contracts.errors import errors
from nexus.gateways.llm import ModelSettings, model_settings
from nexus.orchestrator_service.admin.auth import Reader
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.agent.prices import AS_OF, PRICES, REPLACEMENT, Price, end_of, price_of
from nexus.runtime.errors import ApiError
from nexus.store.bot_settings import load_bot_settings
from nexus.store.credentials import load_credentials
from nexus.store.ledger import Month, usage_by_model
from nexus.store.tenants import load_tenant

_ERRORS = errors(400, 401, 404, 422, 503)
_SUMMED = ("calls", "failed", "tokens_in", "tokens_cached", "tokens_out", "tokens_reasoning", "unpriced_calls")
_Month = Annotated[
    str | None, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="AAAA-MM; si falta, el que corre")
]

router = APIRouter(prefix="/admin", tags=["registro y cifras"])


class ModelUsage(BaseModel):
    """One model; `tokens_in` includes the cached, `tokens_out` the reasoning ones. `cost_usd` is null where nothing has
    a known price, and without the `unpriced_calls` where some have none.
    """

    model: str
    calls: int
    failed: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    tokens_reasoning: int
    cost_usd: float | None
    unpriced_calls: int


class Ceiling(BaseModel):
    """The shop's own limits of a month; null: none."""

    tokens: int | None
    cost_usd: float | None
    reached: bool


class Usage(BaseModel):
    """A month of the shop's own days: `tokens` are those in and out."""

    month: str
    time_zone: str
    tokens: int
    cost_usd: float | None
    unpriced_calls: int
    calls: int
    tokens_cached: int
    ceiling: Ceiling
    by_model: list[ModelUsage]


class KnownPrice(BaseModel):
    """US dollars for a million tokens."""

    fresh: float
    cached: float
    cache_write: float
    out: float


class ModelItem(BaseModel):
    """A model that answers; `ends` is the day on which OpenAI turns it off, where it said so, `own` that the shop chose
    it or pays it.
    """

    role: Literal["configured", "fallback"]
    model: str
    api: Literal["responses", "chat"]
    own: bool
    ends: date | None
    ended: bool
    price: KnownPrice | None


class KnownModel(BaseModel):
    """A model whose price is in the table."""

    model: str
    ends: date | None
    price: KnownPrice


class Models(BaseModel):
    """Those of the shop and those whose price is known, as of a day."""

    items: list[ModelItem]
    prices: list[KnownModel]
    prices_as_of: date
    replacement: str


@router.get("/usage", summary="Lo que costó el modelo en un mes", responses=_ERRORS)
async def usage(
    deps: Deps,
    scope: Reader,
    month: _Month = None,
) -> Usage:
    """By the ledger, with the test chat. Each call was priced when it was made; what is not known stays unknown."""
    tenant = await load_tenant(scope.tenant_id, deps.pool)
    if tenant is None:
        raise ApiError(404, "tenant_not_found", "Esa tienda no existe.")
    asked = month or f"{datetime.now(UTC).astimezone(ZoneInfo(tenant.time_zone)):%Y-%m}"
    year, number = (int(part) for part in asked.split("-"))
    rows = await usage_by_model(scope.tenant_id, deps.pool, Month.of(year, number, tenant.time_zone))
    sums = {name: sum(row[name] for row in rows) for name in _SUMMED}
    priced = [row["cost_usd"] for row in rows if row["cost_usd"] is not None]
    bot = await load_bot_settings(scope.tenant_id, deps.pool)
    tokens = sums["tokens_in"] + sums["tokens_out"]
    cost = sum(priced, Decimal(0))
    tokens_over = bot.monthly_token_ceiling is not None and tokens >= bot.monthly_token_ceiling
    cost_over = bot.monthly_cost_ceiling_usd is not None and cost >= bot.monthly_cost_ceiling_usd
    return Usage(
        month=asked,
        time_zone=tenant.time_zone,
        tokens=tokens,
        cost_usd=float(cost) if priced or not rows else None,
        unpriced_calls=sums["unpriced_calls"],
        calls=sums["calls"],
        tokens_cached=sums["tokens_cached"],
        ceiling=Ceiling(
            tokens=bot.monthly_token_ceiling,
            cost_usd=_number(bot.monthly_cost_ceiling_usd),
            reached=tokens_over or cost_over,
        ),
        by_model=[ModelUsage.model_validate(row | {"cost_usd": _number(row["cost_usd"])}) for row in rows],
    )


@router.get("/models", summary="Con qué modelo responde el bot", responses=_ERRORS)
async def models(deps: Deps, scope: Reader) -> Models:
    """The configured model and the one that answers when it does not; another server's prices and days are unknown."""
    own = await load_credentials(scope.tenant_id, deps.pool, deps.vault, "llm")
    bot = await load_bot_settings(scope.tenant_id, deps.pool)
    wanted = model_settings(deps.settings, own, bot.fallback_model)
    items = [_item("configured", wanted.model, wanted, own=bool(own))]
    if wanted.fallback:
        items.append(_item("fallback", wanted.fallback, wanted, own=bot.fallback_model is not None))
    known = [KnownModel(model=model, ends=end_of(model), price=_price(price)) for model, price in PRICES.items()]
    return Models(items=items, prices=known, prices_as_of=AS_OF, replacement=REPLACEMENT)


def _item(role: Literal["configured", "fallback"], model: str, wanted: ModelSettings, *, own: bool) -> ModelItem:
    ends = end_of(model) if wanted.is_openai else None
    price = price_of(model) if wanted.is_openai else None
    return ModelItem(
        role=role,
        model=model,
        api=wanted.api_used,
        own=own,
        ends=ends,
        ended=ends is not None and ends <= datetime.now(UTC).date(),
        price=_price(price) if price else None,
    )


def _price(price: Price) -> KnownPrice:
    return KnownPrice(
        fresh=float(price.fresh), cached=float(price.cached), cache_write=float(price.cache_write), out=float(price.out)
    )


def _number(amount: Any) -> float | None:
    return None if amount is None else float(amount)
