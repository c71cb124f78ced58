"""An answer that the system did not send, because something in it could not be proved: said again without it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from nexus.sandbox.model_request import Ask

_CORRECTION = "[Sistema: esa respuesta no se envió"
_NAMED = re.compile(r"«([^»]+)»")
_NOTHING_LEFT = "Eso no te lo puedo confirmar ahora. ¿Querés que te pase con una persona?"


def before_correction(ask: Ask) -> tuple[Ask, tuple[str, ...]]:
    """The request without the correction and the answer that it is about, and what of that answer must not stand."""
    place = next((i for i, m in enumerate(ask.messages) if m.role == "user" and m.text.startswith(_CORRECTION)), None)
    if place is None:
        return ask, ()
    before = ask.messages[:place]
    if before and before[-1].role == "assistant":
        before = before[:-1]
    named = tuple(words.strip() for words in _NAMED.findall(ask.messages[place].text))
    return replace(ask, messages=[*before, *ask.messages[place + 1 :]]), named


def without_unproved(bubbles: list[dict[str, Any]], named: tuple[str, ...]) -> list[dict[str, Any]]:
    """The bubbles without the lines that hold one of these words; a plain sentence when nothing is left."""
    if not named:
        return bubbles
    kept = []
    for bubble in bubbles:
        lines = [line for line in str(bubble.get("text") or "").split("\n") if not any(word in line for word in named)]
        rest = {**bubble, "text": "\n".join(lines)} if bubble.get("text") else bubble
        if any(rest.get(key) for key in ("text", "image_url", "product_id")):
            kept.append(rest)
    return kept or [{"text": _NOTHING_LEFT}]
