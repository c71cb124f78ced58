"""The loop that claims and runs work."""

import asyncio
from collections.abc import Sequence

from nexus.runtime.work import WorkLoop


async def test_with_every_slot_taken_it_does_not_ask_what_is_due() -> None:
    """Due work that nobody may take made it ask two hundred times a second."""
    stop, free_again = asyncio.Event(), asyncio.Event()
    asked: list[int] = []
    done: list[int] = []

    async def claim(free: int) -> Sequence[int]:
        return [] if done else list(range(free))

    async def work(item: int) -> None:
        await free_again.wait()
        done.append(item)

    async def pause() -> float:
        asked.append(len(done))
        return 0.001

    loop = WorkLoop("test", slots=2, claim=claim, work=work, pause=pause)
    running = asyncio.create_task(loop.run(stop, drain_seconds=1))
    for _ in range(20):
        loop.wake()
        await asyncio.sleep(0.002)
    assert asked == []
    free_again.set()
    while not asked:
        await asyncio.sleep(0.001)
    stop.set()
    await running
    assert done == [0, 1]
