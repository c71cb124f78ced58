"""Doors where somebody could guess: one bucket per address and account, the same for accounts that do not exist."""

import hashlib
import math

from fastapi import Request

from nexus.orchestrator_service.admin.auth import client_address
from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.runtime.errors import ApiError

_TRIES = 8
_TRIES_PER_SECOND = 1 / 20


async def slow_down_guessing(request: Request, deps: AdminDeps, door: str, email: str, tries: int = _TRIES) -> None:
    """Let a try through, or raise 429 with Retry-After; each door has its own buckets."""
    who = f"{client_address(request)}|{email.strip().lower()}"
    key = f"{door}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
    wait = await deps.cache.take_token(key, tries, _TRIES_PER_SECOND)
    if wait > 0:
        raise ApiError(
            429,
            "too_many_attempts",
            "Demasiados intentos seguidos; esperá un momento y probá de nuevo.",
            {"Retry-After": str(math.ceil(wait))},
        )
