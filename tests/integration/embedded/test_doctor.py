"""`nexus doctor` from outside: with a database, without one, and without any service."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path

from tests.nursery import ROOT, run

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.embedded.valkey import EmbeddedValkey
from nexus.store.database import Pool
from nexus.store.tenants import create_tenant

_SERVICES = ("orchestrator-service", "whatsapp-service", "platform-ui", "frontend-react")
_QUIET_PORTS = {
    f"{name}_PORT": "1" + str(n)
    for n, name in enumerate(("ORCHESTRATOR_SERVICE", "WHATSAPP_SERVICE", "PLATFORM_UI", "FRONTEND_REACT"), start=1)
}


async def _doctor(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command, its imports shared with other tests' processes; what it wrote."""
    out, errors = folder / "out", folder / "errors"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8", **_QUIET_PORTS}
    asked = ["doctor", "--data-dir", str(folder), *words]
    process = run(asked, env=env | environment, cwd=ROOT / "tests", log=out, errors=errors)
    code = await asyncio.to_thread(process.wait, 60)
    said = [file.read_text(encoding="utf-8") for file in (out, errors)]
    for file in (out, errors):
        file.unlink()
    return subprocess.CompletedProcess(asked, code, *said)


async def test_every_shop_is_told_while_the_services_are_down(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, pool: Pool, tmp_path: Path
) -> None:
    tenant_id = await create_tenant(pool, "Danza\nSur", "+5491188880001")
    stores = {"POSTGRES_DSN": postgres.app_dsn, "REDIS_URL": valkey.url}
    asked = await _doctor(tmp_path, "--json", **stores)
    report = json.loads(asked.stdout)
    assert asked.stderr == ""
    platform = {row["key"]: row for row in report["items"]}
    assert [platform[key]["level"] for key in ("database", "schema", "redis")] == ["ok", "ok", "ok"]
    assert {platform[f"service:{name}"]["level"] for name in _SERVICES} == {"warn"}  # they may be elsewhere
    assert platform["whatsapp_service"]["level"] == "error"
    assert platform["tries"]["level"] == "warn"  # without ENCRYPTION_KEY no shop's key is tried
    [shop] = [shop for shop in report["tenants"] if shop["id"] == tenant_id]
    assert {"bursts", "sends", "webhook", "shop", "model", "mail"} <= {row["key"] for row in shop["items"]}
    assert (asked.returncode, report["worst"], shop["worst"]) == (1, "error", "error")  # no model, no gateway
    told = await _doctor(tmp_path, LLM_API_KEY="clave", **stores)
    assert f"Tienda {tenant_id}: Danza Sur" in told.stdout
    assert "✖ Servicio de WhatsApp" in told.stdout
    assert "→ Prendelo" in told.stdout
    assert "clave del modelo" not in told.stdout


async def test_a_database_that_is_away_is_a_row_and_not_a_traceback(tmp_path: Path) -> None:
    asked = await _doctor(tmp_path, POSTGRES_DSN="postgresql://nexus_app:secreto@127.0.0.1:1/nexus")
    assert asked.returncode == 1
    assert asked.stderr == ""
    assert "✖ Base de datos: PostgreSQL no responde" in asked.stdout
    assert all(name in asked.stdout for name in _SERVICES)
    assert "secreto" not in asked.stdout


async def test_where_nothing_runs_nothing_is_made(tmp_path: Path) -> None:
    asked = await _doctor(tmp_path, "--json")
    report = json.loads(asked.stdout)
    assert asked.returncode == 1
    levels = {row["key"]: row["level"] for row in report["items"]}
    assert levels.pop("redis") == "warn"
    assert levels.pop("disk")
    assert set(levels.values()) == {"error"}
    assert report["tenants"] == []
    assert not (tmp_path / "postgres").exists()
