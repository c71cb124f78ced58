"""The reduced table in the suite; the full one, with leases that end by themselves, is `nexus chaos`."""

import pytest

from tests.chaos.cells import reduced_table
from tests.chaos.run import play_table, table


@pytest.mark.timeout(240)
async def test_no_death_at_any_fault_point_loses_an_answer_or_gives_one_twice() -> None:
    outcomes = await play_table(reduced_table(), lanes=3, shorten=True)
    print(table(outcomes))
    assert not [outcome for outcome in outcomes if outcome.problems], "\n" + table(outcomes)
