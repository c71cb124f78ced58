"""frontend-react (4173): the agenda by itself, with its own way to the Orchestrator; platform-ui serves it, too."""

from pathlib import Path

from fastapi import FastAPI

from nexus.platform_ui_service.door import open_door
from nexus.platform_ui_service.pages import Page
from nexus.runtime.serve import run_service
from nexus.runtime.settings import Settings, get_settings

SERVICE = "frontend_react_service"
FILES = Path(__file__).resolve().parents[3] / "frontend_react" / "dist"
# FullCalendar makes one empty style element and fills it by CSSOM: the hash of nothing lets in exactly that.
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


def agenda_page(settings: Settings, panel: str, files: Path = FILES) -> Page:
    """The built agenda; `panel` is where people sign in: a path of this host, or `:port` of it."""
    metas = {"nexus-api-base": settings.api_base_url or "/api", "nexus-panel": panel}
    return Page(files, metas, hashed_folders=("assets",), styles=_EMPTY_STYLE)


def build_app(settings: Settings, files: Path = FILES) -> FastAPI:
    """The service as an ASGI app, serving `files`."""
    panel = f":{settings.platform_ui_port or 80}"
    return open_door(SERVICE, settings, {"/": agenda_page(settings, panel, files)})


def serve() -> None:
    """Run the service until SIGTERM."""
    settings = get_settings()
    run_service(SERVICE, build_app(settings), settings, settings.frontend_react_port)
