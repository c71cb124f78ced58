"""`nexus replay BURST`: the recorded run again by today's program and prompt; it stores and sends nothing."""

from __future__ import annotations

import asyncio
import difflib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from nexus.embedded import demo
from nexus.embedded.environment import data_folder, load_environment
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.house import Ports
from nexus.embedded.secrets_file import SERVICE_SECRETS, load_secrets
from nexus.embedded.stores import open_postgres
from nexus.orchestrator_service.agent.recording import in_words, run_input
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.runtime.cache import Cache
from nexus.runtime.logs import configure_logging
from nexus.runtime.settings import Settings, StartRefusedError, get_settings
from nexus.store.database import UNREACHABLE, Pool, open_pool
from nexus.store.secrets import Vault
from nexus.store.tenants import list_tenants, load_tenant
from nexus.store.traces import load_recording

EQUAL, DIFFERENT, UNKNOWN, FAILED = 0, 1, 2, 3
_MODEL = ("LLM_BASE_URL", "LLM_API_KEY", "LLM_MODEL", "LLM_API", "EGRESS_ALLOW_LOOPBACK")


@dataclass(frozen=True)
class Compared:
    """What was said then and what would be said now, a line for each bubble, and how the two runs differ beside."""

    before: list[str]
    now: list[str]
    version_before: str | None
    version_now: str | None
    missed: list[str]
    unasked: list[str]

    @property
    def equal(self) -> bool:
        """Whether the customer would read the same."""
        return self.before == self.now


def replay(burst: str, data_dir: str | None) -> int:
    """Print both and how they differ: EQUAL, DIFFERENT, UNKNOWN (no such burst, or nothing was kept of it), FAILED."""
    try:
        burst_id = UUID(burst)
    except ValueError:
        return _say_unknown(f"{burst} no es el identificador de una ráfaga")
    environ = load_environment()
    try:
        folder = data_folder(data_dir, environ)
        found = asyncio.run(_replay(burst_id, _with_model(environ, folder), folder))
    except (EmbeddedError, StartRefusedError) as error:
        print(f"nexus: {error}", file=sys.stderr)
        return FAILED
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError):
        print("nexus: a la base de datos le faltan migraciones: ./nexus migrate", file=sys.stderr)
        return FAILED
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        print(f"nexus: no puedo usar PostgreSQL: {type(error).__name__}", file=sys.stderr)
        return FAILED
    if found is None:
        demo_hint = "" if data_dir else " (si es de la demo: --data-dir .nexus/demo)"
        return _say_unknown(f"de la ráfaga {burst_id} no hay nada guardado que se pueda repetir{demo_hint}")
    print(as_text(found))
    return EQUAL if found.equal else DIFFERENT


async def compare(pool: Pool, room: AgentRoom, burst_id: UUID) -> Compared | None:
    """Run a burst of any shop again; None where there is nothing to run."""
    for shop in await list_tenants(pool):
        kept = await load_recording(shop["id"], pool, burst_id)
        tenant = await load_tenant(shop["id"], pool) if kept else None
        if kept is not None and tenant is not None:
            outcome, trace, heard = await room.replay(tenant, kept)
            began = run_input(kept.recording.run)
            return Compared(
                before=began.said,
                now=in_words(outcome),
                version_before=began.prompt_version,
                version_now=trace.prompt_version,
                missed=heard.missed,
                unasked=[call["name"] for call in heard.calls],
            )
    return None


def as_text(found: Compared) -> str:
    """Both answers, whether they are equal, and what makes them differ."""
    lines = [f"Antes ({found.version_before or 'sin versión'}):", *_numbered(found.before)]
    lines += [f"Ahora ({found.version_now or 'sin versión'}):", *_numbered(found.now)]
    if found.version_before != found.version_now:
        lines.append("Las indicaciones del bot cambiaron desde entonces.")
    lines += [f"Pidió algo que no estaba grabado: {call}" for call in found.missed]
    lines += [f"No volvió a pedir: {name}" for name in found.unasked]
    if found.equal:
        return "\n".join([*lines, "Igual."])
    diff = difflib.unified_diff(found.before, found.now, "antes", "ahora", lineterm="", n=1)
    return "\n".join([*lines, "Distinto:", *diff])


async def _replay(burst_id: UUID, environ: Mapping[str, str], folder: Path) -> Compared | None:
    async with open_postgres(environ, folder) as dsns:
        if "POSTGRES_DSN" not in dsns:
            raise EmbeddedError("falta POSTGRES_DSN")
        os.environ.update(environ)
        settings = get_settings()
        configure_logging("nexus_replay", "ERROR")
        pool = await open_pool(dsns["POSTGRES_DSN"], "nexus_replay", max_size=2)
        try:
            return await _with_room(pool, settings, burst_id)
        finally:
            await pool.close()


async def _with_room(pool: Pool, settings: Settings, burst_id: UUID) -> Compared | None:
    settings.require("encryption_key")
    cache = Cache(settings.redis_url)
    room = AgentRoom(settings, pool, cache, Vault.of(settings))
    try:
        return await compare(pool, room, burst_id)
    finally:
        await room.close()
        await cache.close()


def _with_model(environ: dict[str, str], folder: Path) -> dict[str, str]:
    """The environment with the folder's own secrets, and in a demo's folder with the demo's model."""
    env: dict[str, Any] = {**environ, "NEXUS_DATA_DIR": str(folder)}
    if not environ.get("POSTGRES_DSN"):
        made = load_secrets(folder)
        env |= {name: environ.get(name, made[name]) for name in SERVICE_SECRETS}
        if (folder / demo.SEED_FILE).exists():
            ports = Ports(environ)
            variables = demo.variables(made, sandbox=ports.url(ports.sandbox), panel="", mail_port=ports.mail)
            env = demo.without_credentials(env) | {name: variables[name] for name in _MODEL}
    return env


def _numbered(bubbles: list[str]) -> list[str]:
    return [f"  {number}. {bubble}".replace("\n", "\n     ") for number, bubble in enumerate(bubbles, start=1)]


def _say_unknown(why: str) -> int:
    print(f"nexus: {why}", file=sys.stderr)
    return UNKNOWN
