"""The calendar's address is its own proof, and its content any calendar program reads."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from icalendar import Calendar

from nexus.contracts.appointments import Appointment
from nexus.orchestrator_service.appointments.calendar_feed import FeedOf, calendar, feed_token, read_feed_token
from nexus.store.secrets import Vault

VAULT = Vault("master-key-of-these-tests")
FEED = FeedOf(7, 3, 2)


def test_what_was_signed_is_read_back() -> None:
    assert read_feed_token(VAULT, feed_token(VAULT, FEED)) == FEED


@pytest.mark.parametrize("other", [FeedOf(8, 3, 2), FeedOf(7, 4, 2), FeedOf(7, 3, 3)])
def test_a_signature_is_good_for_its_own_calendar_alone(other: FeedOf) -> None:
    signature = feed_token(VAULT, FEED).split("-", 3)[3]
    assert read_feed_token(VAULT, f"{other.tenant_id}-{other.resource_id}-{other.version}-{signature}") is None
    assert read_feed_token(Vault("another"), feed_token(VAULT, other)) is None


@pytest.mark.parametrize(
    "token",
    ["", "-", "---", "7-3-2", "7-3-2-", "7-3-2-x", "a-3-2-x", "٧-3-2-x", "7-3-99999999999-x", "é" * 50, "-1-3-2-x"],
)
def test_what_nobody_signed_is_no_address(token: str) -> None:
    assert read_feed_token(VAULT, token) is None


def test_appointments_are_events_in_utc_with_their_words_escaped() -> None:
    start = datetime(2031, 3, 3, 13, tzinfo=UTC)
    appointment = Appointment(
        id=UUID(int=5),
        tenant_id=7,
        title="Clase; de prueba",
        start=start,
        end=start + timedelta(hours=1),
        status="confirmed",
        source="manual",
        customer_name="Lucía\nATTENDEE:mailto:x@y.z",
        customer_phone="+5491155550123",
        conversation_id=None,
        resource_id=3,
        service_id=None,
        notes="Trae, puntas",
        version=4,
    )
    body = calendar("Sala ñandú", "America/Argentina/Buenos_Aires", [appointment])
    assert b"\r\nATTENDEE" not in body
    read = Calendar.from_ical(body)
    [event] = read.walk("VEVENT")
    assert event.decoded("dtstart") == start
    assert event.decoded("dtend") == start + timedelta(hours=1)
    assert str(event["uid"]) == f"{UUID(int=5)}@nexus"
    assert str(event["summary"]) == "Clase; de prueba: Lucía\nATTENDEE:mailto:x@y.z"
    assert str(event["description"]) == "+5491155550123\nTrae, puntas"
    assert (str(event["status"]), event["sequence"]) == ("CONFIRMED", 4)
    assert str(read["x-wr-calname"]) == "Sala ñandú"
