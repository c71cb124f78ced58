"""How YCloud says no to a field: the error it raises and the small checks that raise it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass
class RefusedError(Exception):
    """YCloud refuses the request with this status and code; `target` names the field at fault."""

    status: int
    code: str
    message: str
    target: str | None = None
    whatsapp_code: str | None = None
    retry_after: int | None = None


def object_in(content: Any, key: str, path: str) -> dict[str, Any]:
    """The object under a key."""
    value = content.get(key) if isinstance(content, dict) else None
    if value is None:
        raise missing(f"{path}.{key}")
    if not isinstance(value, dict):
        raise invalid(f"{path}.{key}", "must be an object")
    return value


def list_in(content: Any, key: str, path: str, least: int, most: int) -> list[Any]:
    """The list under a key, of so many elements."""
    value = content.get(key) if isinstance(content, dict) else None
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise invalid(f"{path}.{key}", f"must hold {least} to {most} elements")
    return value


def text_in(content: dict[str, Any], key: str, path: str) -> str:
    """The text under a key, not empty; `path` is the whole name of the field."""
    value = content.get(key)
    if value is None or value == "":
        raise missing(path)
    if not isinstance(value, str):
        raise invalid(path, "must be a string")
    return value


def limited(content: Any, key: str, path: str, most: int, *, least: int = 1) -> str:
    """The text under a key, between `least` and `most` characters long."""
    value = content.get(key) if isinstance(content, dict) else None
    if value is None:
        raise missing(f"{path}.{key}")
    if not isinstance(value, str):
        raise invalid(f"{path}.{key}", "must be a string")
    if not least <= len(value) <= most:
        raise too_long(f"{path}.{key}", most)
    return value


def optional(content: dict[str, Any], key: str, path: str, most: int) -> str | None:
    """The text under a key that may be absent."""
    return None if content.get(key) is None else limited(content, key, path, most, least=0)


def identifier(content: Any, key: str, path: str, most: int) -> str:
    """An id: limited, without spaces around it."""
    value = limited(content, key, path, most)
    if value != value.strip():
        raise invalid(f"{path}.{key}", "must not start or end with a space")
    return value


def web_address(content: dict[str, Any], key: str, path: str) -> str:
    """An http or https URL."""
    link = text_in(content, key, f"{path}.{key}")
    try:
        parts = urlsplit(link)
    except ValueError:
        raise invalid(f"{path}.{key}", "must be an http or https URL") from None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise invalid(f"{path}.{key}", "must be an http or https URL")
    return link


def missing(target: str) -> RefusedError:
    """A required parameter is not there."""
    return RefusedError(400, "PARAM_MISSING", f"The parameter '{target}' is required.", target)


def invalid(target: str, why: str) -> RefusedError:
    """A parameter is not what it should be."""
    return RefusedError(400, "PARAM_INVALID", f"The parameter '{target}' {why}.", target)


def too_long(target: str, most: int) -> RefusedError:
    """A text is empty or longer than WhatsApp takes."""
    return RefusedError(
        400, "PARAM_INVALID_LENGTH", f"The parameter '{target}' must have 1 to {most} characters.", target
    )


def media_error(target: str) -> RefusedError:
    """WhatsApp cannot use a file: 131053."""
    return RefusedError(400, "BAD_REQUEST", "Media upload error", target, "131053")
