"""When a whole reading is due, and whose the signature of an event is (tiendanube-fixtures.json, webhooks.samples)."""

from datetime import UTC, datetime, timedelta

import pytest

from nexus.orchestrator_service.catalogue.refresh import full_is_due
from nexus.orchestrator_service.shop_events import is_signed
from nexus.store.catalogue_sync import Sync

NOON, NIGHT = datetime(2026, 11, 26, 15, tzinfo=UTC), datetime(2026, 11, 26, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "now", "due"),
    [
        (None, NOON, True),
        (timedelta(hours=2), NOON, False),
        (timedelta(hours=13), NOON, False),
        (timedelta(hours=13), NIGHT, True),
        (timedelta(hours=2), NIGHT, False),
        (timedelta(hours=25), NOON, True),
    ],
)
def test_all_is_read_at_first_by_night_and_once_a_day(age: timedelta | None, now: datetime, due: bool) -> None:
    sync = Sync(store_id="1", full_at=now - age if age else None)
    assert full_is_due(sync, "1", now) is due
    assert full_is_due(sync, "2", now)


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (
            '{"store_id":7654321,"event":"order/paid","id":880000002}',
            "c06f4b1bdba035bfa480132bf2bb32a21cf6065ad2ad71d12b2d3fa982243e14",
        ),
        (
            '{"store_id":7654321,"event":"product/updated","id":51001}',
            "8e819565a345646f94ace69c7daf0fc9874df6247c90057b2a9306aa9c7e6348",
        ),
    ],
)
def test_the_references_signatures_are_right_and_others_are_not(body: str, signature: str) -> None:
    assert is_signed(body.encode(), "fixture-app-secret", signature)
    assert not is_signed(body.encode(), "otro", signature)
    assert not is_signed(body.encode() + b" ", "fixture-app-secret", signature)
    assert not is_signed(body.encode(), "fixture-app-secret", "ñ")
