"""Redis between the Orchestrators, so that whichever announces a change reaches the clients of all of them.

python-socketio's own manager swallows what it could not publish and, once its subscription broke, waits up to a minute
before it listens again. Here a failed publication is an error, nothing is said locally before Redis took it, and
listening begins anew within a second.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import socketio
from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from nexus.runtime.logs import get_logger

_AWAY = (RedisError, OSError, TimeoutError)
_LISTEN_AGAIN_SECONDS = 0.5
_TIMEOUT_SECONDS = 2.0
_HEALTH_SECONDS = 5


class BusAwayError(RuntimeError):
    """Redis did not take it; nobody heard it."""


class Bus(socketio.AsyncRedisManager):  # type: ignore[misc]
    """The client manager of a server that shares its clients over Redis.

    It says everything on the first of its channels and listens to all of them, so that each message is heard once.
    `missed` is called after listening began anew while others went on without us: our clients may have missed events.
    """

    name = "nexus"

    def __init__(self, url: str, channels: Sequence[str], missed: Callable[[], Awaitable[None]]) -> None:
        super().__init__(url, channel=channels[0])
        self._channels = channels
        options: dict[str, Any] = {"socket_connect_timeout": _TIMEOUT_SECONDS, "retry": Retry(NoBackoff(), 0)}
        self._publisher = redis.Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS, **options)
        self._listener = redis.Redis.from_url(url, health_check_interval=_HEALTH_SECONDS, **options)
        self._left_out_keys = [f"{channel}:left_out" for channel in channels]
        self._left_out: int | None = None
        self._missed = missed

    async def emit(
        self, event: str, data: Any, namespace: str | None = None, room: str | None = None, **_: Any
    ) -> None:
        """Say an event to a room's clients everywhere. Raises BusAwayError, and then nobody heard it."""
        message = {
            "method": "emit",
            "event": event,
            "data": list(data) if isinstance(data, tuple) else [data],
            "binary": False,
            "namespace": namespace or "/",
            "room": room,
            "skip_sid": None,
            "callback": None,
            "host_id": self.host_id,
        }
        await self._publish(message)
        await self._handle_emit(message)

    async def listeners(self) -> int:
        """How many Orchestrators hear what is published now. Raises BusAwayError."""
        try:
            [[_channel, count]] = await self._publisher.pubsub_numsub(self.channel)
        except _AWAY as error:
            raise BusAwayError from error
        return int(count)

    async def note_left_out(self) -> None:
        """What is said from here on does not reach everybody; whoever listens again will know. Raises BusAwayError."""
        try:
            await self._publisher.incr(self._left_out_keys[0])
            self._left_out = await self._times_left_out()
        except _AWAY as error:
            raise BusAwayError from error

    async def close(self) -> None:
        """Stop listening and close the connections."""
        thread: asyncio.Task[None] | None = getattr(self, "thread", None)
        if thread is not None:
            thread.cancel()
            await asyncio.wait([thread])
        for client in (self._publisher, self._listener):
            await client.aclose()

    async def _publish(self, data: dict[str, Any]) -> None:
        try:
            await self._publisher.publish(self.channel, self.json.dumps(data))
        except _AWAY as error:
            raise BusAwayError from error

    async def _listen(self) -> AsyncIterator[bytes]:
        while True:
            try:
                async with self._listener.pubsub(ignore_subscribe_messages=True) as subscription:
                    await subscription.subscribe(*self._channels)
                    await self._catch_up()
                    while True:
                        message = await subscription.get_message(timeout=_HEALTH_SECONDS)
                        if message is not None:
                            yield message["data"]
            except _AWAY as error:
                get_logger().warning("bus_lost", error=type(error).__name__)
            await asyncio.sleep(_LISTEN_AGAIN_SECONDS)

    async def _catch_up(self) -> None:
        """Whether anything was said without us since we last listened, and then what is to be done about it."""
        left_out = await self._times_left_out()
        if self._left_out is not None and left_out != self._left_out:
            await self._missed()
        self._left_out = left_out

    async def _times_left_out(self) -> int:
        return sum(int(times or 0) for times in await self._publisher.mget(self._left_out_keys))
