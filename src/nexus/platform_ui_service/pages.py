"""A front-end's files as they stand in one folder; its `index.html` learns where things are."""

import hashlib
from collections.abc import Mapping
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from nexus.runtime.errors import ApiError

_NAMES = ("", "index.html")
_ALWAYS_ASK = {"Cache-Control": "no-cache"}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


class Page:
    """Serves `index.html`, its icons, and the named folders of one directory; nothing else of it."""

    def __init__(
        self,
        files: Path,
        metas: Mapping[str, str],
        folders: tuple[str, ...] = (),
        *,
        hashed_folders: tuple[str, ...] = (),
        styles: str = "",
    ) -> None:
        """`metas` fills the empty meta elements of these names; files of `hashed_folders` never change under a name.

        `styles` is what the page needs in `style-src` beside 'self'.
        """
        self.styles = styles
        self._index = files / "index.html"
        self._static = StaticFiles(directory=files, check_dir=False)
        self._metas = metas
        self._folders = {**dict.fromkeys(folders, _ALWAYS_ASK), **dict.fromkeys(hashed_folders, _KEEP)}

    async def file(self, request: Request, path: str) -> Response:
        """A file with ETag, or 304. Raises HTTPException 404, ApiError 503 while the page is not built."""
        if path in _NAMES:
            return self._page(request)
        folder, _, rest = path.partition("/")
        if not (folder in self._folders if rest else path.endswith(".svg")):
            raise HTTPException(404)
        response = await self._static.get_response(path, request.scope)
        response.headers.update(self._folders.get(folder, _ALWAYS_ASK))
        return response

    def _page(self, request: Request) -> Response:
        try:
            page = self._index.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ApiError(503, "not_built", "Esta página todavía no está compilada: ./nexus lo hace.") from error
        for name, content in self._metas.items():
            page = page.replace(f'<meta name="{name}" content="">', f'<meta name="{name}" content="{escape(content)}">')
        tag = f'"{hashlib.sha256(page.encode()).hexdigest()[:32]}"'
        headers = {"ETag": tag, **_ALWAYS_ASK}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return HTMLResponse(page, headers=headers)
