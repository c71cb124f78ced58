"""Reads the facts of the health page and judges them: cheap, and nobody outside is asked."""

import asyncio
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from nexus.gateways.llm import model_settings
from nexus.orchestrator_service.admin.health_model import model_rows
from nexus.orchestrator_service.admin.health_rows import HealthRow, platform_rows, tenant_rows
from nexus.orchestrator_service.admin.setup_words import light_of
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.store.bot_settings import load_bot_settings
from nexus.store.database import Pool
from nexus.store.health import needs_human_reasons, platform_facts, tenant_facts
from nexus.store.ledger import Month, usage_by_model
from nexus.store.live_tests import load_tests
from nexus.store.migrate import schema_is_current
from nexus.store.webhook_lights import webhook_light
from nexus.store.whatsapp_health import list_health


async def read_platform(pool: Pool, cache: Cache, settings: Settings) -> list[HealthRow]:
    """What all shops share. Raises nexus.store.database.UNREACHABLE."""
    facts = await platform_facts(pool)
    beside = {
        "schema_current": await schema_is_current(pool),
        "redis": await cache.ping(),
        "disk": await asyncio.to_thread(_disk, settings.media_dir),
    }
    return platform_rows(facts | beside, datetime.now(UTC))


async def read_tenant(tenant_id: int, pool: Pool, settings: Settings, *, shop_resting: bool = False) -> list[HealthRow]:
    """What is the shop's own; `shop_resting` when this process holds its calls to Tienda Nube back.

    Raises nexus.store.database.UNREACHABLE.
    """
    facts = await tenant_facts(tenant_id, pool)
    reasons = await needs_human_reasons(tenant_id, pool)
    facts["model_waiting"] = sum(count for reason, count in reasons.items() if reason.startswith("model")) or None
    light = await webhook_light(tenant_id, pool)
    facts["shop_resting"] = shop_resting
    facts["heard_at"] = light["last_signed_at"]
    rows = tenant_rows(
        facts,
        await load_tests(tenant_id, pool),
        light_of(light),
        await list_health(tenant_id, pool),
        model_given=bool(settings.llm_api_key or settings.openai_api_key or settings.llm_base_url),
    )
    return rows + model_rows(await _model_facts(tenant_id, pool, settings, facts), facts["now"].date())


async def _model_facts(tenant_id: int, pool: Pool, settings: Settings, facts: dict[str, Any]) -> dict[str, Any]:
    """Which of OpenAI's models answer, and what the month came to beside its ceiling."""
    bot = await load_bot_settings(tenant_id, pool)
    own = {name: facts[f"own_{name}"] for name in ("model", "base_url") if facts[f"own_{name}"]}
    own |= {"api_key": ""} if facts["model_set"] else {}
    model = model_settings(settings, own, bot.fallback_model)
    answering = [name for name in (model.model, model.fallback) if name] if model.is_openai else []
    used = await usage_by_model(tenant_id, pool, Month.around(facts["now"], facts["time_zone"]))
    spent = {
        "tokens": sum(row["tokens_in"] + row["tokens_out"] for row in used),
        "cost_usd": sum((row["cost_usd"] for row in used if row["cost_usd"] is not None), Decimal(0)),
        "unpriced_calls": sum(row["unpriced_calls"] for row in used),
    }
    ceiling = {"tokens": bot.monthly_token_ceiling, "cost_usd": bot.monthly_cost_ceiling_usd}
    return {"models": answering, "spent": spent, "ceiling": ceiling}


def _disk(folder: Path) -> dict[str, int]:
    """Of the disk where the folder is, or will be once there is a first file."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    usage = shutil.disk_usage(there)
    return {"free": usage.free, "total": usage.total}
