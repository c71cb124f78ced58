"""How far it is: one line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time

_EVERY = 0.1


class Progress:
    """Written to standard error, so that what a program reads stays clean."""

    def __init__(self) -> None:
        self._moving = sys.stderr.isatty()
        self._shown_at = 0.0

    def stage(self, text: str) -> None:
        """Something begins."""
        self._show(text, "\n" if not self._moving else "")

    def at(self, text: str) -> None:
        """Where it is now; nothing where no line can move."""
        now = time.monotonic()
        if self._moving and now - self._shown_at > _EVERY:
            self._shown_at = now
            self._show(text, "")

    def done(self) -> None:
        """Take the moving line away."""
        if self._moving:
            self._show("", "")

    def _show(self, text: str, end: str) -> None:
        sys.stderr.write(f"\r\033[K{text}" if self._moving else f"{text}{end}")
        sys.stderr.flush()


def size(number: float) -> str:
    """Bytes as people read them."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}".replace(".", ",")
        number /= 1000
    return f"{number:.1f} GB".replace(".", ",")
