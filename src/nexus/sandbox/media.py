"""Files that travel through chats: what customers and businesses uploaded, and the samples of the phone page.

The bytes lie beside the journal, one file for each content, so that a restarted sandbox still shows and
plays them; without a journal they stay in memory. A customer's file is not handed to a business under its own
id: each message grants a new one (`Grant`), as WhatsApp does, and the download door looks grants up.
"""

from __future__ import annotations

import hashlib
import mimetypes
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nexus.sandbox import naming
from nexus.sandbox.media_samples import SAMPLE_IDS, sample, voice_transcript

Note = Callable[[str, dict[str, Any]], None]

DEFAULT_MIME = "application/octet-stream"
VOICE_MIME = "audio/ogg; codecs=opus"
_TYPES_BY_NAME = {".ogg": VOICE_MIME, ".opus": VOICE_MIME, ".webp": "image/webp", ".m4a": "audio/mp4"}


@dataclass
class StoredMedia:
    """A file. `sha256` is hexadecimal; `owner` the business number that uploaded it, "" for anybody's phone."""

    id: str
    name: str
    mime: str
    size: int
    sha256: str
    transcript: str | None = None
    owner: str = ""

    @property
    def kind(self) -> str:
        """The message type that carries such a file."""
        return kind_of(self.mime)

    def as_json(self) -> dict[str, Any]:
        """What the phone page needs to show it."""
        return {"id": self.id, "url": f"/sandbox/media/{self.id}", "mime": self.mime, "size": self.size} | {
            "sha256": self.sha256,
            "name": self.name,
            "kind": self.kind,
            "transcript": self.transcript,
        }


@dataclass
class Grant:
    """Leave for one business number to download one file; `at` is unix seconds."""

    id: str
    media_id: str
    number: str
    at: float


class MediaStore:
    """All files of this world. `folder` None keeps them in memory; `note` writes a row into the journal."""

    def __init__(self, folder: Path | None, note: Note) -> None:
        self._folder = folder
        self._note = note
        self._files: dict[str, StoredMedia] = {}
        self._bytes: dict[str, bytes] = {}
        self._grants: dict[str, Grant] = {}

    def put(self, data: bytes, *, name: str, mime: str, transcript: str | None = None, owner: str = "") -> StoredMedia:
        """Keeps a file; a business's upload gets an id in WhatsApp's shape."""
        digest = hashlib.sha256(data).hexdigest()
        media_id = naming.media_id() if owner else f"m{naming.message_id()}"
        stored = StoredMedia(media_id, name, mime, len(data), digest, transcript, owner)
        if self._folder is None:
            self._bytes[digest] = data
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / digest).write_bytes(data)
        self._files[media_id] = stored
        self._note("media", asdict(stored))
        return stored

    def get(self, media_id: str) -> StoredMedia | None:
        """The file of that id: an upload, a sample, or what a grant stands for."""
        if media_id in self._grants:
            media_id = self._grants[media_id].media_id
        known = self._files.get(media_id)
        if known is None and media_id in SAMPLE_IDS:
            made = sample(media_id)
            digest = hashlib.sha256(made.data).hexdigest()
            return StoredMedia(made.id, made.name, made.mime, len(made.data), digest, made.transcript)
        return known

    def read(self, media: StoredMedia) -> bytes:
        """The bytes; empty when somebody removed them from the folder."""
        if media.id in SAMPLE_IDS:
            return sample(media.id).data
        if self._folder is None:
            return self._bytes.get(media.sha256, b"")
        path = self._folder / media.sha256
        return path.read_bytes() if path.is_file() else b""

    def grant(self, media_id: str, number: str, age_seconds: float = 0.0) -> Grant:
        """A new id under which a business may download a file, given `age_seconds` ago."""
        grant = Grant(naming.media_id(), media_id, number, time.time() - age_seconds)
        self._grants[grant.id] = grant
        self._note("media_grant", asdict(grant))
        return grant

    def granted(self, grant_id: str) -> Grant | None:
        """The grant of that id."""
        return self._grants.get(grant_id)

    def transcript_of(self, digest: str) -> str | None:
        """The words registered for these bytes (hexadecimal SHA-256); None when nobody told them."""
        told = (m.transcript for m in self._files.values() if m.sha256 == digest and m.transcript is not None)
        return next(told, None) or voice_transcript(digest)

    def remember(self, kind: str, row: dict[str, Any]) -> None:
        """Takes a row of the journal back."""
        if kind == "media":
            self._files[row["id"]] = StoredMedia(**row)
        else:
            self._grants[row["id"]] = Grant(**row)

    def forget(self) -> None:
        """Removes every upload and grant; samples stay."""
        for stored in self._files.values():
            if self._folder is not None:
                (self._folder / stored.sha256).unlink(missing_ok=True)
        self._files.clear()
        self._bytes.clear()
        self._grants.clear()


def kind_of(mime: str) -> str:
    """The message type for a mime type; webp is a sticker, since WhatsApp takes no webp picture."""
    bare = mime.partition(";")[0].strip().lower()
    if bare == "image/webp":
        return "sticker"
    family = bare.partition("/")[0]
    return family if family in {"image", "video", "audio"} else "document"


def mime_of_name(name: str) -> str:
    """The mime type that a file name promises."""
    suffix = Path(name).suffix.lower()
    return _TYPES_BY_NAME.get(suffix) or mimetypes.guess_type(name)[0] or DEFAULT_MIME
