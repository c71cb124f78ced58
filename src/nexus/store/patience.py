"""Writes that must not be lost to a restart of PostgreSQL: what they tell is known to the writer and nowhere else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from nexus.store.database import UNREACHABLE

_T = TypeVar("_T")
_PAUSES = (0.1, 0.3, 0.6, 1.0, 2.0, 4.0)


async def through_restart(write: Callable[[], Awaitable[_T]]) -> _T:
    """Try `write` for some eight seconds while the database is away; it must be harmless to repeat.

    Raises what the last try raised.
    """
    for pause in _PAUSES:
        try:
            return await write()
        except UNREACHABLE:
            await asyncio.sleep(pause)
    return await write()
