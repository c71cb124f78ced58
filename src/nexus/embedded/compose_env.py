"""`nexus compose-env`: a `.env` that compose.yaml (or an installation without containers) starts with.

`.env` is what people edit. Containers do not get it: compose.yaml hands each of them the files of `secrets/` that it
needs, which are written from it, since secrets from the environment cannot be mounted into a read-only container.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from dotenv import dotenv_values

from nexus.embedded import demo
from nexus.embedded.environment import ROOT
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.secrets_file import ALSO, DEMO_SECRETS, SERVICE_SECRETS

RANDOM = (
    *SERVICE_SECRETS,
    "POSTGRES_SUPERUSER_PASSWORD",
    "POSTGRES_OWNER_PASSWORD",
    "POSTGRES_APP_PASSWORD",
    "VALKEY_PASSWORD",
    "GRAFANA_ADMIN_PASSWORD",
)
GIVEN = (
    "YCLOUD_API_KEY",
    "YCLOUD_WEBHOOK_SECRET",
    "TIENDANUBE_ACCESS_TOKEN",
    "OPENAI_API_KEY",
    "LLM_API_KEY",
    "STT_API_KEY",
    "SMTP_PASS",
    "ALERT_WEBHOOK_SECRET",
)
_STORES = {
    "POSTGRES_OWNER_DSN": "postgresql://nexus_owner:{POSTGRES_OWNER_PASSWORD}@{postgres}:5432/nexus",
    "POSTGRES_DSN": "postgresql://nexus_app:{POSTGRES_APP_PASSWORD}@{postgres}:5432/nexus",
    "REDIS_URL": "redis://{valkey}/0",
}
SECRET_FILES = tuple(name.lower() for name in (*RANDOM, *GIVEN, *ALSO, *_STORES))
_SHOP = ("STORE_NAME", "BOT_PHONE_NUMBER", "STORE_WEBSITE", "TIENDANUBE_STORE_ID", "HANDOFF_EMAIL", "SMTP_HOST")
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]*")


@dataclass(frozen=True)
class Wish:
    """The options of the command, as it takes them."""

    host: str | None = None
    domain: str | None = None
    file: str | None = None
    without_containers: bool = False
    sandbox: bool = False
    update: bool = False
    force: bool = False


def compose_env(wish: Wish) -> list[str]:
    """Write the file (and `secrets/` beside it for containers); what was done, a line each.

    Never replaces what is there unless asked, and never a secret that is set: ENCRYPTION_KEY opens what the database
    holds. Raises EmbeddedError in one line.
    """
    if wish.sandbox and not wish.without_containers:
        raise EmbeddedError("--sandbox va con --without-containers: los contenedores no llegan al mundo simulado")
    for name in (wish.host, wish.domain):
        if name is not None and not _NAME.fullmatch(name):
            raise EmbeddedError(f"«{name}» no es un nombre de host: sin https://, sin puerto ni barras")
    path = Path(wish.file).absolute() if wish.file else ROOT / ".env"
    said = []
    try:
        if wish.update:
            known = _known(path)
            said += _complete(path, known)
        else:
            said += _write_anew(path, wish)
        known = _known(path)
        here = wish.without_containers or "@127.0.0.1:" in known.get("POSTGRES_DSN", "")  # no container is there
        said += [] if here else _write_secret_files(path.parent / "secrets", known)
    except OSError as error:
        raise EmbeddedError(f"no puedo escribir {error.filename or path}: {error.strerror}") from error
    missing = [name for name in (*_SHOP[:2], "YCLOUD_API_KEY", "OPENAI_API_KEY") if not known.get(name)]
    if missing and not wish.sandbox:
        said.append(f"falta completar en {path.name} (o después, en el panel): {', '.join(missing)}")
    return said


def _known(path: Path) -> dict[str, str]:
    if not path.exists():
        raise EmbeddedError(f"no existe {path}: corré el comando sin --update")
    return {name: value for name, value in dotenv_values(path, interpolate=False).items() if value}


def _write_anew(path: Path, wish: Wish) -> list[str]:
    said = []
    if path.exists():
        if not wish.force:
            raise EmbeddedError(f"{path} ya existe y no lo piso: --update lo completa, --force lo reemplaza")
        kept = _free_name(path)
        path.rename(kept)
        kept.chmod(0o600)
        said.append(f"el de antes quedó en {kept} (su ENCRYPTION_KEY abre lo que haya guardado)")
    made = {name: secrets.token_urlsafe(32) for name in RANDOM}
    _write(path, _text(made, wish, path.parent), mode=0o600)
    return [*said, f"listo {path} (0600), con {len(RANDOM)} secretos al azar"]


def _free_name(path: Path) -> Path:
    """Beside it and not taken: the key of two replacements ago may be the one that opens the database."""
    names = (path.with_name(f"{path.name}.anterior{number or ''}") for number in count())
    return next(name for name in names if not name.exists())


def _complete(path: Path, known: Mapping[str, str]) -> list[str]:
    missing = [name for name in RANDOM if not known.get(name)]
    if missing:
        lines = [f"{name}={secrets.token_urlsafe(32)}" for name in missing]
        _write(path, "\n".join([path.read_text(encoding="utf-8").rstrip("\n"), *lines, ""]), mode=0o600)
    return [f"{path}: agregado {', '.join(missing)}" if missing else f"{path}: no le faltaba ningún secreto"]


def _text(made: Mapping[str, str], wish: Wish, folder: Path) -> str:
    lines = [
        "# Written by ./nexus compose-env. Every variable is explained in .env.example; after an edit run",
        "# ./nexus compose-env --update and docker compose up -d. Keep a copy of ENCRYPTION_KEY elsewhere: without it",
        "# the stored credentials do not open.",
        "",
        *(f"{name}={value}" for name, value in made.items()),
        "",
    ]
    if wish.without_containers:
        settings = _here(made) | (_sandbox(folder) if wish.sandbox else {})
        if wish.host or wish.domain:
            settings |= _public(wish)
    else:
        settings = _public(wish)
    lines += [f"{name}={_quoted(value)}" for name, value in settings.items()]
    lines += ["", *(f"{name}=" for name in (*_SHOP, *GIVEN) if name not in settings), ""]
    return "\n".join(lines)


def _public(wish: Wish) -> dict[str, str]:
    """Names for the Caddy front: one host, or three of a domain whose panel finds its API by the seed's rule.

    Who gave none has a front already, or only looks: then the panel is on this machine alone.
    """
    if not (wish.host or wish.domain):
        return {"COMPOSE_PROFILES": ""}
    front = {"COMPOSE_PROFILES": "front"} if not wish.without_containers else {}
    if wish.domain:
        panel, api = f"https://ui.{wish.domain}", f"https://api.{wish.domain}"
        whatsapp = f"https://whatsapp.{wish.domain}"
        names = {**front, "CADDY_SITES": "three-names", "PUBLIC_DOMAIN": wish.domain, "WHATSAPP_PUBLIC_URL": whatsapp}
        return {**names, "PLATFORM_UI_URL": panel, "API_BASE_URL": api, "CORS_ALLOWED_ORIGINS": panel}
    url = f"https://{wish.host}"
    names = {**front, "CADDY_SITES": "single-host", "PUBLIC_DOMAIN": wish.host or ""}
    return {**names, "WHATSAPP_PUBLIC_URL": url, "PLATFORM_UI_URL": url}


def _here(made: Mapping[str, str]) -> dict[str, str]:
    places = {**made, "postgres": "127.0.0.1", "valkey": "127.0.0.1:6379"}
    stores = {name: dsn.format(**places) for name, dsn in _STORES.items()}
    return {**stores, "PLATFORM_UI_PORT": "8080"}  # 80 is for who holds the certificates


def _sandbox(folder: Path) -> dict[str, str]:
    """A shop, a number and a model of the simulated outside world, for a first message without any account."""
    made = {name: secrets.token_urlsafe(32) for name in DEMO_SECRETS}
    home = folder / ".nexus"
    home.mkdir(exist_ok=True)
    seed = demo.write_seed(
        home,
        made,
        webhook_url="http://127.0.0.1:8002/webhook/ycloud",
        shop_webhook_url=f"http://127.0.0.1:8000/webhook/tiendanube/{demo.TENANT}",
    )
    beside = demo.variables(made, sandbox="http://127.0.0.1:8900", panel="http://127.0.0.1:8080", mail_port=8925)
    return {**beside, "SANDBOX_SEED_FILE": str(seed), "SANDBOX_DATA_DIR": str(home / "sandbox")}


def _write_secret_files(folder: Path, known: Mapping[str, str]) -> list[str]:
    """One file a secret: the folder is closed, the files are not, for each container reads its own as its own user."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    valkey = f":{known['VALKEY_PASSWORD']}@valkey:6379" if known.get("VALKEY_PASSWORD") else "valkey:6379"
    places = {**dict.fromkeys(RANDOM, ""), **known, "postgres": "postgres", "valkey": valkey}
    stores = {name: known.get(name) or dsn.format(**places) for name, dsn in _STORES.items()}
    values = {name: known.get(name, "") for name in (*RANDOM, *GIVEN, *ALSO)} | stores
    for name, value in values.items():
        _write(folder / name.lower(), value, mode=0o444)
    return [f"listo {folder}/ (0700): {len(values)} archivos, uno por secreto"]


def _quoted(value: str) -> str:
    """As both a shell and python-dotenv read it."""
    return value if _PLAIN.fullmatch(value) else "'" + value.replace("'", "") + "'"


def _write(path: Path, text: str, *, mode: int) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), mode)
    fresh.replace(path)
