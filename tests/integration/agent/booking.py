"""An agenda that is open every day, and the days that tests speak of."""

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nexus.store.agenda import list_resources, load_settings, save_hours, save_settings
from nexus.store.database import tenant_transaction

from .conftest import Sandbox, Shop, tool_texts

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """The model calls a tool."""
    return {"tool_calls": [{"name": name, "arguments": arguments}]}


def calls(*each: dict[str, Any]) -> dict[str, Any]:
    """The model calls several tools at once."""
    return {"tool_calls": [one for step in each for one in step["tool_calls"]]}


def says(*texts: str) -> dict[str, Any]:
    """The model's final answer."""
    return {"reply": {"bubbles": [{"text": text} for text in texts]}}


def day(ahead: int) -> datetime:
    """Local midnight so many days from now."""
    today = datetime.now(UTC).astimezone(ZONE).date() + timedelta(days=ahead)
    return datetime.combine(today, time(0), ZONE)


def at(ahead: int, clock: str) -> str:
    """As the model writes it: so many days from now at this local time."""
    return f"{day(ahead):%Y-%m-%d} {clock}"


def in_words(ahead: int, clock: str) -> str:
    """As code says it to the customer."""
    names = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
    that, this = day(ahead), day(0)
    year = f"/{that.year}" if that.year != this.year else ""
    return f"{names[that.weekday()]} {that:%d/%m}{year} a las {clock}"


async def open_always(shop: Shop) -> None:
    """Every day from 8 to 20, holidays too."""
    async with tenant_transaction(shop.id, shop.pool) as conn:
        await load_settings(shop.id, conn)
        await save_settings(shop.id, conn, {"closes_on_holidays": False})
        for resource in await list_resources(shop.id, conn):
            await save_hours(shop.id, conn, resource.id, [(weekday, time(8), time(20)) for weekday in range(7)])


async def told(sandbox: Sandbox) -> dict[str, Any]:
    """What the last tool answered the model."""
    return dict(json.loads(tool_texts(await sandbox.requests())[-1]))


async def appointments(shop: Shop) -> list[dict[str, Any]]:
    """The shop's rows, the first to begin first."""
    return await shop.rows("select * from appointments order by starts_at")
