"""platform-ui (80, or 8080 where 80 cannot be bound): panel, agenda, `/api/` and `/socket.io/` (S-005, S-091)."""

import socket
from pathlib import Path

from fastapi import FastAPI

from nexus.platform_ui_service.agenda import FILES as AGENDA_FILES
from nexus.platform_ui_service.agenda import agenda_page
from nexus.platform_ui_service.door import open_door
from nexus.platform_ui_service.pages import Page
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings

SERVICE = "platform_ui_service"
FILES = Path(__file__).resolve().parents[3] / "platform_ui"
# Text can become neither markup nor script anywhere in the panel, whatever a later change forgets.
_TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"


def build_app(settings: Settings, files: Path = FILES, agenda_files: Path = AGENDA_FILES) -> FastAPI:
    """The service as an ASGI app, serving `files` and below /agenda/ `agenda_files`."""
    panel = Page(files, {"nexus-api-base": settings.api_base_url or "/api"}, ("css", "js"), scripts=_TRUSTED_TYPES)
    return open_door(SERVICE, settings, {"/agenda/": agenda_page(settings, "/", agenda_files), "/": panel})


def serve() -> None:
    """Run the service until SIGTERM."""
    settings = get_settings()
    port = settings.platform_ui_port or (80 if _can_bind(settings.nexus_host, 80) else 8080)
    run_service(SERVICE, build_app(settings), settings, port)


def _can_bind(host: str, port: int) -> bool:
    """Whether this process may listen there: ports under 1024 want a privilege."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
