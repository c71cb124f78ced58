"""The demo's shop, its customers, and the environment that points every service at the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from nexus.embedded.accounts import create_account, remind_by_template, show_commerce, tenant_of_number

LOGIN = "duena@danza.demo"
BOT_NUMBER = "+5491100000000"
STORE_ID = "7654321"
TENANT = 1
"""The first shop of a new database."""

_CUSTOMERS = (
    ("+5491155550123", "Lucía"),
    ("+5491155550456", "Martina"),
    ("+5493415550789", "Sofía"),
)

SEED_FILE = "sandbox-seed.json"
"""In the data folder of every demo, and of nothing else."""
# Whatever the person has set for real use must not reach a demo: neither credentials nor real stores.
_LEFT_OUT = (
    "POSTGRES_", "REDIS_URL", "YCLOUD_", "TIENDANUBE_", "GLOBAL_", "OPENAI_", "LLM_", "STT_", "STORE_",
    "BOT_PHONE_NUMBER", "SHIPPING_PARTNERS", "HANDOFF_EMAIL", "HANDOFF_TARGET_EMAIL", "SMTP_", "SANDBOX_SEED",
    "SANDBOX_DATA", "SYNC_ENVIRONMENT_FORCE", "ORCHESTRATOR_SERVICE_URL", "API_BASE_URL",
)  # fmt: skip


def without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that points at the real world."""
    return {name: value for name, value in environ.items() if not name.startswith(_LEFT_OUT)}


def variables(made: Mapping[str, str], *, sandbox: str, panel: str, mail_port: int) -> dict[str, str]:
    """The default tenant and its upstreams; `sandbox` and `panel` are base URLs, `made` the secrets file."""
    return {
        "YCLOUD_BASE_URL": f"{sandbox}/ycloud/v2",
        "YCLOUD_API_KEY": made["DEMO_YCLOUD_API_KEY"],
        "YCLOUD_WEBHOOK_SECRET": made["DEMO_YCLOUD_WEBHOOK_SECRET"],
        "TIENDANUBE_BASE_URL": f"{sandbox}/tiendanube",
        "TIENDANUBE_STORE_ID": STORE_ID,
        "TIENDANUBE_ACCESS_TOKEN": made["DEMO_TIENDANUBE_ACCESS_TOKEN"],
        "TIENDANUBE_USER_AGENT": f"Nexus demo ({LOGIN})",
        "LLM_BASE_URL": f"{sandbox}/openai/v1",
        "LLM_API_KEY": made["DEMO_LLM_API_KEY"],
        "LLM_MODEL": "sandbox-demo",
        "LLM_API": "chat",
        "STT_BASE_URL": f"{sandbox}/openai/v1",
        "STT_API_KEY": made["DEMO_LLM_API_KEY"],
        "STORE_NAME": "Danza Demo",
        "BOT_PHONE_NUMBER": BOT_NUMBER,
        "STORE_WEBSITE": "https://danzademo.example",
        "STORE_DESCRIPTION": "Indumentaria y calzado para danza clásica, contemporánea y jazz.",
        "STORE_CATALOG_KNOWLEDGE": "Puntas, medias puntas, mallas, cancanes y accesorios para danza.",
        "STORE_LOCATION": "Buenos Aires",
        "STORE_ADDRESS": "Av. Corrientes 1234, CABA",
        "SHIPPING_PARTNERS": "Correo Argentino y Andreani",
        "HANDOFF_EMAIL": LOGIN,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mail_port),
        "SMTP_SECURITY": "NONE",
        "SMTP_USER": LOGIN,
        "SMTP_PASS": made["DEMO_SMTP_PASSWORD"],
        "EGRESS_ALLOW_LOOPBACK": "1",
        "SANDBOX_PANEL_URL": panel,
    }


def write_seed(data_dir: Path, made: Mapping[str, str], *, webhook_url: str, shop_webhook_url: str) -> Path:
    """The sandbox's seed file: one business number, one shop, three customers; its path."""
    seed = {
        "numbers": [
            {
                "phone": BOT_NUMBER,
                "store_name": "Danza Demo",
                "api_key": made["DEMO_YCLOUD_API_KEY"],
                "webhook_url": webhook_url,
                "webhook_secret": made["DEMO_YCLOUD_WEBHOOK_SECRET"],
            }
        ],
        "shops": [
            {
                "store_id": STORE_ID,
                "access_token": made["DEMO_TIENDANUBE_ACCESS_TOKEN"],
                "webhook_url": shop_webhook_url,
                "privacy_url": shop_webhook_url.rpartition("/")[0] + "/privacy",
            }
        ],
        "customers": [{"phone": phone, "name": name} for phone, name in _CUSTOMERS],
    }
    path = data_dir / SEED_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps(seed, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


async def make_login(app_dsn: str, password: str) -> None:
    """The demo's owner account on the default tenant, which the Orchestrator made at its start."""
    tenant_id = await tenant_of_number(app_dsn, BOT_NUMBER)
    await create_account(app_dsn, LOGIN, password, tenant_id, "owner")
    await remind_by_template(app_dsn, tenant_id, "turno_recordatorio", "es_AR")
    await show_commerce(app_dsn, tenant_id)
