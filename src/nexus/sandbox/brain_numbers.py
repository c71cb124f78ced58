"""Numbers as people say them in voice notes, made digits: "talle treinta y siete" is "talle 37"."""

from __future__ import annotations

import re

_UNITS = {"un": 1, "uno": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8}
_UNITS |= {"nueve": 9}
_TEENS = {"diez": 10, "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciséis": 16}
_TEENS |= {"diecisiete": 17, "dieciocho": 18, "diecinueve": 19, "veintiuno": 21, "veintiún": 21, "veintidós": 22}
_TEENS |= {"veintitrés": 23, "veinticuatro": 24, "veinticinco": 25, "veintiséis": 26, "veintisiete": 27}
_TEENS |= {"veintiocho": 28, "veintinueve": 29, "dieciseis": 16, "veintidos": 22, "veintitres": 23, "veintiseis": 26}
_TENS = {"veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80}
_TENS |= {"noventa": 90}
_HUNDREDS = {"cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300, "cuatrocientos": 400}
_HUNDREDS |= {"quinientos": 500, "seiscientos": 600, "setecientos": 700, "ochocientos": 800, "novecientos": 900}


def _any(words: dict[str, int]) -> str:
    return "|".join(words)


_SMALL = rf"(?:{_any(_TEENS)}|{_any(_UNITS)})"
_FROM_TWENTY = rf"(?:{_any(_TENS)})(?: y (?:{_any(_UNITS)}))?"
_SAID = re.compile(
    rf"\b(?:(?P<hundred>{_any(_HUNDREDS)})(?: (?P<rest>{_FROM_TWENTY}|{_SMALL}))?|{_FROM_TWENTY}"
    rf"|(?P<named>talle|talla|número|numero|pedido) (?P<small>{_SMALL}))\b",
    re.IGNORECASE,
)


def in_digits(text: str) -> str:
    """The text with spoken numbers from twenty on, and smaller ones after "talle", written as digits."""
    return _SAID.sub(_digits, text)


def _digits(said: re.Match[str]) -> str:
    if said["named"]:
        return f"{said['named']} {_below_hundred(said['small'])}"
    if said["hundred"]:
        return str(_HUNDREDS[said["hundred"].lower()] + _below_hundred(said["rest"] or ""))
    return str(_below_hundred(said[0]))


def _below_hundred(words: str) -> int:
    values = _UNITS | _TEENS | _TENS
    return sum(values.get(word, 0) for word in words.lower().split())
