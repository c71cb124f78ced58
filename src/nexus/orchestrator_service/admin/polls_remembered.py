"""What PostgreSQL said of a poll lately, good for as long as no chat of the shop changes (decision 0027).

PostgreSQL tells of every change (0020); what nothing tells of - a session's end, a pause that ends by the clock - is
seen at the latest when the verdict is too old.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from nexus.store.database import Pool
from nexus.store.listen import hear
from nexus.store.polls import SeenList, SeenThread, standing

CHANNEL = "nexus_chats"
GOOD_FOR_SECONDS = 5.0
_MOST = 20_000


class RememberedPolls:
    """One per process. Without somebody who hears the changes (`hearing`) nothing is remembered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deaf = True
        self._changes: dict[int, int] = {}
        self._verdicts: dict[tuple[int, SeenList | SeenThread], tuple[int, float]] = {}

    @property
    def size(self) -> int:
        """How many verdicts there are."""
        return len(self._verdicts)

    def heard(self, payload: str) -> None:
        """A shop's chats changed, or, without a payload, nobody had heard anything until now."""
        if payload:
            self._changes[int(payload)] = self._changes.get(int(payload), 0) + 1
        else:
            self.deaf()
            self._deaf = False

    def deaf(self) -> None:
        """Changes may go unheard from now on. What is being asked right now must not be remembered either."""
        self._deaf = True
        self._verdicts.clear()
        self._changes = {tenant_id: count + 1 for tenant_id, count in self._changes.items()}

    async def standing(self, tenant_id: int, pool: Pool, looks: Sequence[SeenList | SeenThread]) -> set[int]:
        """As `store.polls.standing`, asking only about what is not remembered."""
        now = self._clock()
        count = self._changes.setdefault(tenant_id, 0)
        known = {n for n, look in enumerate(looks) if self._is_good(self._verdicts.get((tenant_id, look)), count, now)}
        asked = [n for n in range(len(looks)) if n not in known]
        if not asked:
            return known
        found = {asked[n] for n in await standing(tenant_id, pool, [looks[n] for n in asked])}
        if not self._deaf:
            if len(self._verdicts) > _MOST:
                self._verdicts.clear()
            self._verdicts |= {(tenant_id, looks[n]): (count, now + GOOD_FOR_SECONDS) for n in found}
        return known | found

    @staticmethod
    def _is_good(verdict: tuple[int, float] | None, count: int, now: float) -> bool:
        return verdict is not None and verdict[0] == count and now < verdict[1]


@asynccontextmanager
async def hearing(polls: RememberedPolls, dsn: str) -> AsyncIterator[None]:
    """Let `polls` hear of every change meanwhile."""
    stop = asyncio.Event()
    task = asyncio.create_task(hear(dsn, polls.heard, polls.deaf, stop, channel=CHANNEL, name="nexus_polls"))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([task], timeout=5)
        task.cancel()
