"""YCloud's webhook signature: `YCloud-Signature: t=<unix seconds>,s=<64 lowercase hex>` (ycloud.md 2, S-013).

Signed bytes are `t` + "." + the raw body, nothing after; the key is the whole secret as UTF-8, `whsec_` included.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

_HEADER = re.compile(r"t=([1-9][0-9]{0,11}),s=([0-9a-f]{64})")


class SignatureRefusedError(ValueError):
    """401; `reason` is missing, malformed, wrong, retired, late or future."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signature:
    """A header that has the right form; says nothing about being right."""

    at: int
    digest: str


def parse_signature(header: str | None) -> Signature:
    """Raises SignatureRefusedError for a missing or malformed header."""
    if not header:
        raise SignatureRefusedError("missing")
    match = _HEADER.fullmatch(header)
    if match is None:
        raise SignatureRefusedError("malformed")
    return Signature(int(match.group(1)), match.group(2))


def signed_with(signature: Signature, raw: bytes, secret: str) -> bool:
    """Whether this secret signed exactly these bytes; compared in constant time."""
    expected = hmac.new(secret.encode(), f"{signature.at}.".encode() + raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature.digest)


def check_age(signature: Signature, now: float, *, late: int, future: int) -> float:
    """The signature's age in seconds.

    Raises SignatureRefusedError past `late` or `future` seconds. YCloud retries for 5 h 36 min and may not sign anew,
    so `late` is wide; a replay is harmless because event ids are kept longer than that.
    """
    age = now - signature.at
    if age > late:
        raise SignatureRefusedError("late")
    if age < -future:
        raise SignatureRefusedError("future")
    return age
