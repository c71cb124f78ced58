"""Identifiers and times in the shapes that YCloud prints (ycloud.md section 1)."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime

_ALPHABET = string.ascii_letters + string.digits


def event_id() -> str:
    """Id of one webhook event: `evt_` and 20 letters or digits."""
    return "evt_" + _letters(20)


def message_id() -> str:
    """YCloud's own id of a message: 24 hexadecimal digits."""
    return secrets.token_hex(12)


def wamid() -> str:
    """WhatsApp's id of a message."""
    return "wamid." + _letters(28).upper()


def media_id() -> str:
    """WhatsApp's id of a file: 15 digits."""
    return str(secrets.randbelow(9 * 10**14) + 10**14)


def request_id() -> str:
    """Value of `YCloud-Request-ID`."""
    return "req_" + _letters(20)


def now() -> str:
    """The present as RFC 3339 UTC with milliseconds."""
    return instant(datetime.now(UTC))


def instant(at: datetime) -> str:
    """A moment as RFC 3339 UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The moment that `instant` wrote; the present for what cannot be read."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
