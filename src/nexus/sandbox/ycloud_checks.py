"""What YCloud refuses in a send's body, before anything is accepted (ycloud.md sections 4.1, 4.2, 5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

E164 = re.compile(r"\+[1-9]\d{6,14}")
"""A phone as YCloud writes it: plus, country code, number."""

MEDIA = {"image", "video", "audio", "document", "sticker"}
TYPES = MEDIA | {"text", "location", "contacts", "interactive", "reaction", "template"}


@dataclass
class RefusedError(Exception):
    """YCloud refuses the request with this status and code; `target` names the field at fault."""

    status: int
    code: str
    message: str
    target: str | None = None
    whatsapp_code: str | None = None
    retry_after: int | None = None


def check_send(body: dict[str, Any]) -> None:
    """Raises `RefusedError` (400) for a body that the send endpoints do not take."""
    sender = _text(body, "from", "from")
    if not E164.fullmatch(sender):
        raise _invalid("from", "must be a phone number in E.164 format")
    if body.get("to") is None and body.get("recipient") is None:
        raise _missing("to")
    if body.get("to") is not None and not E164.fullmatch(str(body["to"])):
        raise _invalid("to", "must be a phone number in E.164 format")
    external_id = body.get("externalId")
    if external_id is not None and not isinstance(external_id, str):
        raise _invalid("externalId", "must be a string")
    kind = _text(body, "type", "type")
    if kind not in TYPES:
        raise _invalid("type", "is not a supported message type")
    content = body.get(kind)
    if content is None:
        raise _missing(kind)
    if kind == "contacts":
        return
    if not isinstance(content, dict):
        raise _invalid(kind, "must be an object")
    _CHECKS[kind](content, kind)


def _check_text(content: dict[str, Any], path: str) -> None:
    _limited(content, "body", path, 4096)


def _check_media(content: dict[str, Any], path: str) -> None:
    if content.get("caption") is not None:
        _limited(content, "caption", path, 1024, least=0)
    if content.get("id"):
        return
    link = _text(content, "link", f"{path}.link")
    parts = urlsplit(link)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise _invalid(f"{path}.link", "must be an http or https URL")
    if path == "image" and parts.path.lower().endswith((".webp", ".svg", ".gif")):
        raise RefusedError(400, "BAD_REQUEST", "(#131053) Media upload error", f"{path}.link", "131053")


def _check_location(content: dict[str, Any], path: str) -> None:
    for axis in ("latitude", "longitude"):
        if not isinstance(content.get(axis), int | float):
            raise _invalid(f"{path}.{axis}", "must be a number")


def _check_reaction(content: dict[str, Any], path: str) -> None:
    _text(content, "message_id", f"{path}.message_id")


def _check_template(content: dict[str, Any], path: str) -> None:
    _text(content, "name", f"{path}.name")
    language = content.get("language")
    if not isinstance(language, dict):
        raise _missing(f"{path}.language")
    _text(language, "code", f"{path}.language.code")


def _check_interactive(content: dict[str, Any], path: str) -> None:
    kind = _text(content, "type", f"{path}.type")
    _limited(_object(content, "body", path), "text", f"{path}.body", 1024)
    if content.get("footer") is not None:
        _limited(_object(content, "footer", path), "text", f"{path}.footer", 60)
    action = _object(content, "action", path)
    if kind == "button":
        _check_buttons(action.get("buttons"), f"{path}.action.buttons")
    elif kind == "list":
        _check_list(action, f"{path}.action")
    elif kind == "cta_url":
        parameters = _object(action, "parameters", f"{path}.action")
        _text(parameters, "url", f"{path}.action.parameters.url")
        label = _text(parameters, "display_text", f"{path}.action.parameters.display_text")
        if len(label.encode()) > 20:
            raise _too_long(f"{path}.action.parameters.display_text", 20)


def _check_buttons(buttons: Any, path: str) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise _invalid(path, "must hold 1 to 3 buttons")
    titles = []
    for index, button in enumerate(buttons):
        reply = _object(button, "reply", f"{path}[{index}]")
        titles.append(_limited(reply, "title", f"{path}[{index}].reply", 20))
        _limited(reply, "id", f"{path}[{index}].reply", 256)
    if len(set(titles)) != len(titles):
        raise _invalid(path, "button titles must be unique")


def _check_list(action: dict[str, Any], path: str) -> None:
    _limited(action, "button", path, 20)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise _invalid(f"{path}.sections", "must hold 1 to 10 sections")
    rows = [row for section in sections for row in section.get("rows", [])]
    if not 1 <= len(rows) <= 10:
        raise _invalid(f"{path}.sections", "must hold 1 to 10 rows in total")
    for row in rows:
        _limited(row, "id", f"{path}.sections.rows", 200)
        _limited(row, "title", f"{path}.sections.rows", 24)
        if row.get("description") is not None:
            _limited(row, "description", f"{path}.sections.rows", 72)


_CHECKS: dict[str, Callable[[dict[str, Any], str], None]] = {
    "text": _check_text,
    "location": _check_location,
    "reaction": _check_reaction,
    "template": _check_template,
    "interactive": _check_interactive,
    **dict.fromkeys(MEDIA, _check_media),
}


def _object(content: Any, key: str, path: str) -> dict[str, Any]:
    value = content.get(key) if isinstance(content, dict) else None
    if not isinstance(value, dict):
        raise _missing(f"{path}.{key}")
    return value


def _text(content: dict[str, Any], key: str, path: str) -> str:
    value = content.get(key)
    if value is None or value == "":
        raise _missing(path)
    if not isinstance(value, str):
        raise _invalid(path, "must be a string")
    return value


def _limited(content: dict[str, Any], key: str, path: str, most: int, *, least: int = 1) -> str:
    value = content.get(key)
    if not isinstance(value, str):
        raise _missing(f"{path}.{key}")
    if not least <= len(value) <= most:
        raise _too_long(f"{path}.{key}", most)
    return value


def _missing(target: str) -> RefusedError:
    return RefusedError(400, "PARAM_MISSING", f"The parameter '{target}' is required.", target)


def _invalid(target: str, why: str) -> RefusedError:
    return RefusedError(400, "PARAM_INVALID", f"The parameter '{target}' {why}.", target)


def _too_long(target: str, most: int) -> RefusedError:
    return RefusedError(
        400, "PARAM_INVALID_LENGTH", f"The parameter '{target}' must have 1 to {most} characters.", target
    )
