"""What WhatsApp takes as a file (ycloud.md 5), told by the bytes: names and declared types come from outside."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from nexus.runtime.file_types import HEAD_BYTES, types_of
from nexus.runtime.pictures import LARGEST_IMAGE, MOST_PIXELS

MEGABYTE = 1024 * 1024
LARGEST = 16 * MEGABYTE
"""Bytes of any file; WhatsApp would take documents of 100 MB."""
_BRAND = re.compile(rb"^....ftyp(iso|mp4|avc|dash|M4V|MSNV|f4v)", re.DOTALL)
_MPEG_SOUND = re.compile(rb"^\xff[\xe2-\xe7\xf2-\xf7\xfa\xfb]")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ZIPPED = {
    "word/": (f"{_OFFICE}wordprocessingml.document", ".docx"),
    "xl/": (f"{_OFFICE}spreadsheetml.sheet", ".xlsx"),
    "ppt/": (f"{_OFFICE}presentationml.presentation", ".pptx"),
}
_OLD_OFFICE = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}


class NotTakenError(ValueError):
    """WhatsApp does not take this file; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class FileType:
    """`kind` is the WhatsApp type (image, video, audio, document); `convert`: it has to become a JPEG first."""

    kind: str
    mime: str
    extension: str
    convert: bool = False


def file_type(file: BinaryIO, size: int, name: str) -> FileType:
    """What the file is to WhatsApp. Raises NotTakenError."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    found = types_of(head)
    first = found[0] if found else ""
    if first.startswith("image/"):
        return _picture(file, size, first)
    mime = _recording(head, first)
    if mime:
        return FileType(mime.partition("/")[0], mime, _EXTENSIONS[mime])
    if first == "application/pdf":
        return FileType("document", first, ".pdf")
    return _office(file, found, name) or _plain(file, found, name)


def _picture(file: BinaryIO, size: int, mime: str) -> FileType:
    """JPEG and PNG go as they are, up to 5 MB; the other two, and larger ones, become a JPEG."""
    if mime not in ("image/jpeg", "image/png", "image/webp", "image/gif"):
        raise NotTakenError("WhatsApp no acepta ese formato de imagen: mandala como JPG o PNG.")
    file.seek(0)
    try:
        with Image.open(file) as picture:
            pixels, plain = picture.width * picture.height, picture.mode in ("RGB", "RGBA", "L", "P", "LA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise NotTakenError("La imagen está dañada y no se puede abrir.") from error
    if pixels > MOST_PIXELS:
        raise NotTakenError("La imagen es demasiado grande: achicala y probá de nuevo.")
    convert = mime not in ("image/jpeg", "image/png") or size > LARGEST_IMAGE or not plain
    return FileType("image", "image/jpeg" if convert else mime, ".jpg" if convert else _EXTENSIONS[mime], convert)


def _recording(head: bytes, first: str) -> str | None:
    """The type of a video or sound that WhatsApp takes; None for what is neither. Raises NotTakenError."""
    if first == "audio/ogg":
        if b"OpusHead" not in head[:512]:
            raise NotTakenError("WhatsApp acepta audios OGG sólo con Opus: convertilo a MP3 o M4A.")
        return first
    if first in ("video/mp4", "video/3gpp", "audio/aac", "audio/amr", "audio/mpeg", "audio/mp4"):
        return first
    if not first and _BRAND.match(head):
        return "video/mp4"
    if not first and _MPEG_SOUND.match(head):
        return "audio/mpeg"
    if first.startswith(("video/", "audio/")):
        raise NotTakenError("WhatsApp no acepta ese formato: mandá video como MP4 y audio como MP3, M4A u OGG.")
    return None


def _office(file: BinaryIO, found: list[str], name: str) -> FileType | None:
    if "application/x-ole-storage" in found:
        extension = PurePosixPath(name.lower()).suffix
        if extension in _OLD_OFFICE:
            return FileType("document", _OLD_OFFICE[extension], extension)
    if "application/zip" in found:
        try:
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            names = []
        for folder, (mime, extension) in _ZIPPED.items():
            if "[Content_Types].xml" in names and any(entry.startswith(folder) for entry in names):
                return FileType("document", mime, extension)
    return None


def _plain(file: BinaryIO, found: list[str], name: str) -> FileType:
    file.seek(0)
    if not found and PurePosixPath(name.lower()).suffix == ".txt":
        content = file.read()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
        if text.strip() and not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", text):
            return FileType("document", "text/plain", ".txt")
    raise NotTakenError(
        "WhatsApp no acepta ese tipo de archivo: se pueden mandar fotos, videos MP4, audios, PDF, Word, Excel, "
        "PowerPoint y texto (.txt)."
    )
