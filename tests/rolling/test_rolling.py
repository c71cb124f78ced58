"""Two of each service, restarted one by one while customers write: nobody notices."""

import pytest

from tests.rolling.rounds import roll


@pytest.mark.timeout(240)
async def test_a_rolling_restart_loses_no_message_and_nobody_sees_an_error() -> None:
    verdict = await roll(1, 3.0, 7, print)
    assert not verdict.problems(), "\n".join(verdict.problems())
