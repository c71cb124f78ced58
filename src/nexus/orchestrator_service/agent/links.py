"""Which web addresses may stand in a text, and what the text looks like without the others (architecture.md 6)."""

import re
from urllib.parse import urlsplit

_TOP_LEVEL = "com|net|org|ar|br|cl|co|mx|uy|es|io|me|ly|app|shop|store|link|info|online|site|xyz|top|click"
_ADDRESS = (
    r"(?:https?://|www\.)[^\s<>]+"
    rf"|(?<![@\w./-])(?:[\w-]+\.)+(?:{_TOP_LEVEL})(?![\w-])(?:[/?#:][^\s<>]*)?"
)
_LED_IN = re.compile(
    r"(?P<lead>(?:[\s(]*\b(?:en|a|acá|aca|aquí|aqui|link|este link|desde|por)\b)?[\s(:]*)"
    rf"(?P<address>{_ADDRESS})",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}\"'*_~»”…"


def keep_allowed(text: str, links: set[str], website: str | None) -> str:
    """The text with only addresses of `links` (this run's tool results) or of the shop's website in it.

    Another address goes together with the words that lead into it ("comprá acá: …"); a line of nothing but it
    goes whole.
    """
    allowed = {_place(link) for link in links}
    site = _host(website) if website else ""

    def judged(match: re.Match[str]) -> str:
        address = match["address"].rstrip(_TRAILING)
        if _place(address) in allowed or (site and _belongs(_host(address), site)):
            return match[0]
        rest = match["address"][len(address) :]
        return rest.replace(")", "", 1) if "(" in match["lead"] else rest

    return _LED_IN.sub(judged, text)


def _place(address: str) -> tuple[str, str]:
    """Host and path: a product's page with `?variant=` is the same page."""
    parts = _split(address)
    return _host(address), parts[1].rstrip("/")


def _host(address: str) -> str:
    return _split(address)[0].removeprefix("www.")


def _belongs(host: str, site: str) -> bool:
    return host == site or host.endswith("." + site)


def _split(address: str) -> tuple[str, str]:
    """Lower-case host with its port, and path; an address that cannot be read belongs to nobody."""
    try:
        parts = urlsplit(address if "://" in address else "https://" + address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "", address
    return (parts.hostname or "").lower() + port, parts.path
