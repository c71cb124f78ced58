"""A front-end's files as they stand in one folder; its `index.html` learns where things are."""

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from nexus.runtime.errors import ApiError

_NAMES = ("", "index.html")
_ALWAYS_ASK = {"Cache-Control": "no-cache"}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}
_TEXTS = (".css", ".js", ".svg", ".html", ".json")
_WORTH_IT = 512
"""Bytes under which gzip saves nothing."""


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
        scripts: str = "",
    ) -> None:
        """`metas` fills the empty meta elements of these names; files of `hashed_folders` never change under a name.

        `styles` is what the page needs in `style-src` beside 'self'; `scripts` are further directives about them.
        """
        self.styles = styles
        self.scripts = scripts
        self._zipped: dict[str, tuple[str, bytes]] = {}
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
        if isinstance(response, FileResponse) and path.endswith(_TEXTS):
            response.headers["Vary"] = "Accept-Encoding"
            if _takes_gzip(request) and int(response.headers["content-length"]) >= _WORTH_IT:
                return await self._smaller(path, response)
        return response

    async def _smaller(self, path: str, plain: FileResponse) -> Response:
        """The same text in fewer bytes, kept until the file is another one."""
        tag = plain.headers["etag"]
        known = self._zipped.get(path)
        if known is None or known[0] != tag:
            known = tag, await asyncio.to_thread(_zip_file, Path(plain.path))
            self._zipped[path] = known
        # Weak: other bytes for the same words; If-None-Match compares weakly (RFC 9110 13.1.2).
        headers = {"ETag": f"W/{tag}", "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        headers |= {name: plain.headers[name] for name in ("cache-control", "last-modified")}
        return Response(known[1], media_type=plain.media_type, headers=headers)

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


def _takes_gzip(request: Request) -> bool:
    """Whether the whole file in gzip is welcome: a range is of the plain bytes."""
    accepted = [part.strip() for part in request.headers.get("accept-encoding", "").lower().split(",")]
    return "range" not in request.headers and any(
        part.partition(";")[0] == "gzip" and not part.replace(" ", "").endswith(";q=0") for part in accepted
    )


def _zip_file(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
