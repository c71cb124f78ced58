"""Machine credentials: the internal token between services, the admin token for machines (S-108, S-109)."""

import hmac
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request

from nexus.runtime.errors import ApiError


def same_secret(given: str | None, *expected: str) -> bool:
    """Constant-time comparison with each of them, whichever fits; an empty expected secret matches nothing."""
    shown = (given or "").encode()
    fits = [bool(given and secret) and hmac.compare_digest(shown, secret.encode()) for secret in expected]
    return any(fits)


def internal_only(*expected: str) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """A FastAPI dependency: 401 unless `X-Internal-Token` is right."""

    async def check(request: Request) -> None:
        if not same_secret(request.headers.get("x-internal-token"), *expected):
            raise ApiError(401, "unauthorized", "Falta el token interno o no es válido.")

    return check
