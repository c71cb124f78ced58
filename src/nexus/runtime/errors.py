"""The contract's one shape of an error (contract.md 4)."""

from typing import Any

from starlette.responses import JSONResponse

from nexus.runtime.logs import current_correlation_id


class ApiError(Exception):
    """An answer with the contract's error shape; `message` is one Spanish sentence for a person.

    `details` are further members of `error` that a program can go on with.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str] | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.headers = status, code, message, headers
        self.details = details


def error_response(
    status: int,
    code: str,
    message: str,
    headers: dict[str, str] | None = None,
    details: dict[str, Any] | None = None,
) -> JSONResponse:
    """The one shape of an error (contract.md 4)."""
    error = (details or {}) | {"code": code, "message": message, "correlation_id": current_correlation_id()}
    return JSONResponse({"error": error}, status_code=status, headers=headers)
