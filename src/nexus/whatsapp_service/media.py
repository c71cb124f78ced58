"""Files out of customers' messages: fetched at once, kept as our own copy, voice notes put into words (S-018)."""

import asyncio
import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BufferedRandom
from uuid import UUID

import structlog

from nexus.gateways.errors import PermanentError, RetryableError
from nexus.gateways.speech import Speech
from nexus.gateways.ycloud.media import YCloudMedia
from nexus.runtime.faults import fault_point
from nexus.runtime.file_types import HEAD_BYTES, real_type, seconds_of
from nexus.runtime.logs import bind_correlation_id
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.metrics import MEDIA
from nexus.store.database import Pool
from nexus.store.media import (
    MediaTask,
    StoredFile,
    claim_media,
    fetch_again,
    file_failed,
    file_stored,
    let_go,
    load_task,
    next_media,
    words_done,
    words_failed,
)
from nexus.store.patience import through_restart
from nexus.whatsapp_service.keys import YCloudKeys

WORDS_SECONDS = 8.0
"""From a voice note's acceptance to its words, fetching included (S-018)."""
LONGEST_VOICE_SECONDS = 15 * 60
_FETCH_SECONDS = 12.0  # tried with our key and without: twice that is still within the lease
_AGAIN_SECONDS = (1.0, 3.0, 10.0, 60.0, 300.0, 1800.0)  # the link lives a month with our key (ycloud.md 5)
_BY_HAND_SECONDS = 25.0  # nobody waits for what a person asked for again
_MEGABYTE = 1024 * 1024
_LIMITS = {"document": 32 * _MEGABYTE}
_LIMIT = 16 * _MEGABYTE
_log = structlog.get_logger()


