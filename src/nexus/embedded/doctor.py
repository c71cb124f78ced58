"""`nexus doctor`: the rows of the health page for every shop, from outside, also while services or stores are down.

What lies outside is tried now. What was found is told and not remembered: the command may well run in another
environment than the services, whose page must not tell of that.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
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
from nexus.embedded.secrets_file import load_secrets, secrets_of_services
from nexus.embedded.valkey import EmbeddedValkey
from nexus.gateways.trust import trust
from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.orchestrator_service.admin.health_installation import unmigrated, unsafe_role
from nexus.orchestrator_service.admin.health_reading import read_machine, read_platform, read_tenant
from nexus.orchestrator_service.admin.health_rows import HealthRow, database_down, worst, worst_first
from nexus.orchestrator_service.admin.live_tests import try_everything
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.runtime.cache import Cache
from nexus.runtime.logs import configure_logging
from nexus.runtime.settings import Settings, StartRefusedError, get_settings
from nexus.store.database import UNREACHABLE, Pool, UnsafeRoleError, open_pool
from nexus.store.health import platform_facts
from nexus.store.live_tests import DOCTOR
from nexus.store.secrets import Vault
from nexus.store.tenants import list_tenants

_SERVICES = ("orchestrator-service", "whatsapp-service", "platform-ui", "frontend-react")
_MARKS = {"ok": ("✔", "32"), "warn": ("!", "33"), "error": ("✖", "31")}
_BROKEN = (*UNREACHABLE, asyncpg.PostgresError, StartRefusedError)
_UNMIGRATED = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError)
_AT_ONCE = 20
"""Shops; one that nobody answers takes 12 s."""
_SAYS = {"down": "; dice que la base no le responde", "schema_behind": "; dice que a la base le faltan migraciones"}


@dataclass
class Findings:
    """What all shops share, and each shop's own rows; `connected` are the services that the database knows of."""

    platform: list[HealthRow] = field(default_factory=list)
    shops: list[tuple[int, str, list[HealthRow]]] = field(default_factory=list)
    connected: set[str] = field(default_factory=set)

    @property
    def all_rows(self) -> list[HealthRow]:
        """Every row of everybody."""
        return [*self.platform, *(row for _, _, rows in self.shops for row in rows)]


def doctor(data_dir: str | None, *, as_json: bool) -> int:
    """Print the rows; 1 when any is an error. Raises EmbeddedError for a folder or variable that cannot be read."""
    environ = load_environment()
    folder = data_folder(data_dir, environ)
    environ = _as_the_services(environ, folder)
    os.environ.update(environ)
    # Its rows say what a service's log would, and standard output is theirs.
    configure_logging("nexus_doctor", "CRITICAL")
    logging.disable(logging.CRITICAL)
    found = asyncio.run(_look(environ, folder, get_settings()))
    print(_as_json(found) if as_json else _as_text(found))
    return 1 if worst(found.all_rows) == "error" else 0


