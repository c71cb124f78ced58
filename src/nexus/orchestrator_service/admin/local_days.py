"""Days as people of the shop count them."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from nexus.runtime.errors import ApiError

EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)
"""Between these a day has a midnight in every zone, and PostgreSQL and Python agree on it."""


def midnight(day: date, zone: str) -> datetime:
    """When the local day begins. Raises 422 for a day of no use."""
    if not EARLIEST <= day <= LATEST:
        raise period_invalid()
    return datetime.combine(day, time(), ZoneInfo(zone))


def period_invalid() -> ApiError:
    """The answer to days that are no period."""
    return ApiError(422, "period_invalid", "El período tiene que empezar antes de terminar y durar un año o menos.")
