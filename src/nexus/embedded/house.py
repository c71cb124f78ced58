"""`up` and `demo`: stores, migrations, services, banner, and then watching over them."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import webbrowser
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from nexus.embedded import demo
from nexus.embedded.accounts import has_tenants
from nexus.embedded.child import Service, reachable
from nexus.embedded.environment import data_folder, load_environment, only_one, panel_port, port_of
from nexus.embedded.errors import EmbeddedError
from nexus.embedded.secrets_file import load_secrets
from nexus.embedded.stores import Stores, migrate, start_stores
from nexus.embedded.supervisor import Stage, Supervisor, say, supervise

_STAGES = {
    "orchestrator-service": Stage.THINKING,
    "whatsapp-service": Stage.FRONT_DOOR,
    "platform-ui": Stage.FRONT_DOOR,
    "frontend-react": Stage.FRONT_DOOR,
}


class Ports:
    """Every port of one run, read and checked before anything starts."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.host = environ.get("NEXUS_HOST", "127.0.0.1")
        self.whatsapp = port_of("WHATSAPP_SERVICE_PORT", 8002, environ)
        self.orchestrator = port_of("ORCHESTRATOR_SERVICE_PORT", 8000, environ)
        self.panel = panel_port(environ, self.host)
        self.panel_moved = self.panel != 80 and "PLATFORM_UI_PORT" not in environ
        self.agenda = port_of("FRONTEND_REACT_PORT", 4173, environ)
        self.sandbox = port_of("SANDBOX_PORT", 8900, environ)
        self.mail = port_of("SANDBOX_SMTP_PORT", 8925, environ)

    def url(self, port: int, path: str = "") -> str:
        """Where a person or another service of this machine finds `path` behind `port`."""
        shown = "" if port == 80 else f":{port}"
        return f"http://{reachable(self.host)}{shown}{path}"

    def of(self, service: str) -> dict[str, int]:
        """The ports of one service by the variable that sets each, the one with /health first."""
        return {
            "orchestrator-service": {"ORCHESTRATOR_SERVICE_PORT": self.orchestrator},
            "whatsapp-service": {"WHATSAPP_SERVICE_PORT": self.whatsapp},
            "platform-ui": {"PLATFORM_UI_PORT": self.panel},
            "frontend-react": {"FRONTEND_REACT_PORT": self.agenda},
            "sandbox": {"SANDBOX_PORT": self.sandbox, "SANDBOX_SMTP_PORT": self.mail},
        }[service]

    def refuse_shared(self, services: Iterable[str]) -> None:
        """Raise EmbeddedError for a port given to two listeners: the second would find it taken, again and again."""
        holders: dict[int, str] = {}
        for variable, port in (pair for service in services for pair in self.of(service).items()):
            holder = holders.setdefault(port, variable)
            if holder != variable:
                raise EmbeddedError(f"{holder} y {variable} son el mismo puerto ({port}): elegí otro para uno")

    def panel_address(self) -> str:
        """Where the panel is, and why not on port 80."""
        moved = " (el puerto 80 no se puede usar acá; PLATFORM_UI_PORT elige otro)" if self.panel_moved else ""
        return self.url(self.panel, "/") + moved

    def variables(self) -> dict[str, str]:
        """The ports as the services read them."""
        named = {name: str(port) for service in (*_STAGES, "sandbox") for name, port in self.of(service).items()}
        return {**named, "NEXUS_HOST": self.host}


def up(data_dir: str | None) -> int:
    """Everything with the credentials of the environment or `.env`; the exit code. Raises EmbeddedError."""
    environ = load_environment()
    folder = data_folder(data_dir, environ)
    ports = Ports(environ)

    async def story(supervisor: Supervisor) -> None:
        began = time.monotonic()
        stores, env = await _start(supervisor, environ, folder, ports)
        lines = [
            ("Panel", ports.panel_address()),
            ("Agenda", ports.url(ports.agenda, "/")),
            ("Webhook", ports.url(ports.whatsapp, "/webhook/ycloud")),
            ("API", ports.url(ports.orchestrator, "/openapi.json")),
            ("Datos", f"{folder} · {stores.described}"),
            *[("Falta", what) for what in await _missing(env)],
        ]
        _banner(f"Nexus está listo ({time.monotonic() - began:.1f} s)", lines)

    with only_one(folder):
        return asyncio.run(supervise(story))


