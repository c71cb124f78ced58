"""What a file really is, by its first bytes: names and declared types come from outside (ycloud.md 5)."""

from typing import BinaryIO

import mutagen
import puremagic

HEAD_BYTES = 8192
"""Enough of a file to know it."""
_ALIASES = {
    "application/ogg": "audio/ogg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
}
_BY_EXTENSION = {
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".amr": "audio/amr",
    ".m4a": "audio/mp4",
}
# Containers that hold sound alone as well as pictures are what the message says they are.
_AS_AUDIO = {"video/mp4": "audio/mp4", "video/webm": "audio/webm", "video/3gpp": "audio/mp4"}
_TAKEN = {
    "audio": (
        "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/webm", "audio/wav", "audio/flac",
    ),
    "image": ("image/jpeg", "image/png", "image/webp", "image/gif"),
    "video": ("video/3gpp", "video/mp4", "video/webm"),
    "sticker": ("image/webp",),
}  # fmt: skip


def types_of(head: bytes) -> list[str]:
    """Every type that a file may be by its first bytes, the surest first; empty for plain text and the unknown."""
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return []
    named = [_BY_EXTENSION.get(match.extension.lower(), match.mime_type.lower()) for match in found]
    return list(dict.fromkeys(_ALIASES.get(name, name) for name in named if name))


def real_type(head: bytes, kind: str, declared: str | None) -> str | None:
    """The type of a file that came as `kind` (audio, image, video, sticker, document); None when it is not that.

    A document may be anything; what its bytes do not tell is what it is declared to be.
    """
    found = types_of(head)
    if kind == "document":
        plain = (declared or "").split(";")[0].strip().lower()
        return plain if plain and (not found or plain in found) else next(iter(found), "application/octet-stream")
    if kind == "audio":
        found = [_AS_AUDIO.get(name, name) for name in found]
    return next((name for name in _TAKEN.get(kind, ()) if name in found), None)


def seconds_of(file: BinaryIO) -> float | None:
    """How long a recording lasts, where its format says so."""
    file.seek(0)
    try:
        known = mutagen.File(file)
    except (mutagen.MutagenError, ValueError, EOFError):
        return None
    length = getattr(known.info, "length", None) if known is not None else None
    return float(length) if isinstance(length, int | float) else None
