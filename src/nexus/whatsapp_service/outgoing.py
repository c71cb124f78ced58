"""A bubble as WhatsApp takes it: text, template, picture by link, or a file given to it first (ycloud.md 4, 5)."""

import asyncio
import io
import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from nexus.gateways.egress import leads_inside
from nexus.gateways.errors import PermanentError, RetryableError, UnknownOutcomeError
from nexus.gateways.upstream import Upstream
from nexus.gateways.ycloud.client import image_content, media_content, template_content, text_content
from nexus.gateways.ycloud.media import YCloudMedia
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.pictures import OversizedPictureError, UnreadablePictureError, to_jpeg
from nexus.store.database import Pool
from nexus.store.patience import through_restart
from nexus.store.send_outcomes import (
    Bubble,
    note_given,
)

_NOT_TAKEN = {".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff", ".heic"}
LONGEST_CAPTION = 1024
_FETCH_SECONDS = 10.0


@dataclass
class OutgoingContent:
    """What the outbox asks before and for each send."""

    pool: Pool
    ycloud: YCloudMedia
    folder: MediaFolder
    pictures: Upstream
    allow_loopback: bool

    def is_ready(self, bubble: Bubble) -> bool:
        """Whether it can be sent as it is: its file, or a picture that WhatsApp would not take, was given to it."""
        if bubble.given_as is not None:
            return True
        return bubble.file is None and not (bubble.message_type == "image" and _needs_conversion(bubble))

    async def give(self, bubble: Bubble, key: str) -> None:
        """Give WhatsApp what the bubble needs, before anything is sent; shops serve webp, which it refuses.

        Raises PermanentError and RetryableError: both are safe to act upon, for nobody has received anything.
        """
        if bubble.file is not None:
            name, mime = bubble.file.name or "archivo", bubble.file.mime_type
            try:
                content = await asyncio.to_thread(self.folder.path_of(bubble.tenant_id, bubble.file.id).read_bytes)
            except FileNotFoundError as error:
                raise PermanentError("file_missing", "El archivo ya no está", 0) from error
        else:
            name, mime = "imagen.jpg", "image/jpeg"
            content = await asyncio.to_thread(_jpeg, await self._fetched(bubble.tenant_id, bubble.content))
        given_as = await self.ycloud.upload(bubble.tenant_id, key, bubble.from_number, name, mime, content)
        await through_restart(lambda: note_given(bubble.tenant_id, self.pool, bubble, given_as))

    def of(self, bubble: Bubble) -> dict[str, Any]:
        """The part of a send's body that is named by its type, for a bubble that is ready."""
        if bubble.file is not None and bubble.given_as:
            caption = bubble.content[:LONGEST_CAPTION] or None
            return media_content(bubble.message_type, bubble.given_as, caption=caption, name=bubble.file.name)
        if bubble.message_type == "image":
            caption = (bubble.caption or "")[:LONGEST_CAPTION] or None
            if bubble.given_as:
                return media_content("image", bubble.given_as, caption=caption)
            return image_content(bubble.content, caption)
        if bubble.message_type == "template" and bubble.payload:
            return template_content(json.loads(bubble.payload))
        return text_content(bubble.content)

    async def _fetched(self, tenant_id: int, url: str) -> bytes:
        host = urlsplit(url).hostname or ""
        if await leads_inside(host, allow_loopback=self.allow_loopback):
            raise PermanentError("131053", "La dirección de la imagen no es pública", 0)
        try:
            response = await self.pictures.request(tenant_id, "GET", url, deadline=_FETCH_SECONDS)
        except UnknownOutcomeError as error:
            raise RetryableError("picture_unavailable", error.reason) from error
        if response.status >= 500 or response.status == 429:
            raise RetryableError("picture_unavailable", f"La tienda contestó {response.status}")
        if response.status != 200:
            raise PermanentError("131053", f"La tienda contestó {response.status} por la imagen", response.status)
        return response.body


def _needs_conversion(bubble: Bubble) -> bool:
    suffix = PurePosixPath(urlsplit(bubble.content).path).suffix.lower()
    return bubble.refused_link or suffix in _NOT_TAKEN


def _jpeg(picture: bytes) -> bytes:
    out = io.BytesIO()
    try:
        to_jpeg(io.BytesIO(picture), out)
    except (UnreadablePictureError, OversizedPictureError) as error:
        raise PermanentError("131053", "La imagen no se puede leer o es demasiado grande", 0) from error
    return out.getvalue()
