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


class NotStoredError(RuntimeError):
    """The event is not durable, as far as we know: its webhook must be sent again."""


class Inbox:
    """Takes prepared events one by one and answers each when its row is durable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[Accepted]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def accept(self, event: dict[str, Any]) -> Accepted:
        """The event's outcome, after commit. Raises NotStoredError."""
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
            await fault_point("after_ack_commit")
        except UNREACHABLE as error:  # before StatementError: a terminated backend says so by a PostgresError, too
            _log.error("store_unavailable", error=type(error).__name__, events=len(batch))
            _refuse(batch)
        except StatementError:
            if len(batch) > 1:
                for single in batch:  # one bad event must not cost the others their 200
                    await self._store([single])
                return
            _log.exception("accept_failed", event_type=batch[0][0]["event_type"])
            _refuse(batch)
        except Exception:  # noqa: BLE001 - loop edge: whatever it was, the webhooks that wait must be told
            _log.exception("accept_failed", events=len(batch))
            _refuse(batch)
        else:
            for (_, answer), outcome in zip(batch, outcomes, strict=True):
                if not answer.done():
                    answer.set_result(outcome)


def _refuse(batch: list[tuple[dict[str, Any], asyncio.Future[Accepted]]]) -> None:
    """A request that hung up meanwhile has no one left to tell."""
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(NotStoredError())
