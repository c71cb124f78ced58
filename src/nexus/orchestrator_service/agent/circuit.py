"""A key whose account has no money is left alone for a while: a call would only cost the customer time (llm.md B)."""

import time
from collections.abc import Callable

from nexus.runtime.cache import Cache

OPEN_SECONDS = 600.0
_TOLD_SECONDS = 6 * 3600.0
_MOST_KEPT = 10_000


class Circuits:
    """Open circuits by tenant and key, in Redis for every process and here for when it is away."""

    def __init__(self, cache: Cache, clock: Callable[[], float] = time.monotonic) -> None:
        self._cache = cache
        self._clock = clock
        self._until: dict[str, float] = {}

    async def is_open(self, tenant_id: int, key: str) -> bool:
        """Whether the key (`ModelSettings.known_as`) is to be left alone now."""
        name = _name(tenant_id, key)
        return self._until.get(name, 0.0) > self._clock() or await self._cache.get(name) is not None

    async def open(self, tenant_id: int, key: str) -> bool:
        """Leave it alone for OPEN_SECONDS; whether people should be told, which is once in six hours."""
        name, told = _name(tenant_id, key), f"{_name(tenant_id, key)}:told"
        is_new = self._until.get(told, 0.0) <= self._clock() and await self._cache.get(told) is None
        for kept, seconds in ((name, OPEN_SECONDS), (told, _TOLD_SECONDS)):
            if len(self._until) >= _MOST_KEPT:
                self._until.clear()  # the copies in Redis stay
            self._until[kept] = self._clock() + seconds
            await self._cache.set(kept, "unpaid", seconds)
        return is_new

    async def close(self, tenant_id: int, key: str) -> None:
        """Somebody says that it is paid: the next call is made, and the next trouble is told."""
        for kept in (_name(tenant_id, key), f"{_name(tenant_id, key)}:told"):
            self._until.pop(kept, None)
            await self._cache.delete(kept)


def _name(tenant_id: int, key: str) -> str:
    return f"circuit:llm:{tenant_id}:{key}"
