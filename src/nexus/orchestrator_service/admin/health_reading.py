"""Reads the facts of the health page and judges them: cheap, and nobody outside is asked."""

import asyncio
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nexus.gateways.far_clocks import far_clocks
from nexus.gateways.llm import model_settings
from nexus.orchestrator_service.admin.health_installation import (
    Disk,
    clock_row,
    disk_row,
    installation_rows,
    redis_row,
    zone_row,
)
from nexus.orchestrator_service.admin.health_keys import key_rows
from nexus.orchestrator_service.admin.health_model import model_rows
from nexus.orchestrator_service.admin.health_privacy import privacy_rows
from nexus.orchestrator_service.admin.health_rows import HealthRow, platform_rows, tenant_rows
from nexus.orchestrator_service.admin.setup_words import light_of
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.store.bot_settings import load_bot_settings
from nexus.store.database import Pool
from nexus.store.health import needs_human_reasons, platform_facts, tenant_facts
from nexus.store.installation import Guards, installation_facts, zone_of_database
from nexus.store.ledger import Month, usage_by_model
from nexus.store.live_tests import load_tests
from nexus.store.webhook_lights import webhook_light
from nexus.store.whatsapp_health import list_health


async def read_platform(pool: Pool, cache: Cache, settings: Settings, guards: Guards | None = None) -> list[HealthRow]:
    """What all shops share; without `guards` nothing is taken from before.

    Raises nexus.store.database.UNREACHABLE; asyncpg.UndefinedTableError where nothing was migrated.
    """
    now = datetime.now(UTC)
    facts = await installation_facts(pool, guards)
    rows = platform_rows(await platform_facts(pool), now)
    rows += installation_rows(facts, now)
    rows += await read_machine(cache, settings, facts["data_directory"])
    rows.append(clock_row(facts["ahead"], far_clocks()))
    return rows


async def read_machine(cache: Cache, settings: Settings, data_directory: str | None = None) -> list[HealthRow]:
    """What can be told without the database: Redis, and the disks; `data_directory` is PostgreSQL's own."""
    disks = await asyncio.to_thread(_disks, settings, data_directory)
    return [await read_redis(cache), disk_row(disks)]


async def read_redis(cache: Cache) -> HealthRow:
    """Asked now."""
    answers = await cache.ping()
    return redis_row(answers, await cache.memory() if answers else None)


async def read_tenant(
    tenant_id: int, pool: Pool, settings: Settings, *, shop_resting: bool = False, tried: dict[str, Any] | None = None
) -> list[HealthRow]:
    """What is the shop's own; `shop_resting` when this process holds its calls to Tienda Nube back.

    `tried`: live tests, shaped as `load_tests` returns them, that are newer than those remembered.
    Raises nexus.store.database.UNREACHABLE.
    """
    facts = await tenant_facts(tenant_id, pool)
    reasons = await needs_human_reasons(tenant_id, pool)
    facts["model_waiting"] = sum(count for reason, count in reasons.items() if reason.startswith("model")) or None
    light = await webhook_light(tenant_id, pool)
    facts |= {"shop_resting": shop_resting, "heard_at": light["last_signed_at"]}
    facts |= {"public_url": settings.whatsapp_public_url, "simulated": settings.egress_allow_loopback}
    rows = tenant_rows(
        facts,
        await load_tests(tenant_id, pool) | (tried or {}),
        light_of(light),
        await list_health(tenant_id, pool),
        model_given=has_model(settings),
    )
    rows.append(await _zone(pool, facts["time_zone"], facts["now"]))
    rows += model_rows(await _model_facts(tenant_id, pool, settings, facts), facts["now"].date())
    rows += await privacy_rows(tenant_id, pool)
    rows += await key_rows(tenant_id, pool, settings)
    return rows


def has_model(settings: Settings) -> bool:
    """Whether Nexus has a model for shops without one of their own."""
    return bool(settings.llm_api_key or settings.openai_api_key or settings.llm_base_url)


async def _zone(pool: Pool, zone: str, now: datetime) -> HealthRow:
    try:
        here = now.astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name, or one that leads elsewhere
        here = None
    return zone_row(zone, here, await zone_of_database(pool, zone, now))


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


def _disks(settings: Settings, data_directory: str | None) -> list[Disk]:
    """Of the folders where something of ours grows, as far as they are of this machine."""
    embedded = settings.nexus_data_dir / "postgres"
    # A path of the database's machine: it says something only where this is that machine.
    ours = urlsplit(settings.postgres_dsn).hostname in (None, "127.0.0.1", "localhost", "::1")
    own = embedded if embedded.exists() else Path(data_directory) if data_directory and ours else None
    folders = {"fotos y audios": settings.media_dir, "los datos de Nexus": settings.nexus_data_dir}
    folders |= {"la base": own} if own is not None and own.exists() else {}
    return [_disk(holds, folder) for holds, folder in folders.items()]


def _disk(holds: str, folder: Path) -> Disk:
    """Of the disk where the folder is, or will be once there is a first file."""
    place = folder.resolve()
    there = next(parent for parent in (place, *place.parents) if parent.exists())
    usage = shutil.disk_usage(there)
    return Disk(holds, usage.free, usage.used + usage.free)  # what is kept for root is nobody's room
