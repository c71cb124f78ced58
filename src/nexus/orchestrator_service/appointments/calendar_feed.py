"""A resource's calendar for other calendars: iCalendar at an address that is a signature, and that can be revoked."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from icalendar import Calendar, Event

from nexus.contracts.appointments import Appointment
from nexus.store.secrets import Vault

_FIELD = "agenda_feed"
_MAX_ID = 2**31 - 1
_STATUS = {"scheduled": "TENTATIVE", "cancelled": "CANCELLED"}


class FeedOf(NamedTuple):
    """Whose calendar an address is, and of which version."""

    tenant_id: int
    resource_id: int
    version: int


def feed_token(vault: Vault, feed: FeedOf) -> str:
    """The last part of the address; nobody makes one without the encryption key."""
    return f"{feed.tenant_id}-{feed.resource_id}-{feed.version}-{_signature(vault, feed)}"


def read_feed_token(vault: Vault, token: str) -> FeedOf | None:
    """What `feed_token` signed, or None. Whether its version is still good is for the store to say."""
    numbers, signature = token.split("-", 3)[:3], token.split("-", 3)[3:]
    if not signature or not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in numbers):
        return None
    feed = FeedOf(*(int(part) for part in numbers))
    good = hmac.compare_digest(signature[0].encode(), _signature(vault, feed).encode())
    return feed if good and max(feed) <= _MAX_ID else None


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


def _signature(vault: Vault, feed: FeedOf) -> str:
    key = bytes.fromhex(vault.key_for(feed.tenant_id, _FIELD))
    said = f"{feed.tenant_id}:{feed.resource_id}:{feed.version}".encode()
    return urlsafe_b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode().rstrip("=")
