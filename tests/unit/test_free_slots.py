"""What is free: hours, exceptions, holidays, blocks, busy ranges with buffers, and days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.orchestrator_service.appointments.free_slots import (
    Length,
    Rules,
    Slot,
    closed_because,
    free_slots,
    holidays_between,
    nearest,
    openings,
)
from nexus.orchestrator_service.appointments.local_time import (
    AmbiguousTimeError,
    NoSuchTimeError,
    TooFarError,
    day_bounds,
    elapsed,
    moment_of,
)
from nexus.store.agenda import Block, ExceptionDay, Hours
from nexus.store.appointments import Busy

BUENOS_AIRES, NEW_YORK, SANTIAGO = (
    ZoneInfo(f"America/{city}") for city in ("Argentina/Buenos_Aires", "New_York", "Santiago")
)
MONDAY = date(2031, 3, 3)
HOUR = Length(timedelta(hours=1))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MORNING = Hours(1, 0, time(9), time(13))


def rules(*hours: Hours, zone: ZoneInfo = BUENOS_AIRES, **more: Any) -> Rules:
    return Rules(zone=zone, hours=hours or (MORNING,), **more)


def at(clock: str, day: date = MONDAY, zone: ZoneInfo = BUENOS_AIRES, fold: int = 0) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).replace(fold=fold)


def starts(given_rules: Rules, length: Length = HOUR, day: date = MONDAY, **more: Any) -> list[str]:
    found = free_slots(given_rules, 1, day, length, not_before=more.pop("not_before", LONG_AGO))
    return [f"{slot.start:%H:%M}" for slot in found]


def test_a_morning_is_offered_by_half_hours_and_the_last_one_ends_with_it() -> None:
    assert starts(rules()) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30", "12:00"]
    assert starts(rules(), Length(timedelta(minutes=45)))[-2:] == ["12:00", "12:15"]
    assert starts(rules(), Length(timedelta(hours=5))) == []


def test_the_past_and_other_resources_and_weekdays_are_not_offered() -> None:
    assert starts(rules(), not_before=at("11:10")) == ["11:30", "12:00"]
    assert free_slots(rules(), 2, MONDAY, HOUR, not_before=LONG_AGO) == []
    assert starts(rules(), day=date(2031, 3, 4)) == []


def test_touching_intervals_are_one_and_midnight_ends_the_day() -> None:
    split = rules(MORNING, Hours(1, 0, time(13), time(15)), Hours(1, 0, time(22), time(0)))
    assert starts(split)[-4:] == ["14:00", "22:00", "22:30", "23:00"]
    assert "12:30" in starts(split)


def test_buffers_keep_away_from_others_but_may_reach_beyond_the_opening() -> None:
    busy = (Busy(1, at("10:50"), at("11:10")), Busy(2, at("09:00"), at("13:00")))
    assert starts(rules(busy=busy)) == ["09:00", "09:30", "11:30", "12:00"]
    padded = Length(timedelta(hours=1), timedelta(minutes=30), timedelta(minutes=30))
    assert starts(rules(busy=busy), padded) == ["09:00", "12:00"]


def test_blocks_of_the_resource_or_of_all_close_and_those_of_others_do_not() -> None:
    for resource, expected in ((1, ["09:00", "11:00", "11:30", "12:00"]), (None, ["09:00", "11:00", "11:30", "12:00"])):
        block = Block(1, resource, at("10:00"), at("11:00"), None)
        assert starts(rules(blocks=(block,))) == expected
    assert len(starts(rules(blocks=(Block(1, 2, at("10:00"), at("11:00"), None),)))) == 7


def test_an_exception_replaces_the_day_and_the_resources_own_goes_first() -> None:
    everybody = ExceptionDay(1, None, MONDAY, None, None, "Inventario")
    afternoon = ExceptionDay(2, 1, MONDAY, time(16), time(18), None)
    assert starts(rules(exceptions=(everybody,))) == []
    assert starts(rules(exceptions=(everybody, afternoon))) == ["16:00", "16:30", "17:00"]


def test_a_holiday_closes_unless_the_day_was_opened() -> None:
    holiday = {MONDAY: "Carnaval"}
    assert starts(rules(holidays=holiday)) == []
    opened = ExceptionDay(1, None, MONDAY, time(9), time(11), "Abrimos igual")
    assert starts(rules(holidays=holiday, exceptions=(opened,))) == ["09:00", "09:30", "10:00"]


def test_argentine_holidays_have_spanish_names_over_the_turn_of_the_year() -> None:
    found = holidays_between(date(2030, 12, 24), date(2031, 1, 2))
    assert found == {date(2030, 12, 25): "Navidad", date(2031, 1, 1): "Año Nuevo"}
    assert date(2031, 5, 1) not in holidays_between(date(2031, 4, 1), date(2031, 5, 1))


def test_why_it_is_closed() -> None:
    block = Block(1, None, at("12:00"), at("12:30"), None)
    closed = rules(blocks=(block,), holidays={date(2031, 3, 10): "Carnaval"})
    assert closed_because(closed, 1, at("09:00"), at("10:00")) is None
    assert closed_because(closed, 1, at("08:30"), at("09:30")) == "outside_hours"
    assert closed_because(closed, 1, at("12:15"), at("12:45")) == "blocked"
    tenth = date(2031, 3, 10)
    assert closed_because(closed, 1, at("09:00", tenth), at("10:00", tenth)) == "holiday"


def test_the_nearest_three_are_in_order_and_of_different_times() -> None:
    slots = [Slot(at(f"{hour:02}:00"), at(f"{hour:02}:30"), n) for hour in (9, 10, 12, 15, 18) for n in (1, 2)]
    near = nearest(slots, at("12:30"))
    assert [(f"{slot.start:%H}", slot.resource_id) for slot in near] == [("10", 1), ("12", 1), ("15", 1)]
    assert nearest([], at("12:30")) == []


NIGHT = Hours(1, 6, time(0), time(5))
SPRING, AUTUMN = date(2031, 3, 9), date(2031, 11, 2)


def test_the_hour_that_is_skipped_is_not_offered() -> None:
    shown = "00:00 00:30 01:00 01:30 03:00 03:30 04:00"
    assert starts(rules(NIGHT, zone=NEW_YORK), day=SPRING) == shown.split()
    found = free_slots(rules(NIGHT, zone=NEW_YORK), 1, SPRING, HOUR, not_before=LONG_AGO)
    assert {elapsed(slot.start, slot.end) for slot in found} == {timedelta(hours=1)}
    assert found[3].end.isoformat() == "2031-03-09T03:30:00-04:00"


def test_the_hour_that_comes_twice_is_offered_twice() -> None:
    found = free_slots(rules(NIGHT, zone=NEW_YORK), 1, AUTUMN, HOUR, not_before=LONG_AGO)
    assert [slot.start.isoformat()[11:] for slot in found if slot.start.hour == 1] == [
        "01:00:00-04:00",
        "01:30:00-04:00",
        "01:00:00-05:00",
        "01:30:00-05:00",
    ]


def test_a_day_that_begins_at_one_because_midnight_is_skipped() -> None:
    """Santiago puts its clocks forward at midnight."""
    day = date(2031, 9, 7)
    opens, closes = openings(rules(Hours(1, 6, time(0), time(2)), zone=SANTIAGO), 1, day)[0]
    assert (opens.astimezone(SANTIAGO).isoformat(), closes - opens) == ("2031-09-07T01:00:00-03:00", timedelta(hours=1))
    assert openings(rules(Hours(1, 6, time(0), time(0, 30)), zone=SANTIAGO), 1, day) == []
    first, end = day_bounds(day, date(2031, 9, 8), SANTIAGO)
    assert end - first == timedelta(hours=23)


def test_a_wall_time_names_one_moment_or_says_why_not() -> None:
    assert moment_of(datetime(2031, 3, 3, 14), BUENOS_AIRES).isoformat() == "2031-03-03T14:00:00-03:00"  # noqa: DTZ001
    assert moment_of(datetime(2031, 3, 3, 14, tzinfo=UTC), BUENOS_AIRES).isoformat() == "2031-03-03T11:00:00-03:00"
    for zone, gap in ((NEW_YORK, datetime(2031, 3, 9, 2, 30)), (SANTIAGO, datetime(2031, 9, 7, 0, 30))):  # noqa: DTZ001
        with pytest.raises(NoSuchTimeError):
            moment_of(gap, zone)
    with pytest.raises(AmbiguousTimeError) as twice:
        moment_of(datetime(2031, 11, 2, 1, 30), NEW_YORK)  # noqa: DTZ001
    assert [each.isoformat()[19:] for each in twice.value.candidates] == ["-04:00", "-05:00"]
    for year in (1, 1999, 2100, 9999):
        with pytest.raises(TooFarError):
            moment_of(datetime(year, 1, 1, 12), BUENOS_AIRES)  # noqa: DTZ001


ranges = st.tuples(st.integers(0, 90), st.integers(1, 20)).map(
    lambda pair: Busy(1, at("08:00") + timedelta(minutes=5 * pair[0]), at("08:00") + timedelta(minutes=5 * sum(pair)))
)


@given(
    st.lists(ranges, max_size=6),
    st.integers(1, 24).map(lambda n: timedelta(minutes=5 * n)),
    st.integers(0, 6).map(lambda n: timedelta(minutes=5 * n)),
)
def test_what_is_offered_lies_in_an_opening_and_meets_nobody(
    busy: list[Busy], lasts: timedelta, buffer: timedelta
) -> None:
    known = rules(busy=tuple(busy))
    for slot in free_slots(known, 1, MONDAY, Length(lasts, buffer, buffer), not_before=LONG_AGO):
        assert closed_because(known, 1, slot.start, slot.end) is None
        assert not any(b.start < slot.end + buffer and slot.start - buffer < b.end for b in busy)
