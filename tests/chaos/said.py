"""What customers say in these tests, each message with a word of its own, and what the scripted model answers."""

import io
import itertools
from dataclasses import dataclass
from typing import Any

from mutagen.oggopus import OggOpus
from PIL import Image

from nexus.orchestrator_service.chat.notices import UNHEARD
from nexus.sandbox.media_samples import sample
from tests.system import Shop

KINDS = ("text", "voice", "photo")
HANDOFF_WORDS = "Te paso con una persona."
UNHEARD_ANSWER = ["R:sin audio arriba", "R:sin audio abajo"]
"""The answer to a burst that ends with a voice note which came without its words."""
NOTICE = UNHEARD
_markers = itertools.count(1)


@dataclass(frozen=True)
class Said:
    """One message of a customer, and the texts that answer it."""

    customer: str
    marker: str
    event_id: str
    wamid: str
    kind: str
    handoff: bool
    texts: list[str]


def new_marker() -> str:
    """A word that no other message of this run holds."""
    return f"k{next(_markers):06d}k"


def scenarios(planned: list[tuple[str, bool]], *, short: bool = False) -> list[dict[str, Any]]:
    """The model's part for every marker and whether it hands off, and for what it was told nobody could hear."""
    unheard = {"match": {"user_contains": "audio que no se pudo"}, "steps": [_reply(UNHEARD_ANSWER)]}
    return [*(_scenario(marker, handoff=handoff, short=short) for marker, handoff in planned), unheard]


def _scenario(marker: str, *, handoff: bool, short: bool) -> dict[str, Any]:
    """Two bubbles that name the message they answer, or one, or a handoff that does."""
    call = {"name": "derivhumano", "arguments": {"reason": f"H:{marker}"}}
    return {
        "match": {"user_contains": marker},
        "steps": [{"tool_calls": [call]} if handoff else _reply(_answer(marker, short=short))],
    }


def _reply(texts: list[str]) -> dict[str, Any]:
    return {"reply": {"bubbles": [{"text": text} for text in texts]}}


def _answer(marker: str, *, short: bool) -> list[str]:
    return [f"R:{marker} arriba"] if short else [f"R:{marker} arriba", f"R:{marker} abajo"]


async def write(
    shop: Shop, marker: str, kind: str, *, handoff: bool = False, customer: str = "", short: bool = False
) -> Said:
    """A customer (a new one by default) writes, speaks or sends a photo; nobody waits for the webhook's answer."""
    customer = customer or shop.customer()
    words = f"Hola, {marker}"
    file = {} if kind == "text" else {"media_id": await _upload(shop, marker, kind, words)}
    sent = await shop.say(customer, words, wait=False, **file)  # of a photo the caption; a voice note has none
    texts = [HANDOFF_WORDS] if handoff else _answer(marker, short=short)
    return Said(customer, marker, sent["event_id"], sent["wamid"], kind, handoff, texts)


async def _upload(shop: Shop, marker: str, kind: str, words: str) -> str:
    """A file that no other message has, so that its bytes tell whose it is; a voice note's words are registered."""
    query = {"name": f"{marker}.ogg", "transcript": words} if kind == "voice" else {"name": f"{marker}.jpg"}
    made = await shop.system.sandbox.post(
        "/sandbox/media", params=query, content=_voice(marker) if kind == "voice" else _photo(marker)
    )
    made.raise_for_status()
    return str(made.json()["id"])


def _voice(marker: str) -> bytes:
    file = io.BytesIO(sample("voz-envio").data)
    recording = OggOpus(file)  # type: ignore[no-untyped-call]
    recording["title"] = marker
    file.seek(0)
    recording.save(file)
    return file.getvalue()


def _photo(marker: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (96, 64), "teal").save(file, "JPEG", comment=marker.encode())
    return file.getvalue()
