"""The error of this package: its text is the whole line a person sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nexus.embedded.errors import EmbeddedError


class BackupError(EmbeddedError):
    """A backup that cannot be taken, read or restored; nothing was changed unless the text says so."""


@contextmanager
def in_one_line(what_failed: str) -> Iterator[None]:
    """What PostgreSQL, the disk or the store refuse inside becomes a BackupError that begins so."""
    from nexus.store.database import UNREACHABLE, StatementError
    from nexus.store.dump import DumpRefusedError

    try:
        yield
    except DumpRefusedError as error:
        raise BackupError(str(error)) from error
    except (StatementError, *UNREACHABLE) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise BackupError(f"{what_failed}: {said}") from error
