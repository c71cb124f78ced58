"""Acknowledgement in micro-batches: one statement in flight, the next takes all that arrived meanwhile (S-028)."""

import asyncio
from typing import Any

import structlog

from nexus.runtime.faults import fault_point
from nexus.runtime.metrics import ACK_BATCH
from nexus.store.database import UNREACHABLE, Pool, StatementError
from nexus.store.inbox import Accepted, accept_events

_MAX_BATCH = 100
_log = structlog.get_logger()


class Inbox:
    """Takes prepared events one by one and answers each when its row is durable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[Accepted]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def accept(self, event: dict[str, Any]) -> Accepted:
        """The event's outcome, after commit. Raises what the database raised; then the event is not stored."""
        answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, answer))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await answer

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
                ACK_BATCH.observe(len(batch))
                await self._store(batch)
        finally:
            self._flushing = None

    async def _store(self, batch: list[tuple[dict[str, Any], asyncio.Future[Accepted]]]) -> None:
        try:
            outcomes = await accept_events(self._pool, [event for event, _ in batch])
        except UNREACHABLE as error:
            for _, answer in batch:
                _settle(answer, error)
        except StatementError as error:
            if len(batch) == 1:
                _log.exception("accept_failed", event_type=batch[0][0]["event_type"])
                _settle(batch[0][1], error)
                return
            for single in batch:  # one bad event must not cost the others their 200
                await self._store([single])
        else:
            await fault_point("after_ack_commit")
            for (_, answer), outcome in zip(batch, outcomes, strict=True):
                if not answer.done():
                    answer.set_result(outcome)


def _settle(answer: asyncio.Future[Accepted], error: Exception) -> None:
    """A request that hung up meanwhile has no one left to tell."""
    if not answer.done():
        answer.set_exception(error)
