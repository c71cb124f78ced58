"""A chat as JSON for the phone page: every line with its file, its quote, its buttons and what went wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from nexus.sandbox.chat_words import MEDIA_TYPES
from nexus.sandbox.chats import Chat, ChatMessage
from nexus.sandbox.delivery import window_open
from nexus.sandbox.media import mime_of_name
from nexus.sandbox.templates import shown
from nexus.sandbox.world import World
from nexus.sandbox.ycloud_events import ERROR_MESSAGES

_KEPT_APART = ("content", "media_id", "error_code", "hidden", "quote")


def thread_json(world: World, chat: Chat, after: int) -> dict[str, Any]:
    """The visible lines beyond `after`, the typing dots, the revision and the provider's 24 h window."""
    lines = [line_json(world, chat, line) for line in chat.messages if line.seq > after and not line.hidden]
    return {
        "messages": lines,
        "typing": chat.typing,
        "rev": chat.rev,
        "window_open": window_open(chat),
        "clock_hours": chat.clock_hours,
    }


def line_json(world: World, chat: Chat, line: ChatMessage) -> dict[str, Any]:
    """One line; fields that its type does not have are null."""
    row = asdict(line)
    for name in _KEPT_APART:
        del row[name]
    content = line.content
    media = _media(world, line)
    named = content if isinstance(content, dict) else None
    return row | {
        "image_url": media["url"] if media and line.type == "image" else line.image_url,
        "media": media,
        "location": named if line.type == "location" else None,
        "contacts": content if line.type == "contacts" else None,
        "interactive": named if line.type == "interactive" and line.direction == "out" else None,
        "order": named if line.type == "order" else None,
        "template": _template(world, chat, named) if line.type == "template" and named else None,
        "quoted": _quoted(chat, line.quote) if line.quote else None,
        "error": {"code": line.error_code, "title": ERROR_MESSAGES.get(line.error_code, "Message failed")}
        if line.error_code
        else None,
    }


def _media(world: World, line: ChatMessage) -> dict[str, Any] | None:
    """Where the page finds the file: here when the sandbox keeps it, else at the address in the content."""
    content = line.content
    if line.type not in MEDIA_TYPES or not isinstance(content, dict):
        return None
    kept = world.media.get(line.media_id or str(content.get("id") or ""))
    if kept is not None:
        name = content.get("filename") or kept.name
        row: dict[str, Any] = {"url": f"/sandbox/media/{kept.id}", "mime": kept.mime, "name": name, "size": kept.size}
        return row if kept.transcript is None else row | {"transcript": kept.transcript}
    link = content.get("link")
    if not link:
        return None
    name = content.get("filename") or urlsplit(str(link)).path.rpartition("/")[2]
    mime = content.get("mime_type") or mime_of_name(str(name))
    return {"url": link, "mime": mime, "name": name, "size": None}


def _template(world: World, chat: Chat, content: dict[str, Any]) -> dict[str, Any]:
    language = content.get("language")
    code = str(language.get("code")) if isinstance(language, dict) else ""
    number = world.numbers.get(chat.number)
    template = world.templates.find(number.waba_id, str(content.get("name")), code) if number else None
    return shown(template, content)


def _quoted(chat: Chat, wamid: str) -> dict[str, Any]:
    """The quoted line; one that this phone does not know has no words."""
    quoted = chat.find(wamid)
    if quoted is None:
        return {"wamid": wamid, "author": None, "text": "", "type": None}
    return {"wamid": wamid, "author": quoted.author, "text": quoted.text, "type": quoted.type}
