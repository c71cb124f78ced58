"""What o'clock it is elsewhere, by the Date of answers that were asked for anyway; nobody is asked for the time."""

import time
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

_KEPT_SECONDS = 3600.0
_seen: dict[str, tuple[float, timedelta]] = {}


def note_clock(upstream: str, headers: Mapping[str, str], sent: float) -> None:
    """Of an answer to what left at `sent` (time.time()): a Date between then and now, of whole seconds, is right."""
    try:
        theirs = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (TypeError, ValueError):
        return
    now = time.time()
    gap = theirs + 1 - sent if theirs + 1 < sent else max(theirs - now, 0.0)
    _seen[upstream] = (time.monotonic(), timedelta(seconds=gap))


def far_clocks() -> dict[str, timedelta]:
    """By upstream, how much its clock is ahead of this machine's, of those that this process asked in the last hour."""
    limit = time.monotonic() - _KEPT_SECONDS
    return {upstream: gap for upstream, (at, gap) in _seen.items() if at > limit}
