"""The panel's files as written, asked about at each load; `index.html` learns where the API is."""

import hashlib
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

_FOLDERS = ("css", "js")
_PAGES = ("", "index.html")
_API_BASE = '<meta name="nexus-api-base" content="">'
_ALWAYS_ASK = {"Cache-Control": "no-cache"}


class Panel:
    """Serves `index.html`, its icons, and the folders css and js of one directory; nothing else of it."""

    def __init__(self, files: Path, api_base: str) -> None:
        """`api_base` is what the page's `nexus-api-base` says: a path of this host or an address."""
        self._index = files / "index.html"
        self._static = StaticFiles(directory=files)
        self._meta = f'<meta name="nexus-api-base" content="{escape(api_base)}">'

    async def file(self, request: Request, path: str) -> Response:
        """A file with ETag, or 304. Raises HTTPException 404."""
        if path in _PAGES:
            return self._page(request)
        if not _is_public(path):
            raise HTTPException(404)
        response = await self._static.get_response(path, request.scope)
        response.headers.update(_ALWAYS_ASK)
        return response

    def _page(self, request: Request) -> Response:
        page = self._index.read_text(encoding="utf-8").replace(_API_BASE, self._meta)
        tag = f'"{hashlib.sha256(page.encode()).hexdigest()[:32]}"'
        headers = {"ETag": tag, **_ALWAYS_ASK}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return HTMLResponse(page, headers=headers)


def _is_public(path: str) -> bool:
    folder, _, rest = path.partition("/")
    return folder in _FOLDERS if rest else path.endswith(".svg")
