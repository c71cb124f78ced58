"""Our two front-ends as pages: what each one is told, and what is particular to its policy."""

from collections.abc import Mapping
from pathlib import Path

from nexus.front_door.pages import Page
from nexus.runtime.settings import Settings

_ROOT = Path(__file__).resolve().parents[3]
PANEL_FILES = _ROOT / "platform_ui"
AGENDA_FILES = _ROOT / "frontend_react" / "dist"
# Text can become neither markup nor script anywhere in the panel, whatever a later change forgets.
_TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"
# FullCalendar makes one empty style element and fills it by CSSOM: the hash of nothing lets in exactly that.
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


def panel_page(settings: Settings, files: Path = PANEL_FILES) -> Page:
    """The panel as written."""
    return Page(files, {"nexus-api-base": settings.api_base_url or "/api"}, ("css", "js"), scripts=_TRUSTED_TYPES)


def agenda_page(settings: Settings, panel: str, files: Path = AGENDA_FILES) -> Page:
    """The built agenda; `panel` is where people sign in: a path of this host, or `:port` of it."""
    metas = {"nexus-api-base": settings.api_base_url or "/api", "nexus-panel": panel}
    return Page(files, metas, hashed_folders=("assets",), styles=_EMPTY_STYLE)


def panel_and_agenda(
    settings: Settings, panel_files: Path = PANEL_FILES, agenda_files: Path = AGENDA_FILES
) -> Mapping[str, Page]:
    """Both on one host: the panel at its root, the agenda below /agenda/ (S-005)."""
    return {"/agenda/": agenda_page(settings, "/", agenda_files), "/": panel_page(settings, panel_files)}
