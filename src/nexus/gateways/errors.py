"""What a call that leaves our network can end in, besides an answer (architecture.md 4)."""


class PermanentError(RuntimeError):
    """The other side understood the request and refused it; the same request will be refused again."""

    def __init__(self, code: str, message: str, status: int) -> None:
        """`code` is the vendor's or ours in snake_case, `status` the HTTP status."""
        super().__init__(f"{status} {code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class RetryableError(RuntimeError):
    """Known to have done nothing; the same request may succeed later."""

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        """`retry_after` in seconds, when the other side or our breaker named it."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after = retry_after


class NotAcceptedError(RetryableError):
    """The request never left: connection refused, DNS failure, no free connection in time."""

    def __init__(self, reason: str) -> None:
        super().__init__("not_accepted", reason)


class BreakerOpenError(RetryableError):
    """Not even tried: this upstream has been failing for this tenant."""

    def __init__(self, upstream: str, retry_after: float) -> None:
        """`retry_after`: seconds until the next probe."""
        super().__init__("breaker_open", f"{upstream} no responde; se prueba de nuevo más tarde", retry_after)


class UnknownOutcomeError(RuntimeError):
    """The request may or may not have been carried out; never repeat it blindly when it writes."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
