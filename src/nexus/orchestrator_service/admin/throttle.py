"""Doors that let nobody hurry: where somebody could guess, and where each try costs."""

import hashlib
import math

from fastapi import Request

from nexus.orchestrator_service.admin.auth import client_address
from nexus.orchestrator_service.admin.deps import AdminDeps
from nexus.runtime.errors import ApiError

_TRIES = 8
_TRIES_PER_SECOND = 1 / 20


async def slow_down_guessing(request: Request, deps: AdminDeps, door: str, email: str, tries: int = _TRIES) -> None:
    """Let a try through, or raise 429: each door has a bucket per address and account, existing or not."""
    who = f"{client_address(request)}|{email.strip().lower()}"
    key = f"{door}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
    words = "Demasiados intentos seguidos; esperá un momento y probá de nuevo."
    await refuse_haste(deps, key, tries, _TRIES_PER_SECOND, ("too_many_attempts", words))


async def refuse_haste(deps: AdminDeps, key: str, tries: int, per_second: float, error: tuple[str, str]) -> None:
    """Take one of the bucket's `tries`, or raise 429 with this (code, sentence) and Retry-After."""
    wait = await deps.cache.take_token(key, tries, per_second)
    if wait > 0:
        code, words = error
        raise ApiError(429, code, words, {"Retry-After": str(math.ceil(wait))})
