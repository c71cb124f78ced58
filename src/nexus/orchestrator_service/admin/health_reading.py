"""Reads the facts of the health page and judges them: cheap, and nobody outside is asked."""

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path

from nexus.orchestrator_service.admin.health_rows import HealthRow, platform_rows, tenant_rows
from nexus.orchestrator_service.admin.setup_words import light_of
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.store.database import Pool
from nexus.store.health import needs_human_reasons, platform_facts, tenant_facts
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
    return tenant_rows(
        facts,
        await load_tests(tenant_id, pool),
        light_of(light),
        await list_health(tenant_id, pool),
        model_given=bool(settings.llm_api_key or settings.openai_api_key or settings.llm_base_url),
    )


def _disk(folder: Path) -> dict[str, int]:
    """Of the disk where the folder is, or will be once there is a first file."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    usage = shutil.disk_usage(there)
    return {"free": usage.free, "total": usage.total}