@dataclass
class MediaRoom:
    """What the loop needs; `wake_relay`, set by whoever has both loops, is called when a burst may go on."""

    pool: Pool
    keys: YCloudKeys
    ycloud: YCloudMedia
    speech: Speech
    folder: MediaFolder
    wake_relay: Callable[[], None] = field(init=False)

    async def claim(self, free: int) -> Sequence[tuple[int, UUID]]:
        """Messages of any tenant whose file or words are due."""
        return await claim_media(self.pool, free)

    async def pause(self) -> float:
        """Seconds until the next file is due, at most one."""
        due = await next_media(self.pool)
        return min(1.0, max(0.005, due)) if due is not None else 1.0

    async def work(self, claimed: tuple[int, UUID]) -> None:
        """One message: its file, then its words."""
        tenant_id, message_id = claimed
        # Through a restart of PostgreSQL: given up here, the note would wait out its lease and miss its 8 s.
        task = await through_restart(lambda: load_task(tenant_id, self.pool, message_id))
        if task is None:
            return
        bind_correlation_id(task.correlation_id or "")
        try:
            file = await self._file(task) if not task.stored else None
            if task.wants_words and (task.stored or file is not None):
                await self._words(task, file)
        except asyncio.CancelledError:  # we stop: left to its lease, a voice note would miss its 8 s
            await let_go(tenant_id, self.pool, task)
            raise
        self.wake_relay()

    async def _file(self, task: MediaTask) -> StoredFile | None:
        """Our own copy of the file, its row committed; None when there is none (yet)."""
        try:
            async with self.folder.being_written(task.tenant_id) as part:
                await self._fetch(task, part)
                file = await asyncio.to_thread(
                    _examined, task, part, self.folder.url_of(task.tenant_id, task.message_id)
                )
                await self.folder.keep(task.tenant_id, task.message_id, part)
            await fault_point("after_media_file")
        except RetryableError as error:
            await self._again(task, error.code)
            return None
        except PermanentError as error:
            await self._give_up(task, error.code)
            return None
        if not await through_restart(lambda: file_stored(task.tenant_id, self.pool, task, file)):
            self.folder.forget(task.tenant_id, task.message_id)
            return None
        self._count(task, "stored")
        return file

    async def _fetch(self, task: MediaTask, part: BufferedRandom) -> None:
        if not task.link:
            raise PermanentError("no_link", "El mensaje no trae el enlace de su archivo", 0)
        key = await through_restart(lambda: self.keys.of(task.tenant_id))
        seconds = max(2.0, WORDS_SECONDS - 2 - task.age_seconds) if task.wants_words else _FETCH_SECONDS
        limit = _LIMITS.get(task.media_type, _LIMIT)
        await self.ycloud.fetch(task.tenant_id, key, task.link, part, limit=limit, deadline=seconds)

    async def _again(self, task: MediaTask, problem: str) -> None:
        if task.attempts > len(_AGAIN_SECONDS):
            await self._give_up(task, problem)
            return
        pause = _AGAIN_SECONDS[max(0, task.attempts - 1)]
        await through_restart(lambda: fetch_again(task.tenant_id, self.pool, task, pause, problem))
        self._count(task, "again")

    async def _give_up(self, task: MediaTask, problem: str) -> None:
        await through_restart(lambda: file_failed(task.tenant_id, self.pool, task, problem))
        self._count(task, "failed")
        _log.warning("media_failed", message_id=str(task.message_id), type=task.media_type, problem=problem)

    async def _words(self, task: MediaTask, file: StoredFile | None) -> None:
        mime = file.mime_type if file else task.stored_mime or ""
        length = file.seconds if file else task.seconds
        words, problem = "", "too_long"
        if length is None or length <= LONGEST_VOICE_SECONDS:
            try:
                words, problem = await self._transcribe(task, mime), "no_speech"
            except (PermanentError, RetryableError) as error:
                problem = error.code
        if words:
            await through_restart(lambda: words_done(task.tenant_id, self.pool, task, words))
            self._count(task, "words")
            return
        await through_restart(lambda: words_failed(task.tenant_id, self.pool, task, problem))
        self._count(task, "no_words")
        _log.warning("transcription_failed", message_id=str(task.message_id), problem=problem)

    async def _transcribe(self, task: MediaTask, mime: str) -> str:
        path = self.folder.path_of(task.tenant_id, task.message_id)
        try:
            audio = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError as error:
            raise PermanentError("no_file", "El archivo ya no está", 0) from error
        left = WORDS_SECONDS - task.age_seconds
        return await self.speech.transcribe(
            task.tenant_id,
            audio,
            mime,
            shop=task.store_name,
            vocabulary=[word for word in re.split(r"[,;\n]+\s*", task.vocabulary) if word.strip()],
            deadline=max(2.0, left) if left > -WORDS_SECONDS else _BY_HAND_SECONDS,
        )

    def _count(self, task: MediaTask, outcome: str) -> None:
        MEDIA.labels(task.media_type, outcome).inc()


def _examined(task: MediaTask, part: BufferedRandom, storage_url: str) -> StoredFile:
    """What was fetched is what the message said: not empty, of its kind, whole.

    Raises PermanentError, RetryableError.
    """
    part.seek(0)
    head = part.read(HEAD_BYTES)
    if not head:
        raise PermanentError("empty", "El archivo está vacío", 0)
    mime = real_type(head, task.media_type, task.mime_type)
    if mime is None:
        raise PermanentError("wrong_type", f"El archivo no es lo que dice ser ({task.media_type})", 0)
    part.seek(0)
    digest = hashlib.file_digest(part, "sha256").digest()
    size = part.seek(0, 2)
    expected = _expected_digest(task.sha256)
    if expected is not None and expected != digest:
        raise RetryableError("damaged", "El archivo no llegó entero")
    seconds = seconds_of(part) if task.media_type in ("audio", "video") else None
    return StoredFile(storage_url, mime, size, digest.hex(), seconds)


def _expected_digest(given: str | None) -> bytes | None:
    """The provider's checksum, base64 or hexadecimal; None when it is none."""
    for decode in (bytes.fromhex, lambda text: base64.b64decode(text, validate=True)):
        try:
            digest = decode(given or "")
        except (ValueError, binascii.Error):
            continue
        if len(digest) == 32:
            return digest
    return None
