"""The one error of this package: its text is the whole line a person sees."""

from __future__ import annotations


class EmbeddedError(RuntimeError):
    """Something on this machine keeps a store or a service from starting; says what to do about it."""
