"""`/admin/bot-settings`: how the shop's bot behaves."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_serializer, model_validator

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import Manager
from nexus.orchestrator_service.admin.deps import Deps
from nexus.orchestrator_service.admin.fields import Line, LongText
from nexus.runtime.errors import ApiError
from nexus.store.bot_settings import BotSettings, load_bot_settings, save_bot_settings

_SHORTEST = 80
_MOST_FORBIDDEN = 50
_NULLABLE = {
    "back_in_stock_template",
    "fallback_model",
    "monthly_token_ceiling",
    "monthly_cost_ceiling_usd",
    "persona_name",
    "persona_notes",
}

router = APIRouter(prefix="/admin/bot-settings", tags=["puesta en marcha"])


class HumanTopics(BaseModel):
    """What only people answer: the bot hands over when a customer asks about it."""

    model_config = ConfigDict(extra="forbid")

    exchanges: bool = False
    shipping_policy: bool = False
    custom_orders: bool = False
    wholesale: bool = False
    order_changes: bool = False
    order_status: bool = False


class ToneFields(BaseModel):
    """How the bot writes; `longest` is the most characters of one bubble, null for no limit."""

    model_config = ConfigDict(extra="forbid")

    voseo: bool = True
    longest: Annotated[int, Field(ge=_SHORTEST, le=4096)] | None = None
    emoji: Literal["none", "few", "free"] = "few"
    forbidden: Annotated[
        list[Annotated[str, StringConstraints(min_length=2, max_length=120, strip_whitespace=True)]],
        Field(max_length=_MOST_FORBIDDEN),
    ] = []


class BotSettingsItem(BaseModel):
    """`human_topics`, `tone` and the persona are a draft until they are published; the others hold at once."""

    vision: Literal["auto", "on", "off"]
    shadow_mode: bool
    draft_orders: Literal["off", "dry_run", "on"]
    back_in_stock: bool
    back_in_stock_template: str | None
    fallback_model: str | None
    monthly_token_ceiling: int | None
    monthly_cost_ceiling_usd: Decimal | None
    human_topics: HumanTopics
    tone: ToneFields
    persona_name: str | None
    persona_notes: str | None

    @field_serializer("monthly_cost_ceiling_usd")
    def _as_number(self, amount: Decimal | None) -> float | None:
        return None if amount is None else float(amount)


class BotSettingsChanges(BaseModel):
    """Fields that are given change, whole; null empties what may be empty."""

    model_config = ConfigDict(extra="forbid")

    vision: Literal["auto", "on", "off"] | None = None
    shadow_mode: bool | None = None
    draft_orders: Literal["off", "dry_run", "on"] | None = None
    back_in_stock: bool | None = None
    back_in_stock_template: Line | None = None
    fallback_model: Line | None = None
    monthly_token_ceiling: Annotated[int, Field(gt=0, le=10**15)] | None = None
    monthly_cost_ceiling_usd: Annotated[Decimal, Field(gt=0, lt=10**9, decimal_places=2)] | None = None
    human_topics: HumanTopics | None = None
    tone: ToneFields | None = None
    persona_name: Line | None = None
    persona_notes: LongText | None = None

    @model_validator(mode="after")
    def _the_others_stay(self) -> Self:
        empty = [name for name in sorted(self.model_fields_set - _NULLABLE) if getattr(self, name) is None]
        if empty:
            raise ValueError(f"no pueden quedar vacíos: {', '.join(empty)}")
        return self

    def given(self) -> dict[str, Any]:
        """The fields to write, by column."""
        changes = self.model_dump(exclude_unset=True)
        for name in ("human_topics", "tone"):
            if (whole := getattr(self, name)) is not None:
                changes[name] = whole.model_dump()
        if "persona_notes" in changes:
            changes["persona_notes"] = (changes["persona_notes"] or "").strip() or None
        return changes


@router.get("", summary="Cómo se porta el bot", responses=errors(400, 401, 403, 404, 422, 503))
async def show(deps: Deps, scope: Manager) -> BotSettingsItem:
    """The settings, the defaults where nobody ever set them."""
    return _item(await load_bot_settings(scope.tenant_id, deps.pool))


@router.put("", summary="Cambiar cómo se porta el bot", responses=errors(400, 401, 403, 404, 413, 422, 503))
async def change(body: BotSettingsChanges, deps: Deps, scope: Manager) -> BotSettingsItem:
    """Write the given fields; 422 `dry_run_first`: payable links are tried before they are made for customers."""
    if body.draft_orders == "on" and (await load_bot_settings(scope.tenant_id, deps.pool)).draft_orders == "off":
        raise ApiError(422, "dry_run_first", "Primero poné los links de pago a prueba; después los prendés.")
    return _item(await save_bot_settings(scope.tenant_id, deps.pool, body.given()))


def _item(settings: BotSettings) -> BotSettingsItem:
    return BotSettingsItem.model_validate(asdict(settings))