def _as_the_services(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What `up`, or a demo, on this folder gives its services; nothing is made where nothing was."""
    known = {"NEXUS_DATA_DIR": str(folder)}
    try:
        if not (folder / "secrets.json").exists():
            return {**environ, **known}
        made = load_secrets(folder)
    except PermissionError as error:
        raise EmbeddedError(f"no puedo leer {error.filename}: corré el doctor como quien corre Nexus") from error
    known |= secrets_of_services(environ, made)
    if not (folder / demo.SEED_FILE).exists():
        return {**environ, **known}
    ports = Ports(environ)
    outside = demo.variables(made, sandbox=ports.url(ports.sandbox), panel=ports.url(ports.panel), mail_port=ports.mail)
    return {**demo.without_credentials(environ), **known, **outside}


async def _look(environ: Mapping[str, str], folder: Path, settings: Settings) -> Findings:
    """Everything that the doctor tells, tried now; `environ` is the services' own."""
    found = Findings()
    dsn, redis_url, why = _stores(environ, folder)
    async with _open_cache(redis_url) as cache:
        trouble = database_down(why) if dsn is None else await _ask_database(dsn, cache, settings, found)
        if trouble is not None:
            found.platform = [trouble, *await read_machine(cache, settings)]
    found.platform += await _services(Ports(environ), found.connected, elsewhere=bool(environ.get("POSTGRES_DSN")))
    return found


@asynccontextmanager
async def _open_cache(url: str) -> AsyncIterator[Cache]:
    cache = Cache(url)
    try:
        yield cache
    finally:
        await cache.close()


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


async def _ask_database(dsn: str, cache: Cache, settings: Settings, found: Findings) -> HealthRow | None:
    """All that is told with the database; else the row that says why it is not."""
    try:
        pool = await open_pool(dsn, "nexus_doctor", max_size=4)
    except UnsafeRoleError as error:
        return unsafe_role(str(error))
    except _BROKEN as error:
        return database_down(_words(error))
    try:
        await _ask_everything(pool, cache, settings, found)
    except _UNMIGRATED:
        return unmigrated()
    except _BROKEN as error:
        return database_down(_words(error))
    finally:
        await pool.close()
    return None


async def _ask_everything(pool: Pool, cache: Cache, settings: Settings, found: Findings) -> None:
    found.connected = (await platform_facts(pool))["connected"]
    tenants = await list_tenants(pool)
    tried: dict[int, dict[str, Any]] = {}
    if settings.encryption_key:  # first, for what answers tells the time, too
        tried = await _try_all([tenant["id"] for tenant in tenants], pool, cache, settings)
    untried = [] if settings.encryption_key else [_untried()]
    found.platform = [*await read_platform(pool, cache, settings), *untried]
    for tenant in tenants:
        rows = worst_first(await read_tenant(tenant["id"], pool, settings, tried=tried.get(tenant["id"])))
        found.shops.append((tenant["id"], tenant["store_name"], rows))


async def _try_all(tenants: list[int], pool: Pool, cache: Cache, settings: Settings) -> dict[int, dict[str, Any]]:
    """Try what each shop has outside, some shops at once; by shop and kind, as `load_tests` tells it."""
    slots, account, vault = asyncio.Semaphore(_AT_ONCE), YCloudAccount(settings), Vault.of(settings)
    room = AgentRoom(settings, pool, cache, vault)
    deps = AdminDeps(pool, cache, vault, settings, room, account)

    async def try_shop(tenant_id: int) -> dict[str, Any]:
        async with slots:
            found = await try_everything(deps, tenant_id)
        facts = {"tested_at": datetime.now(UTC), "tested_by": DOCTOR}
        return {kind: facts | {"tested_ok": ok, "tested_message": message} for kind, (ok, message) in found.items()}

    try:
        found = await asyncio.gather(*(try_shop(tenant_id) for tenant_id in tenants))
    finally:
        await room.close()
        await account.close()
    return dict(zip(tenants, found, strict=True))


def _untried() -> HealthRow:
    message = "Acá falta ENCRYPTION_KEY: las claves de las tiendas no se probaron, se muestra la última prueba."
    fix = "Corré el doctor con el mismo entorno que los servicios (docs/deploy.md)."
    return HealthRow("tries", "Nexus", "warn", "Pruebas", message, fix)


async def _services(ports: Ports, connected: set[str], *, elsewhere: bool) -> list[HealthRow]:
    """Which services answer on this machine; with stores of one's own they may well be on another."""
    async with httpx.AsyncClient(trust_env=False, timeout=2, verify=trust()) as client:
        return list(
            await asyncio.gather(
                *(_service(client, name, ports, name.replace("-", "_") in connected, elsewhere) for name in _SERVICES)
            )
        )


async def _service(client: httpx.AsyncClient, name: str, ports: Ports, connected: bool, elsewhere: bool) -> HealthRow:
    port = next(iter(ports.of(name).values()))
    answer = await _asked(client, ports.url(port, "/health"))
    if answer is not None and answer.status_code == 200:
        said = _SAYS.get(await _database_of(client, ports.url(port, "/ready")), "")
        return HealthRow(f"service:{name}", "Nexus", "ok", name, f"Contesta en el puerto {port}{said}.")
    message = f"No contesta en el puerto {port} de esta máquina."
    if elsewhere and connected:
        message = f"{message} Está conectado a la base: corre en otra."
        return HealthRow(f"service:{name}", "Nexus", "ok", name, message)
    fix = f"Prendelo: ./nexus run {name} (o todo con ./nexus up)."
    if elsewhere:
        return HealthRow(f"service:{name}", "Nexus", "warn", name, message, f"{fix} Si corre en otra, está bien.")
    return HealthRow(f"service:{name}", "Nexus", "error", name, message, fix)


async def _asked(client: httpx.AsyncClient, url: str) -> httpx.Response | None:
    try:
        return await client.get(url)
    except httpx.HTTPError:
        return None


async def _database_of(client: httpx.AsyncClient, url: str) -> str:
    """What a service says of its database; "down" when it cannot tell in time, for it asks it first."""
    answer = await _asked(client, url)
    if answer is None:
        return "down"
    try:
        return str(answer.json().get("database"))
    except (ValueError, AttributeError):
        return ""


def _words(error: BaseException) -> str:
    if isinstance(error, StartRefusedError):
        return str(error).removeprefix("PostgreSQL no responde en ")
    return type(error).__name__


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
