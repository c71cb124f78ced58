"""bff-service (3000): panel, agenda, `/api/` and `/socket.io/` behind one origin (S-008)."""

from pathlib import Path

from fastapi import FastAPI

from nexus.front_door.door import open_door
from nexus.front_door.our_pages import AGENDA_FILES, PANEL_FILES, panel_and_agenda
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings

SERVICE = "bff_service"


def build_app(settings: Settings, files: Path = PANEL_FILES, agenda_files: Path = AGENDA_FILES) -> FastAPI:
    """The service as an ASGI app, serving `files` and below /agenda/ `agenda_files`."""
    # One origin is what it is for: API_BASE_URL is for pages that stand on another host than the API.
    own = settings.model_copy(update={"api_base_url": ""})
    return open_door(SERVICE, own, panel_and_agenda(own, files, agenda_files))


def serve() -> None:
    """Run the service until SIGTERM."""
    settings = get_settings()
    run_service(SERVICE, build_app(settings), settings, settings.bff_service_port)
