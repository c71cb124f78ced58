"""What journeys share: a shop for the tests that only knock at a door, and the order of the last test."""

import pytest

from tests.system import Shop, System

LAST = "test_no_log_of_the_session_holds_a_text_a_phone_or_a_secret"


@pytest.fixture(scope="module")
async def shop(running: System) -> Shop:
    """One shop for all the tests of a file that need no tenant of their own."""
    return await running.new_shop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The test that reads the whole session's logs runs after all that write them."""
    items.sort(key=lambda item: item.name == LAST)