def run_demo(data_dir: str | None, browser: bool) -> int:
    """Everything on this machine, the sandbox as the outside world; the exit code. Raises EmbeddedError."""
    surroundings = demo.without_credentials(load_environment())
    folder = data_folder(data_dir, surroundings, below="demo")
    ports = Ports(surroundings)
    with only_one(folder):  # from here on: a second demo must not rewrite the first one's seed
        return asyncio.run(supervise(_demo_story(surroundings, folder, ports, browser)))


def _demo_story(
    surroundings: Mapping[str, str], folder: Path, ports: Ports, browser: bool
) -> Callable[[Supervisor], Awaitable[None]]:
    made = load_secrets(folder)
    seed = demo.write_seed(
        folder,
        made,
        webhook_url=ports.url(ports.whatsapp, "/webhook/ycloud"),
        shop_webhook_url=ports.url(ports.orchestrator, f"/webhook/tiendanube/{demo.TENANT}"),
    )
    sandbox, panel = ports.url(ports.sandbox), ports.url(ports.panel, "/")
    environ = {**surroundings, **demo.variables(made, sandbox=sandbox, panel=panel, mail_port=ports.mail)}
    environ |= {"SANDBOX_SEED_FILE": str(seed), "SANDBOX_DATA_DIR": str(folder / "sandbox")}

    async def story(supervisor: Supervisor) -> None:
        began = time.monotonic()
        stores, env = await _start(supervisor, environ, folder, ports, sandbox=True)
        await demo.make_login(env["POSTGRES_DSN"], made["DEMO_LOGIN_PASSWORD"])
        phone = ports.url(ports.sandbox, "/phone")
        lines = [
            ("Teléfono", phone),
            ("Panel", ports.panel_address()),
            ("", f"usuario {demo.LOGIN} · contraseña {made['DEMO_LOGIN_PASSWORD']}"),
            ("Agenda", ports.url(ports.agenda, "/")),
            ("Correo", ports.url(ports.sandbox, "/mail")),
            ("API", ports.url(ports.orchestrator, "/openapi.json")),
            ("Datos", f"{folder} · {stores.described}"),
        ]
        _banner(f"La demo de Nexus está lista ({time.monotonic() - began:.1f} s)", lines)
        if browser and _has_screen():
            await asyncio.to_thread(webbrowser.open, phone)

    return story


async def _start(
    supervisor: Supervisor, environ: Mapping[str, str], folder: Path, ports: Ports, *, sandbox: bool = False
) -> tuple[Stores, dict[str, str]]:
    """Stores, then migrations, then all services at once; the stores and the services' environment."""
    names = [*(["sandbox"] if sandbox else []), *_STAGES]
    ports.refuse_shared(names)
    # Looked at before the stores start, with an environment that is completed once their addresses are known.
    env = {**environ, **ports.variables(), "NEXUS_DATA_DIR": str(folder)}
    services = {name: Service(name, ports=ports.of(name), host=ports.host, env=env, data_dir=folder) for name in names}
    for service in services.values():
        await service.check_ports()
    say("preparando PostgreSQL y Redis…")
    stores = await start_stores(supervisor, environ, folder)
    applied = await migrate(stores.owner_dsn)
    say(f"migraciones: {', '.join(applied) or 'al día'}")
    env |= stores.variables
    # Services run as nexus_app; what could read across tenants stays with the supervisor.
    env.pop("POSTGRES_OWNER_DSN")
    say("iniciando los servicios…")
    if sandbox:
        await supervisor.start(Stage.OUTSIDE_WORLD, services["sandbox"])
    await asyncio.gather(*(supervisor.start(stage, services[name]) for name, stage in _STAGES.items()))
    return stores, env


async def _missing(env: Mapping[str, str]) -> list[str]:
    """What still keeps the bot from answering, as far as the environment and the database tell."""
    missing = []
    if not await has_tenants(env["POSTGRES_DSN"]):
        missing.append("una tienda: STORE_NAME y BOT_PHONE_NUMBER en .env, o POST /admin/tenants")
    if not any(env.get(name) for name in ("LLM_API_KEY", "OPENAI_API_KEY", "LLM_BASE_URL", "OPENAI_BASE_URL")):
        missing.append("el modelo: LLM_API_KEY u OPENAI_API_KEY en .env, o la credencial llm de cada tienda")
    return missing


def _banner(title: str, lines: list[tuple[str, str]]) -> None:
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    rows = [f"  {label:<10}{value}" for label, value in lines]
    say("\n".join(["", f"{bold}{title}{plain}", *rows, "  Ctrl-C detiene todo.", ""]))


def _has_screen() -> bool:
    """False where opening a page would take over the terminal with a text browser, or do nothing."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
