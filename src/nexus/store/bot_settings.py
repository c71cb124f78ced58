"""How a shop's bot behaves; without a row a shop has the defaults (issue 6, seam 1)."""

import json
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Literal

from nexus.store.database import Pool, Store, tenant_transaction

HUMAN_TOPICS = (
    "exchanges",
    "shipping_policy",
    "custom_orders",
    "wholesale",
    "order_changes",
    "order_status",
)
"""The six topics that a shop may keep for its people (tiendanube.md 9), in the order of the panel."""
EMOJI = ("none", "few", "free")


@dataclass(frozen=True, slots=True)
class Tone:
    """How the bot writes; `longest` is the most characters of a bubble, None for no limit of the shop's own."""

    voseo: bool = True
    longest: int | None = None
    emoji: Literal["none", "few", "free"] = "few"
    forbidden: tuple[str, ...] = ()

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Tone":
        """From its JSON; what is missing is the default."""
        known = {f.name: kept[f.name] for f in fields(cls) if f.name in kept}
        return cls(**(known | {"forbidden": tuple(known.get("forbidden") or ())}))


@dataclass(frozen=True, slots=True)
class BotSettings:
    """`human_topics`, `tone` and the persona are the draft: the bot goes by those of the published version.

    The others hold at once. `draft_orders` may only be turned on after a dry run; money is in US dollars.
    """

    vision: Literal["auto", "on", "off"] = "auto"
    shadow_mode: bool = False
    draft_orders: Literal["off", "dry_run", "on"] = "off"
    back_in_stock: bool = False
    back_in_stock_template: str | None = None
    fallback_model: str | None = None
    monthly_token_ceiling: int | None = None
    monthly_cost_ceiling_usd: Decimal | None = None
    human_topics: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(HUMAN_TOPICS, False))
    tone: Tone = field(default_factory=Tone)
    persona_name: str | None = None
    persona_notes: str | None = None


_COLUMNS = tuple(f.name for f in fields(BotSettings))
_JSON = ("human_topics", "tone")


async def load_bot_settings(tenant_id: int, store: Store) -> BotSettings:
    """The shop's settings."""
    query = f"select {', '.join(_COLUMNS)} from tenant_bot_settings where tenant_id = $1"  # noqa: S608 - own columns
    async with tenant_transaction(tenant_id, store) as conn:
        row = await conn.fetchrow(query, tenant_id)
    if row is None:
        return BotSettings()
    topics = json.loads(row["human_topics"])
    kept = dict(row) | {
        "human_topics": {topic: bool(topics.get(topic)) for topic in HUMAN_TOPICS},
        "tone": Tone.read(json.loads(row["tone"])),
    }
    return BotSettings(**kept)


async def save_bot_settings(tenant_id: int, pool: Pool, changes: dict[str, Any]) -> BotSettings:
    """Write the given fields, `human_topics` and `tone` as plain JSON; the settings as they are then.

    Raises KeyError for a field that there is not.
    """
    if unknown := set(changes) - set(_COLUMNS):
        raise KeyError(unknown.pop())
    async with tenant_transaction(tenant_id, pool) as conn:
        if changes:
            values = [json.dumps(value) if name in _JSON else value for name, value in changes.items()]
            places = [f"${n}{'::jsonb' if name in _JSON else ''}" for n, name in enumerate(changes, start=2)]
            updates = ", ".join(f"{name} = excluded.{name}" for name in changes)
            await conn.execute(
                f"insert into tenant_bot_settings (tenant_id, {', '.join(changes)}) values ($1, {', '.join(places)}) "  # noqa: S608 - own columns
                f"on conflict (tenant_id) do update set {updates}, updated_at = now()",
                tenant_id,
                *values,
            )
        return await load_bot_settings(tenant_id, conn)
