"""Text as the API takes it: bounded, and without the NUL that PostgreSQL refuses in a text column."""

import re
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, StringConstraints

from nexus.contracts.identity import e164

_EMAIL = re.compile(r"^[^@\s\x00-\x1f<>,;:\"()\\]+@[^@\s\x00-\x1f<>,;:\"()\\]+\.[^@\s\x00-\x1f<>,;:\"()\\]+$")
_HOST = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$|^\[?[0-9A-Fa-f:.]+\]?$")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def not_nul(text: str) -> str:
    """The text, which PostgreSQL can keep. Raises ValueError."""
    if "\0" in text:
        raise ValueError("no puede tener el carácter nulo")
    return text


def _one_line(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("no puede tener saltos de línea ni caracteres de control")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("no puede estar vacío")
    return text


def _parameter(text: str) -> str:
    if re.search(r"[\n\t\r]| {5,}", text):
        raise ValueError("WhatsApp no acepta saltos de línea, tabulaciones ni muchos espacios seguidos")
    return text


def _not_masked(text: str) -> str:
    if "•" in text:
        raise ValueError("es el valor enmascarado, no el secreto")
    return text


def _phone(text: str) -> str:
    number = e164(text)
    if number is None:
        raise ValueError("no es un número internacional, como +5491100000000")
    return number


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(text: str) -> str:
    if text not in _zones():
        raise ValueError("no es una zona horaria IANA, como America/Argentina/Buenos_Aires")
    return text


def _email(text: str) -> str:
    if not _EMAIL.match(text):
        raise ValueError("no es una dirección de correo")
    return text


def _host(text: str) -> str:
    if not _HOST.match(text):
        raise ValueError("no es un servidor")
    return text


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("no es una dirección https")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("tiene que ser https")
    return text.rstrip("/")


def _email_or_empty(text: str) -> str:
    return _email(text) if text else text


def _host_or_empty(text: str) -> str:
    return _host(text) if text else text


def _base_url_or_empty(text: str) -> str:
    return _base_url(text) if text else text


Line = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True), AfterValidator(_one_line)]
"""A name or title."""
LongText = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(not_nul)]
"""Anything a person writes about the shop."""
Vocabulary = Annotated[str, StringConstraints(max_length=4000), AfterValidator(not_nul)]
"""Words that the transcriber should know, one a line or between commas."""
MessageText = Annotated[
    str, StringConstraints(min_length=1, max_length=4096), AfterValidator(not_nul), AfterValidator(_not_blank)
]
"""What WhatsApp takes as one text bubble (ycloud.md 4)."""
TemplateParameter = Annotated[
    str, StringConstraints(min_length=1, max_length=1024), AfterValidator(_not_blank), AfterValidator(_parameter),
    AfterValidator(_one_line),
]  # fmt: skip
"""What fills one blank of a template."""
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000, strip_whitespace=True),
    AfterValidator(not_nul),
]
Reference = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
"""A caller's own id of a request: printable ASCII."""
Number = Annotated[str, StringConstraints(max_length=32), AfterValidator(_phone)]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
Email = Annotated[
    str, StringConstraints(min_length=3, max_length=254, strip_whitespace=True, to_lower=True), AfterValidator(_email)
]
"""An account's address; one account has it however its letters are written."""
EmailOrEmpty = Annotated[str, StringConstraints(max_length=254, strip_whitespace=True), AfterValidator(_email_or_empty)]
HostOrEmpty = Annotated[str, StringConstraints(max_length=253, strip_whitespace=True), AfterValidator(_host_or_empty)]
SecretText = Annotated[
    str,
    StringConstraints(max_length=4096, strip_whitespace=True),
    AfterValidator(_one_line),
    AfterValidator(_not_masked),
]
"""A password; the empty string forgets it, the panel's own mask is refused."""
Key = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x21-\x7e]{0,4096}$")]
"""A credential that travels in an HTTP header: printable ASCII; the empty string forgets it."""
PathId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9_-]{0,64}$")]
"""An id that becomes part of a vendor's URL."""
BaseUrl = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), AfterValidator(_base_url_or_empty)]
Search = Annotated[str, StringConstraints(max_length=100, strip_whitespace=True), AfterValidator(not_nul)]
Filter = Annotated[str, StringConstraints(max_length=128), AfterValidator(not_nul)]
