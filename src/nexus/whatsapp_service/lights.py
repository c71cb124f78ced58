"""The light of each shop's webhook: noted beside the answer, at most once a minute, never in a delivery's way."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from nexus.runtime.logs import get_logger
from nexus.runtime.metrics import PREVIOUS_SECRET
from nexus.store.database import UNREACHABLE, Pool
from nexus.store.webhook_lights import note_previous, note_previous_refused, note_refused, note_signed

_EVERY_SECONDS = 60.0
_MOST_KEPT = 10_000
_Note = Callable[[int, Pool], Awaitable[None]]


@dataclass
class Lights:
    """What was noted lately, so that a thousand deliveries are one write."""

    pool: Pool
    _noted: dict[tuple[int, _Note], float] = field(default_factory=dict)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def signed(self, tenants: Iterable[int]) -> None:
        """Their secret signed a delivery."""
        for tenant_id in set(tenants):
            self._soon(tenant_id, note_signed)

    def refused(self, tenants: Iterable[int]) -> None:
        """A delivery for them had a signature that no secret of theirs makes."""
        for tenant_id in set(tenants):
            self._soon(tenant_id, note_refused)

    def former(self, tenants: Iterable[int], *, taken: bool) -> None:
        """Their former secret signed a delivery, which was taken or came too late for it."""
        PREVIOUS_SECRET.labels("taken" if taken else "refused").inc()
        for tenant_id in set(tenants):
            self._soon(tenant_id, note_previous if taken else note_previous_refused)

    def _soon(self, tenant_id: int, note: _Note) -> None:
        now = time.monotonic()
        if now - self._noted.get((tenant_id, note), -_EVERY_SECONDS) < _EVERY_SECONDS:
            return
        if len(self._noted) >= _MOST_KEPT:
            self._noted.clear()  # numbers in a path come from outside; forgetting costs a write
        self._noted[tenant_id, note] = now
        if note is note_signed:
            self._noted.pop((tenant_id, note_refused), None)  # the next refusal is the first one since
        task = asyncio.create_task(self._write(tenant_id, note))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _write(self, tenant_id: int, note: _Note) -> None:
        try:
            await note(tenant_id, self.pool)
        except UNREACHABLE as error:
            get_logger().warning("webhook_light_not_written", tenant_id=tenant_id, error=type(error).__name__)
