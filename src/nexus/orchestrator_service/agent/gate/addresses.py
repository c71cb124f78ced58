"""Web addresses, mail addresses and account names in a text, and which of them the shop stands behind."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from nexus.orchestrator_service.agent.gate.reading import fold, normal

_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd "
    "cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg es et eu fi fj fk fm fo fr ga gd ge gf "
    "gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki "
    "km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx "
    "my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc "
    "sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us "
    "uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_GENERIC = (
    "com net org info biz name pro edu gob gov mil int tur coop app dev shop store tienda moda online site website web "
    "xyz top click link live life world today club vip fun space tech cloud host page blog news media art design "
    "studio agency digital market markets sale deals discount boutique fashion clothing shoes jewelry gift gifts bar "
    "cafe email chat social support help center company group team plus one best buy cash money pay finance bank "
    "credit zip mov lat ltd llc icu cyou rest bond sbs cfd mobi tel test example invalid local localhost"
)
_TOP_LEVELS = frozenset(f"{_COUNTRIES} {_GENERIC}".split())
_WITH_SCHEME = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,15}:)?//[^\s<>\"]+|\b(?:mailto|tel|sms|intent|javascript):\S+", re.IGNORECASE
)
_BARE = re.compile(
    r"(?<![@\w.\-/])(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.)+(?P<top>[^\W\d_]{2,24})\b(?!@)(?P<rest>:\d+[^\s<>]*|[/?#][^\s<>]*)?"
)
_NUMERIC = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:/\S*)?(?![\w.])")
_SPELLED = re.compile(
    r"(?<![\w.])[\w-]{3,}(?:\.[\w-]+)*"
    r"(?:\s*[\[({]\s*(?:\.|punto|dot)\s*[\])}]\s*|\s+(?:punto|dot)\s+|\s+\.\s*|\s*\.\s+)"
    r"(?:com|net|org|shop|store|site|online|xyz|io|app)(?:\s*(?:\.|punto)\s*ar)?\b(?!\s*\w+[aeio]s\b)",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"[\w.+-]+(?:@|\s@\s)[\w-]+(?:\.[\w-]+)+|[\w.+-]+\s+(?:arroba)\s+[\w-]+(?:\s*(?:\.|punto)\s*\w+)+",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z0-9_.]{3,}")
_PLATFORMS = {
    "mitiendanube.com", "tiendanube.com", "lojavirtualnuvem.com.br", "instagram.com", "facebook.com", "linktr.ee",
}  # fmt: skip
_TRAILING = ".,;:!?)]}\"'*_~»”…"
VARIANT = re.compile(r"variant=(\d+)")


@dataclass(frozen=True, slots=True)
class Address:
    """A mail or web address as written at `start:end` of the normalised text."""

    kind: str
    written: str
    start: int
    end: int


def addresses_in(words: str) -> Iterator[Address]:
    """Every address of an already normalised text, each place once."""
    text = words
    for kind, pattern in (
        ("link", _WITH_SCHEME),
        ("mail", _MAIL),
        ("link", _NUMERIC),
        ("link", _BARE),
        ("link", _SPELLED),
        ("link", _HANDLE),
    ):
        for match in list(pattern.finditer(text)):
            written = match[0].rstrip(_TRAILING)
            if pattern is _BARE and _is_prose(match, written):
                continue
            text = text[: match.start()] + "\x00" * len(written) + text[match.start() + len(written) :]
            yield Address(kind, written, match.start(), match.start() + len(written))


def _is_prose(match: re.Match[str], written: str) -> bool:
    """A full stop without a space ("stock.La"), an abbreviation, a name of an account."""
    host = written.split("/", maxsplit=1)[0]
    labels = host.split(".")
    top = labels[-1]
    if match["rest"] or labels[0].lower() == "www":
        return False
    if max(map(len, labels)) < 3 or (len(labels) > 2 and top.lower() not in _TOP_LEVELS):
        return True
    return top.lower() not in _TOP_LEVELS or (len(labels) == 2 and top[0].isupper() and not top.isupper())


def place_of(address: str) -> tuple[str, str, str] | None:
    """(host with port, path, query) to compare by; None for what is no plain web address of a plain host."""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address.removeprefix('//')}")
        port = f":{parts.port}" if parts.port else ""
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.password is not None or not host:
        return None
    if "\\" in address or "@" in parts.netloc or "%" in parts.netloc or not parts.netloc.isascii():
        return None
    query = parts.query + (f"#{parts.fragment}" if parts.fragment else "")
    return host.lower().removeprefix("www.") + port, parts.path.rstrip("/"), query


@dataclass(frozen=True, slots=True)
class KnownAddresses:
    """The addresses that may stand in a reply: `places` in canonical form, with the variants each may carry."""

    places: dict[tuple[str, str], frozenset[str]]
    queries: frozenset[tuple[str, str, str]]
    names: frozenset[str]
    site: str

    def allow(self, address: Address, raw: str) -> bool:
        """Whether it is one of them, character for character in what is sent: no invisible or foreign letter."""
        if address.kind == "mail" or address.written.startswith("@"):
            return name_of(address) in self.names
        if address.written not in raw:
            return False
        place = place_of(address.written)
        if place is None:
            return False
        host, path, query = place
        if self.site and (host == self.site or host.endswith(f".{self.site}")):
            return True
        if (host, path, query) in self.queries or ((host, path) in self.places and not query):
            return True
        variant = VARIANT.fullmatch(query)
        return variant is not None and variant[1] in self.places.get((host, path), ())


def known_addresses(
    pages: Iterable[tuple[str, Iterable[str]]], website: str | None, texts: Iterable[str]
) -> KnownAddresses:
    """`pages` are (address, ids of its variants) of this run's results, `texts` what the shop itself wrote."""
    places: dict[tuple[str, str], frozenset[str]] = {}
    queries = set()
    own = [website] if website else []
    told = [found for text in texts for found in _told(text)]
    written = [found.written for found in told if found.kind == "link" and not found.written.startswith("@")]
    for address, variants in (*pages, *((one, ()) for one in (*own, *written))):
        place = place_of(address)
        if place is not None:
            places[place[:2]] = frozenset(map(str, variants)) | places.get(place[:2], frozenset())
            queries.add(place)
    return KnownAddresses(places, frozenset(queries), frozenset(map(name_of, told)), _site(website))


def _site(website: str | None) -> str:
    """The host that is the shop's own with all its pages; not the platform's, on which every shop has its own name."""
    place = place_of(website) if website else None
    return place[0] if place and place[0] not in _PLATFORMS else ""


@lru_cache(maxsize=512)
def _told(text: str) -> tuple[Address, ...]:
    """Kept, for a shop's words are the same in every reply."""
    return tuple(addresses_in(normal(text)))


def name_of(address: Address) -> str:
    """A mail address or account name to compare by."""
    return fold(address.written).replace(" ", "")
