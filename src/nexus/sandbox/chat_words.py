"""The words and the picture by which a phone shows a message of any type, in either direction."""

from __future__ import annotations

from typing import Any

MEDIA_TYPES = frozenset({"image", "video", "audio", "document", "sticker"})
"""Types whose content is a file."""


def readable(kind: str, content: Any) -> tuple[str, str | None]:
    """Text and picture address of a message; its content may be a refused and malformed one."""
    if kind == "contacts":
        return _names(content), None
    if not isinstance(content, dict):
        return "" if kind == "request_welcome" else f"[{kind}]", None
    if kind == "text":
        return str(content.get("body", "")), None
    if kind == "image":
        return str(content.get("caption") or ""), content.get("link")
    if kind in MEDIA_TYPES:
        return str(content.get("caption") or ""), None
    if kind == "interactive":
        return _interactive(content)
    if kind == "template":
        return f"[plantilla {content.get('name', '')}]", None
    words = {
        "location": [content.get("name"), content.get("address")],
        "button": [content.get("text")],
        "reaction": [content.get("emoji")],
        "order": [content.get("text")],
        "system": [content.get("body")],
    }
    return ", ".join(str(word) for word in words.get(kind, []) if word), None


def _interactive(content: dict[str, Any]) -> tuple[str, str | None]:
    """A tapped button or row by its title, a business's offer by its body and header picture."""
    for reply in ("button_reply", "list_reply", "nfm_reply"):
        tapped = content.get(reply)
        if isinstance(tapped, dict):
            return str(tapped.get("title") or tapped.get("body") or ""), None
    body, header = content.get("body"), content.get("header")
    words = str(body.get("text", "")) if isinstance(body, dict) else ""
    image = header.get("image") if isinstance(header, dict) else None
    return words, image.get("link") if isinstance(image, dict) else None


def _names(contacts: Any) -> str:
    cards = contacts if isinstance(contacts, list) else []
    names = [card.get("name") for card in cards if isinstance(card, dict)]
    return ", ".join(str(name.get("formatted_name", "")) for name in names if isinstance(name, dict))
