"""What YCloud refuses in a send's body, before anything is accepted (ycloud.md sections 4.1, 4.2, 5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from nexus.sandbox.chat_words import MEDIA_TYPES
from nexus.sandbox.interactive_checks import check_interactive
from nexus.sandbox.refusals import (
    invalid,
    limited,
    list_in,
    media_error,
    missing,
    object_in,
    optional,
    text_in,
    web_address,
)

E164 = re.compile(r"\+[1-9]\d{6,14}")
"""A phone as YCloud writes it: plus, country code, number."""

TYPES = MEDIA_TYPES | {"text", "location", "contacts", "interactive", "reaction", "template"}

WITHOUT_CAPTION = {"audio", "sticker"}

SUFFIXES = {
    "image": {".jpg", ".jpeg", ".png"},
    "video": {".mp4", ".3gp"},
    "audio": {".aac", ".amr", ".mp3", ".m4a", ".mp4", ".ogg", ".opus"},
    "sticker": {".webp"},
}
"""Endings by which a link's file is judged; one that says nothing about media passes."""

MEDIA_SUFFIXES = set().union(*SUFFIXES.values()) | {".svg", ".gif", ".bmp", ".avif", ".heic", ".webm", ".wav", ".pdf"}

LARGEST_DOCUMENT = 100 * 1024 * 1024
UPLOADS = {
    "image": ({"image/jpeg", "image/png"}, 5 * 1024 * 1024),
    "video": ({"video/mp4", "video/3gpp"}, 16 * 1024 * 1024),
    "audio": ({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}, 16 * 1024 * 1024),
    "sticker": ({"image/webp"}, 500 * 1024),
    "document": (
        {
            "application/pdf",
            "text/plain",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        },
        LARGEST_DOCUMENT,
    ),
}
"""Mime types and most bytes of each kind of upload."""

STILL_STICKER = 100 * 1024

_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
    "audio/ogg": (b"OggS",),
    "audio/amr": (b"#!AMR",),
    "audio/mpeg": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    "application/pdf": (b"%PDF-",),
}


def check_send(body: dict[str, Any]) -> None:
    """Raises `RefusedError` (400) for a body that the send endpoints do not take."""
    sender = text_in(body, "from", "from")
    if not E164.fullmatch(sender):
        raise invalid("from", "must be a phone number in E.164 format")
    if body.get("to") is None and body.get("recipient") is None:
        raise missing("to")
    if body.get("to") is not None and not E164.fullmatch(str(body["to"])):
        raise invalid("to", "must be a phone number in E.164 format")
    if body.get("to") is None:
        text_in(body, "recipient", "recipient")
    external_id = body.get("externalId")
    if external_id is not None and not isinstance(external_id, str):
        raise invalid("externalId", "must be a string")
    if body.get("context") is not None:
        text_in(object_in(body, "context", "body"), "message_id", "context.message_id")
    kind = text_in(body, "type", "type")
    if kind not in TYPES:
        raise invalid("type", "is not a supported message type")
    content = body.get(kind)
    if content is None:
        raise missing(kind)
    if kind == "contacts":
        _check_contacts(body)
        return
    if not isinstance(content, dict):
        raise invalid(kind, "must be an object")
    _CHECKS[kind](content, kind)


def check_upload(data: bytes, mime: str) -> None:
    """Raises `RefusedError` for a file that WhatsApp does not keep: type, size or bytes that belie the type."""
    bare = mime.partition(";")[0].strip().lower()
    most = next((size for mimes, size in UPLOADS.values() if bare in mimes), None)
    if most is None or not data:
        raise media_error("file")
    if bare == "image/webp" and b"ANIM" not in data[:64]:
        most = STILL_STICKER
    beginnings = _BEGINNINGS.get(bare)
    belied = beginnings is not None and not data.startswith(beginnings)
    not_opus = bare == "audio/ogg" and b"OpusHead" not in data[:512]
    if len(data) > most or belied or not_opus:
        raise media_error("file")


def _check_text(content: dict[str, Any], path: str) -> None:
    limited(content, "body", path, 4096)
    if not isinstance(content.get("preview_url", False), bool):
        raise invalid(f"{path}.preview_url", "must be a boolean")


def _check_media(content: dict[str, Any], path: str) -> None:
    if content.get("caption") is not None:
        if path in WITHOUT_CAPTION:
            raise invalid(f"{path}.caption", f"is not allowed in a {path} message")
        limited(content, "caption", path, 1024, least=0)
    if content.get("filename") is not None:
        limited(content, "filename", path, 240)
    if content.get("id"):
        text_in(content, "id", f"{path}.id")
        return
    ending = PurePosixPath(urlsplit(web_address(content, "link", path)).path.lower()).suffix
    if path in SUFFIXES and ending in MEDIA_SUFFIXES - SUFFIXES[path]:
        raise media_error(f"{path}.link")


def _check_location(content: dict[str, Any], path: str) -> None:
    for axis, most in (("latitude", 90), ("longitude", 180)):
        value = content.get(axis)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
            raise invalid(f"{path}.{axis}", f"must be a number from -{most} to {most}")
    for field in ("name", "address"):
        optional(content, field, path, 1000)


def _check_contacts(body: dict[str, Any]) -> None:
    for index, card in enumerate(list_in(body, "contacts", "body", 1, 257)):
        where = f"contacts[{index}]"
        limited(object_in(card, "name", where), "formatted_name", f"{where}.name", 512)
        for phone in card.get("phones") or []:
            if not isinstance(phone, dict) or not phone.get("phone"):
                raise missing(f"{where}.phones.phone")


def _check_reaction(content: dict[str, Any], path: str) -> None:
    text_in(content, "message_id", f"{path}.message_id")
    limited(content, "emoji", path, 16, least=0)


def _check_template(content: dict[str, Any], path: str) -> None:
    text_in(content, "name", f"{path}.name")
    text_in(object_in(content, "language", path), "code", f"{path}.language.code")
    for index, component in enumerate(content.get("components") or []):
        where = f"{path}.components[{index}]"
        if not isinstance(component, dict):
            raise invalid(where, "must be an object")
        kind = text_in(component, "type", f"{where}.type").lower()
        if kind not in {"header", "body", "button", "carousel", "limited_time_offer"}:
            raise invalid(f"{where}.type", "is not a supported component")
        if kind == "button":
            _check_template_button(component, where)
        most = 60 if kind == "header" else 1024
        for parameter in component.get("parameters") or []:
            if text_in(parameter, "type", f"{where}.parameters.type") == "text":
                limited(parameter, "text", f"{where}.parameters", most)


def _check_template_button(component: dict[str, Any], path: str) -> None:
    text_in(component, "sub_type", f"{path}.sub_type")
    if not str(component.get("index", "")).isdigit() or int(component["index"]) > 9:
        raise invalid(f"{path}.index", "must be a number from 0 to 9")


_CHECKS: dict[str, Callable[[dict[str, Any], str], None]] = {
    "text": _check_text,
    "location": _check_location,
    "reaction": _check_reaction,
    "template": _check_template,
    "interactive": check_interactive,
    **dict.fromkeys(MEDIA_TYPES, _check_media),
}
