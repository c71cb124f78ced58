"""frontend-react (4173): the agenda by itself, with its own way to the Orchestrator; platform-ui serves it, too."""

from pathlib import Path

from fastapi import FastAPI

from nexus.front_door.door import open_door
from nexus.front_door.our_pages import AGENDA_FILES, agenda_page
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings

SERVICE = "frontend_react_service"


def build_app(settings: Settings, files: Path = AGENDA_FILES) -> FastAPI:
    """The service as an ASGI app, serving `files`."""
    panel = f":{settings.platform_ui_port or 80}"
    return open_door(SERVICE, settings, {"/": agenda_page(settings, panel, files)})


def serve() -> None:
    """Run the service until SIGTERM."""
    settings = get_settings()
    run_service(SERVICE, build_app(settings), settings, settings.frontend_react_port)
