"""A template's components as people see them, and what of it can be filled in from the panel."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_BLANK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Parts:
    """`header` is its text, or its format in brackets for a picture; `parameters` how many blanks the body has.

    `can_be_filled`: numbered blanks in the body only; named ones, those of header or buttons, and pictures are not.
    """

    body: str
    header: str | None
    footer: str | None
    buttons: list[str]
    parameters: int
    can_be_filled: bool


def parts_of(components: Sequence[Any]) -> Parts:
    """What a template is made of; parts that nobody knows are left out."""
    known = [part for part in components if isinstance(part, dict)]
    header, body, footer, buttons = (_part(known, kind) for kind in ("HEADER", "BODY", "FOOTER", "BUTTONS"))
    text = _text(body) or ""
    blanks = set(_BLANK.findall(text))
    form = str(header.get("format") or "TEXT").upper()
    pressed = [button for button in buttons.get("buttons") or [] if isinstance(button, dict)]
    whole = form == "TEXT" and not any(
        _BLANK.search(str(given)) for given in (header.get("text"), *(button.get("url") for button in pressed))
    )
    numbered = blanks == {str(n + 1) for n in range(len(blanks))}
    return Parts(
        body=text,
        header=_text(header) if form == "TEXT" else f"[{form}]",
        footer=_text(footer),
        buttons=[str(button.get("text") or "") for button in pressed],
        parameters=len(blanks),
        can_be_filled=whole and numbered,
    )


def filled(text: str, values: Sequence[str]) -> str:
    """The text with its numbered blanks filled in order; a value is never read as a blank itself."""
    return _BLANK.sub(lambda blank: values[int(blank[1]) - 1], text)


def _part(known: Sequence[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next((part for part in known if str(part.get("type", "")).upper() == kind), {})


def _text(part: dict[str, Any]) -> str | None:
    text = part.get("text")
    return text if isinstance(text, str) and text else None
