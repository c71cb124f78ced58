"""Rows of the health page about privacy: a shop that waits for its end, and people who wait for their data."""

from datetime import UTC, datetime, timedelta

from nexus.orchestrator_service.admin.health_rows import HealthRow, Level
from nexus.store.database import Pool
from nexus.store.privacy_requests import PrivacyRequest, waiting_requests

_LINK = "#/ajustes/privacidad"
_SOON = timedelta(days=3)


async def privacy_rows(tenant_id: int, pool: Pool) -> list[HealthRow]:
    """No row where nobody asked for anything."""
    now, waiting = datetime.now(UTC), await waiting_requests(tenant_id, pool)
    rows = [_shop(one, now) for one in waiting if one.kind == "erase_shop"]
    asked = [one for one in waiting if one.kind == "export"]
    return [*rows, *([_data(asked, now)] if asked else [])]


def _shop(request: PrivacyRequest, now: datetime) -> HealthRow:
    left = (request.due_at or now) - now
    message = f"La tienda entera se borra {_in(left)}, y el bot está apagado. Lo pidió {request.asked_by}."
    fix = "Si fue un error, cancelalo en Privacidad antes de esa hora: después no hay vuelta."
    return HealthRow(
        "shop_erasure", "Nexus", "error", "Borrado de la tienda", message, fix, request.asked_at, link=_LINK
    )


def _data(asked: list[PrivacyRequest], now: datetime) -> HealthRow:
    first = min(one.due_at or now for one in asked)
    many = "Una persona espera" if len(asked) == 1 else f"{len(asked)} personas esperan"
    left = first - now
    when = f"el plazo vence {_in(left)}" if left > timedelta() else "el plazo ya venció"
    level: Level = "error" if left <= timedelta() else "warn" if left < _SOON else "ok"
    said, since = f"{many} sus datos: {when}.", min(one.asked_at for one in asked)
    fix = None if level == "ok" else "Descargalos en Privacidad, mandáselos a quien los pidió y marcá el pedido."
    return HealthRow("data_requests", "Nexus", level, "Pedidos de datos", said, fix, since, len(asked), _LINK)


def _in(left: timedelta) -> str:
    hours = max(0, round(left.total_seconds() / 3600))
    if hours >= 48:
        return f"en {hours // 24} días"
    return f"en {hours} h" if hours > 1 else "dentro de la próxima hora"
