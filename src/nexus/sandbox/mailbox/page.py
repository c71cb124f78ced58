"""The mailbox's page `/mail`: every mail, newest first, renewed by itself; no script needed."""

from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import BaseRoute, Route

from nexus.sandbox.world import Mail, World

HERE = Path(__file__).parent
ZONE = ZoneInfo("America/Argentina/Buenos_Aires")


def mailbox_routes(world: World) -> list[BaseRoute]:
    """`/mail` and its stylesheets."""
    template = (HERE / "mailbox.html").read_text(encoding="utf-8")

    async def page(_: Request) -> HTMLResponse:
        mails = "".join(_row(mail) for mail in reversed(world.mails))
        shown = mails or '<p class="empty">Todavía no llegó ningún correo.</p>'
        return HTMLResponse(template.replace("{{count}}", _count(len(world.mails))).replace("{{mails}}", shown))

    async def stylesheet(request: Request) -> FileResponse:
        return FileResponse(HERE / request.url.path.rsplit("/", 1)[-1], media_type="text/css")

    return [Route("/mail", page), *(Route(f"/mail/{name}", stylesheet) for name in ("tokens.css", "mailbox.css"))]


def _row(mail: Mail) -> str:
    at = datetime.fromisoformat(mail.at).astimezone(ZONE)
    return f"""
      <article class="mail">
        <header>
          <h2>{escape(mail.subject) or "(sin asunto)"}</h2>
          <time datetime="{escape(mail.at)}">{at:%d/%m/%Y %H:%M:%S}</time>
          <p>De {escape(mail.sender)} para {escape(", ".join(mail.recipients))}</p>
        </header>
        <pre>{escape(mail.text)}</pre>
      </article>"""


def _count(number: int) -> str:
    return "1 correo" if number == 1 else f"{number} correos"
