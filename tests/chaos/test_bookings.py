"""No death around a booking books twice, says what is not so, or leaves it unsaid with nobody asked to say it."""

import asyncio

import pytest

from tests.chaos.bookings import BOOKING_POINTS, Booked, own_system, play_booking


@pytest.mark.timeout(170)
async def test_what_is_said_to_be_booked_is_and_what_is_booked_is_said() -> None:
    waiting = [*BOOKING_POINTS]
    outcomes: list[Booked] = []

    async def lane() -> None:
        async with own_system() as system:
            while waiting:
                outcomes.append(await play_booking(system, waiting.pop()))

    await asyncio.gather(lane(), lane())
    assert {outcome.point for outcome in outcomes} == set(BOOKING_POINTS)
    assert not [(outcome.point, outcome.problems) for outcome in outcomes if outcome.problems]


@pytest.mark.timeout(120)
async def test_a_run_that_breaks_off_after_the_booking_is_told_of_it_by_the_next_one() -> None:
    async with own_system() as system:
        outcome = await play_booking(system, "after_tool_effect", "raise")
    assert not outcome.problems
