"""`nexus doctor`: the rows of the health page for every shop, from outside, also while services or stores are down."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from nexus.embedded import demo
from nexus.embedded.environment import DSN_VARIABLES, data_folder, in_use, load_environment
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.house import Ports
from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.orchestrator_service.admin.health_reading import read_platform, read_tenant
from nexus.orchestrator_service.admin.health_rows import HealthRow, database_down, worst, worst_first
from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings, StartRefusedError, get_settings
from nexus.store.database import UNREACHABLE, open_pool
from nexus.store.tenants import list_tenants

_SERVICES = ("orchestrator-service", "whatsapp-service", "platform-ui", "frontend-react")
_MARKS = {"ok": ("✔", "32"), "warn": ("!", "33"), "error": ("✖", "31")}
_BROKEN = (*UNREACHABLE, asyncpg.PostgresError, StartRefusedError)


@dataclass
class Findings:
    """What all shops share, and each shop's own rows."""

    platform: list[HealthRow] = field(default_factory=list)
    shops: list[tuple[int, str, list[HealthRow]]] = field(default_factory=list)

    @property
    def all_rows(self) -> list[HealthRow]:
        """Every row of everybody."""
        return [*self.platform, *(row for _, _, rows in self.shops for row in rows)]


def doctor(data_dir: str | None, *, as_json: bool) -> int:
    """Print the rows; 1 when any is an error. Raises EmbeddedError for a folder or variable that cannot be read."""
    environ = load_environment()
    folder = data_folder(data_dir, environ)
    os.environ.update(environ | {"NEXUS_DATA_DIR": str(folder)})
    settings = get_settings()
    if (folder / demo.SEED_FILE).exists():  # a demo's services have the sandbox's model, whatever stands in .env
        settings = settings.model_copy(update={"llm_base_url": "sandbox"})
    found = asyncio.run(_look(environ, folder, settings))
    print(_as_json(found) if as_json else _as_text(found))
    return 1 if worst(found.all_rows) == "error" else 0


async def _look(environ: Mapping[str, str], folder: Path, settings: Settings) -> Findings:
    found = Findings()
    dsn, redis_url, why = _stores(environ, folder)
    if dsn is None:
        found.platform.append(database_down(why))
    else:
        cache = Cache(redis_url)
        try:
            await _ask_database(dsn, cache, settings, found)
        finally:
            await cache.close()
    found.platform += await _services(Ports(environ), elsewhere=bool(environ.get("POSTGRES_DSN")))
    return found


def _stores(environ: Mapping[str, str], folder: Path) -> tuple[str | None, str, str]:
    """(POSTGRES_DSN, REDIS_URL, why there is no first one): external ones, else those that run on the folder."""
    redis_url = environ.get("REDIS_URL", "")
    if any(environ.get(name) for name in DSN_VARIABLES):
        return environ.get("POSTGRES_DSN"), redis_url, "falta POSTGRES_DSN"
    if not in_use(folder):
        return None, redis_url, f"Nexus no está en marcha en {folder} (si es la demo: --data-dir .nexus/demo)"
    postgres, valkey = EmbeddedPostgres(folder, environ), EmbeddedValkey(folder, environ)
    try:
        postgres.attach()
    except EmbeddedError as error:
        return None, redis_url, str(error)
    if not redis_url:
        try:
            valkey.attach()
            redis_url = valkey.url
        except EmbeddedError:
            pass  # this machine has none: the row says that it does not answer
    return postgres.app_dsn, redis_url, ""


async def _ask_database(dsn: str, cache: Cache, settings: Settings, found: Findings) -> None:
    """Rows as far as the database answers; then the one that says why it does not."""
    try:
        pool = await open_pool(dsn, "nexus_doctor", max_size=2)
    except _BROKEN as error:
        found.platform.append(database_down(_words(error)))
        return
    try:
        found.platform += await read_platform(pool, cache, settings)
        for tenant in await list_tenants(pool):
            rows = worst_first(await read_tenant(tenant["id"], pool, settings))
            found.shops.append((tenant["id"], tenant["store_name"], rows))
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError):
        message = "A la base le faltan migraciones: no se puede ver más."
        fix = "Corré ./nexus migrate."
        found.platform.append(HealthRow("schema", "Nexus", "error", "Versión de la base", message, fix))
    except _BROKEN as error:
        found.platform.append(database_down(_words(error)))
    finally:
        await pool.close()


async def _services(ports: Ports, *, elsewhere: bool) -> list[HealthRow]:
    """Which services answer on this machine; with stores of one's own they may well be on another."""
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        return list(await asyncio.gather(*(_service(client, name, ports, elsewhere=elsewhere) for name in _SERVICES)))


async def _service(client: httpx.AsyncClient, name: str, ports: Ports, *, elsewhere: bool) -> HealthRow:
    port = next(iter(ports.of(name).values()))
    try:
        answers = (await client.get(ports.url(port, "/health"))).status_code == 200
    except httpx.HTTPError:
        answers = False
    if answers:
        return HealthRow(f"service:{name}", "Nexus", "ok", name, f"Contesta en el puerto {port}.")
    message = f"No contesta en el puerto {port} de esta máquina."
    fix = f"Prendelo: ./nexus run {name} (o todo con ./nexus up)."
    if elsewhere:
        return HealthRow(f"service:{name}", "Nexus", "warn", name, message, f"{fix} Si corre en otra, está bien.")
    return HealthRow(f"service:{name}", "Nexus", "error", name, message, fix)


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, StartRefusedError) else type(error).__name__


def _as_json(found: Findings) -> str:
    shops: list[dict[str, Any]] = [
        {"id": ident, "store_name": name, "worst": worst(rows), "items": [asdict(row) for row in rows]}
        for ident, name, rows in found.shops
    ]
    report = {
        "worst": worst(found.all_rows),
        "checked_at": datetime.now(UTC),
        "items": [asdict(row) for row in worst_first(found.platform)],
        "tenants": shops,
    }
    return json.dumps(report, default=lambda value: value.isoformat(), ensure_ascii=False, indent=2)


def _as_text(found: Findings) -> str:
    lines = ["Nexus", *_lines(worst_first(found.platform))]
    for ident, name, rows in found.shops:
        lines += ["", f"Tienda {ident}: {' '.join(name.split())}", *_lines(rows)]
    counted = [sum(row.level == level for row in found.all_rows) for level in ("error", "warn")]
    lines += ["", f"{counted[0]} con error, {counted[1]} para mirar, {len(found.all_rows) - sum(counted)} bien"]
    return "\n".join(lines)


def _lines(rows: list[HealthRow]) -> list[str]:
    lines = []
    for row in rows:
        mark, colour = _MARKS[row.level]
        mark = f"\033[{colour}m{mark}\033[0m" if sys.stdout.isatty() else mark
        people = f" · {row.waiting} esperando" if row.waiting else ""
        lines.append(f"  {mark} {row.title}: {row.message}{people}")
        lines += [f"      → {row.fix}"] if row.fix else []
    return lines
