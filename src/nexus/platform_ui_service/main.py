"""platform-ui (80, or 8080 where 80 cannot be bound): panel, agenda, `/api/` and `/socket.io/` (S-005, S-091)."""

import socket
from pathlib import Path

from fastapi import FastAPI

from nexus.front_door.door import open_door
from nexus.front_door.our_pages import AGENDA_FILES, PANEL_FILES, panel_and_agenda
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings

SERVICE = "platform_ui_service"


def build_app(settings: Settings, files: Path = PANEL_FILES, agenda_files: Path = AGENDA_FILES) -> FastAPI:
    """The service as an ASGI app, serving `files` and below /agenda/ `agenda_files`."""
    return open_door(SERVICE, settings, panel_and_agenda(settings, files, agenda_files))


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
