"""Redis or Valkey as what it is here: copies and rate buckets. Any of it may vanish; nothing here ever raises."""

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import redis.asyncio as redis
from redis.exceptions import RedisError

from nexus.runtime.logs import get_logger

_T = TypeVar("_T")
_RETRY_AFTER_SECONDS = 2.0
_MOST_LOCAL_BUCKETS = 10_000

_BUCKET_SCRIPT = """
local t = redis.call('TIME'); local now = t[1] + t[2] / 1e6
local capacity, rate, reserve = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local bucket = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = math.min(capacity, (tonumber(bucket[1]) or capacity) + (now - (tonumber(bucket[2]) or now)) * rate)
local wait = 0
if level - reserve >= 1 then level = level - 1 else wait = (1 + reserve - level) / rate end
redis.call('HSET', KEYS[1], 'level', level, 'at', now)
redis.call('EXPIRE', KEYS[1], math.ceil(capacity / rate) + 1)
return tostring(wait)
"""


class Cache:
    """String keys with a TTL. A missing server is a miss, tried again after two seconds; buckets then live here."""

    def __init__(self, url: str) -> None:
        self._client: Any = (
            redis.Redis.from_url(
                url, decode_responses=True, socket_timeout=0.5, socket_connect_timeout=0.5, max_connections=50
            )
            if url
            else None
        )
        self._down_until = 0.0
        self._buckets: dict[str, tuple[float, float]] = {}

    @property
    def degraded(self) -> bool:
        """Whether the last call found no server."""
        return self._client is None or time.monotonic() < self._down_until

    async def get(self, key: str) -> str | None:
        """The value, or None when absent or the server is away."""
        return await self._try(lambda: self._client.get(key), None)

    async def set(self, key: str, value: str, ttl_seconds: float) -> None:
        """Write a copy that vanishes after `ttl_seconds`."""
        await self._try(lambda: self._client.set(key, value, px=max(1, int(ttl_seconds * 1000))), None)

    async def delete(self, key: str) -> None:
        """Forget a copy."""
        await self._try(lambda: self._client.delete(key), None)

    async def forget(self, keys: Iterable[str], pattern: str) -> None:
        """Forget these copies, and all whose key is as the glob pattern says."""

        async def forget() -> None:
            found = [key async for key in self._client.scan_iter(match=pattern, count=1000)]
            for one in (*keys, *found):
                await self._client.delete(one)

        await self._try(forget, None)

    async def ping(self) -> bool:
        """Ask the server now, whatever the last call found."""
        self._down_until = 0.0
        return self._client is not None and bool(await self._try(self._client.ping, False))

    async def memory(self) -> dict[str, Any] | None:
        """{used, most, evicts}: bytes, 0 for no limit, and whether old copies make room; None where it is not told."""
        found = await self._try(lambda: self._client.info("memory"), None)
        if not found or "used_memory" not in found:
            return None
        evicts = found.get("maxmemory_policy", "noeviction") != "noeviction"
        return {"used": found["used_memory"], "most": found.get("maxmemory", 0), "evicts": evicts}

    async def take_token(self, key: str, capacity: float, per_second: float, reserve: float = 0) -> float:
        """Take one token of a leaky bucket: 0 when taken, else seconds to wait. `reserve` tokens are left to others."""
        answer = await self._try(
            lambda: self._client.eval(_BUCKET_SCRIPT, 1, key, str(capacity), str(per_second), str(reserve)), None
        )
        return float(answer) if answer is not None else self._take_locally(key, capacity, per_second, reserve)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    def _take_locally(self, key: str, capacity: float, per_second: float, reserve: float) -> float:
        now = time.monotonic()
        level, at = self._buckets.get(key, (capacity, now))
        level = min(capacity, level + (now - at) * per_second)
        taken = level - reserve >= 1
        if len(self._buckets) >= _MOST_LOCAL_BUCKETS:
            self._buckets.clear()  # keys may come from outside; an emptied bucket only lets a few calls more through
        self._buckets[key] = (level - 1 if taken else level, now)
        return 0.0 if taken else (1 + reserve - level) / per_second

    async def _try(self, call: Callable[[], Awaitable[_T]], otherwise: _T) -> _T:
        if self.degraded:
            return otherwise
        try:
            return await call()
        except (RedisError, OSError, TimeoutError) as error:
            self._down_until = time.monotonic() + _RETRY_AFTER_SECONDS
            get_logger().warning("redis_unavailable", error=type(error).__name__)
            return otherwise
