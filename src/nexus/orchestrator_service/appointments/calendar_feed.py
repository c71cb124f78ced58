"""A resource's calendar for other calendars: iCalendar at an address that is a signature, and that can be revoked."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from icalendar import Calendar, Event

from nexus.contracts.appointments import Appointment
from nexus.store.feed_keys import FEED_FIELD
from nexus.store.secrets import Vault

_MAX_ID = 2**31 - 1
_STATUS = {"scheduled": "TENTATIVE", "cancelled": "CANCELLED"}


class FeedOf(NamedTuple):
    """Whose calendar an address is, and of which version."""

    tenant_id: int
    resource_id: int
    version: int


def feed_token(vault: Vault, feed: FeedOf) -> str:
    """The last part of the address; nobody makes one without the encryption key."""
    key = vault.key_for(feed.tenant_id, FEED_FIELD)
    return f"{feed.tenant_id}-{feed.resource_id}-{feed.version}-{_signature(key, feed)}"


def read_feed_token(vault: Vault, token: str, former: Sequence[str] = ()) -> FeedOf | None:
    """What `feed_token` signed, with a key of the vault or a former one; or None.

    Whether its version is still good is for the store to say.
    """
    feed, signature = _parts(token)
    if feed is None:
        return None
    keys = [*vault.keys_for(feed.tenant_id, FEED_FIELD), *former]
    fits = [hmac.compare_digest(signature.encode(), _signature(key, feed).encode()) for key in keys]
    return feed if any(fits) else None


def tenant_named_in(token: str) -> int | None:
    """Whose calendar an address says it is, proved by nothing; None for what is no address."""
    feed, _ = _parts(token)
    return feed.tenant_id if feed else None


def calendar(name: str, zone: str, appointments: Sequence[Appointment]) -> bytes:
    """The appointments as a VCALENDAR (RFC 5545), times in UTC."""
    made = Calendar()
    made.add("prodid", "-//Nexus//Agenda//ES")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", zone)
    made.add("refresh-interval", timedelta(minutes=15), parameters={"value": "DURATION"})
    for appointment in appointments:
        made.add_component(_event(appointment))
    return bytes(made.to_ical())


def _event(appointment: Appointment) -> Event:
    event = Event()
    event.add("uid", f"{appointment.id}@nexus")
    event.add("dtstamp", datetime.now(UTC).replace(microsecond=0))
    event.add("dtstart", appointment.start.astimezone(UTC))
    event.add("dtend", appointment.end.astimezone(UTC))
    event.add("summary", f"{appointment.title}: {appointment.customer_name}")
    event.add("sequence", appointment.version)
    event.add("status", _STATUS.get(appointment.status, "CONFIRMED"))
    described = [text for text in (appointment.customer_phone, appointment.notes) if text]
    if described:
        event.add("description", "\n".join(described))
    return event


def _parts(token: str) -> tuple[FeedOf | None, str]:
    numbers, signature = token.split("-", 3)[:3], token.split("-", 3)[3:]
    if not signature or not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in numbers):
        return None, ""
    feed = FeedOf(*(int(part) for part in numbers))
    return (feed, signature[0]) if max(feed) <= _MAX_ID else (None, "")


def _signature(key: str, feed: FeedOf) -> str:
    said = f"{feed.tenant_id}:{feed.resource_id}:{feed.version}".encode()
    return urlsafe_b64encode(hmac.new(bytes.fromhex(key), said, hashlib.sha256).digest()).decode().rstrip("=")
