"""What a WhatsApp message holds, by its type: words, details, file, and how the list shows it (ycloud.md 1.4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_TEXT = 65_536
_FILES = {"image": "Foto", "video": "Video", "audio": "Audio", "document": "Documento", "sticker": "Sticker"}
_MOST_ENTRIES = 50
_REFERRAL = ("source_url", "source_type", "source_id", "headline", "body", "media_type", "image_url", "video_url")


@dataclass(frozen=True, slots=True)
class Content:
    """`words` are the sender's own (text, caption, title), "" without any; `file` is what WhatsApp holds for us.

    `details` is the rest of it as the panel and the prompt show it; `preview` stands in the list of chats.
    """

    words: str
    preview: str
    details: dict[str, Any] | None = None
    file: dict[str, Any] | None = None


@dataclass(slots=True)
class _Fields:
    """An object of the event whose parts may be anything."""

    of: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str, limit: int = MAX_TEXT) -> str:
        value = self.of.get(name)
        return value.strip()[:limit] if isinstance(value, str) else ""

    def object(self, name: str) -> "_Fields":
        value = self.of.get(name)
        return _Fields(value if isinstance(value, dict) else {})

    def entries(self, name: str) -> list["_Fields"]:
        value = self.of.get(name)
        items = value[:_MOST_ENTRIES] if isinstance(value, list) else []
        return [_Fields(item) for item in items if isinstance(item, dict)]

    def number(self, name: str) -> float | None:
        value = self.of.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def texts(self, *names: str, limit: int = 1000) -> dict[str, Any]:
        """The named texts that are there."""
        return {name: text for name in names if (text := self.text(name, limit))}


def content_of(message: Mapping[str, Any], kind: str) -> Content:
    """What a message of type `kind` holds; a type that nobody knows, or one without its object, has no words."""
    if kind in _FILES:
        return _file(_Fields(message).object(kind), kind)
    read = _READERS.get(kind)
    return read(_Fields(message)) if read else Content("", f"Mensaje de tipo {kind[:32]}")


def referral_of(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """The advertisement or post that she came by; only on the first message of a click, of any type (1.4)."""
    referral = _Fields(message).object("referral").texts(*_REFERRAL, limit=2000)
    return referral or None


def quoted_id_of(message: Mapping[str, Any], kind: str) -> str | None:
    """The wamid that the message answers, or that a reaction is about."""
    fields = _Fields(message)
    found = fields.object("reaction").text("message_id", 255) if kind == "reaction" else ""
    return found or fields.object("context").text("id", 255) or None


def product_asked_for(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """The catalogue's product that a message is about (`context.referred_product`)."""
    context = _Fields(message).object("context")
    return context.object("referred_product").texts("catalog_id", "product_retailer_id", limit=255) or None


def _text(message: _Fields) -> Content:
    body = message.object("text").of.get("body")
    words = body[:MAX_TEXT] if isinstance(body, str) else ""  # as written, its line breaks included
    return Content(words, words)


def _file(given: _Fields, kind: str) -> Content:
    caption = given.text("caption")
    name = given.text("filename", 255)
    file = {
        "type": kind,
        "link": given.text("link", 4096) or None,
        "id": given.text("id", 255) or None,
        "mime_type": given.text("mime_type", 255) or None,
        "sha256": given.text("sha256", 128) or None,
        "name": name or None,
    }
    details = {"voice": True} if given.of.get("voice") is True else None
    return Content(caption, caption or name or _FILES[kind], details, file)


def _location(message: _Fields) -> Content:
    place = message.object("location")
    details = place.texts("name", "address", "url") | {
        axis: value for axis in ("latitude", "longitude") if (value := place.number(axis)) is not None
    }
    words = ", ".join(details[part] for part in ("name", "address") if part in details)
    if not words and "latitude" in details and "longitude" in details:
        words = f"{details['latitude']}, {details['longitude']}"
    return Content(words, f"Ubicación: {words}" if words else "Ubicación", details or None)


def _contacts(message: _Fields) -> Content:
    people = []
    for contact in message.entries("contacts"):
        name = contact.object("name").text("formatted_name", 255) or contact.object("name").text("first_name", 255)
        phones = [phone.text("phone", 32) or phone.text("wa_id", 32) for phone in contact.entries("phones")]
        people.append((name, [phone for phone in phones if phone]))
    words = "\n".join(": ".join(part for part in (name, ", ".join(phones)) if part) for name, phones in people)
    first = people[0][0] if people else ""
    return Content(
        words,
        f"Contacto: {first}" if first else "Contacto",
        {"contacts": [{"name": name, "phones": phones} for name, phones in people]},
    )


def _interactive(message: _Fields) -> Content:
    given = message.object("interactive")
    kind = given.text("type", 64)
    reply = given.object(kind)
    if kind == "nfm_reply":
        form = reply.texts("name", "body", "response_json", limit=4000)
        words = form.get("body") or form.get("name") or "Formulario"
        return Content(words, words, {"kind": kind, **form})
    chosen = reply.texts("id", "title", "description")
    words = chosen.get("title", "")
    return Content(words, words or "Respuesta", {"kind": kind, **chosen})


def _button(message: _Fields) -> Content:
    pressed = message.object("button").texts("text", "payload")
    return Content(pressed.get("text", ""), pressed.get("text", "Botón"), {"kind": "button", **pressed})


def _reaction(message: _Fields) -> Content:
    emoji = message.object("reaction").text("emoji", 32)
    return Content(emoji, f"Reaccionó {emoji}" if emoji else "Sacó su reacción")


def _order(message: _Fields) -> Content:
    given = message.object("order")
    items = [
        {
            **item.texts("product_retailer_id", "currency", limit=255),
            "quantity": item.number("quantity"),
            "item_price": item.number("item_price"),
        }
        for item in given.entries("product_items")
    ]
    details = {"items": items, **given.texts("catalog_id", limit=255)}
    return Content(given.text("text"), "Pedido del catálogo", details)


def _unsupported(message: _Fields) -> Content:
    problem = next(iter(message.entries("errors")), _Fields())
    code = problem.of.get("code")
    details = {"kind": unsupported_kind(message.of), "code": str(code)[:32] if isinstance(code, str | int) else None}
    return Content("", "Mensaje que WhatsApp no deja ver acá", details)


def unsupported_kind(message: Mapping[str, Any]) -> str:
    """What WhatsApp could not hand over: poll_creation, edit, pin…; "unknown" when it does not say."""
    return _Fields(message).object("unsupported").text("type", 64) or "unknown"


_READERS: dict[str, Callable[[_Fields], Content]] = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "reaction": _reaction,
    "order": _order,
    "unsupported": _unsupported,
}
