"""The part of a message that a search found, and where its words are in it."""

import re
import unicodedata

from nexus.orchestrator_service.admin.inbox_shapes import Match

_LONGEST = 120
_BEFORE = 30


def found_in(text: str, words: str) -> tuple[str, list[tuple[int, int]]]:
    """About a line of the text around the first of the words, and the UTF-16 ranges of all of them in it.

    Case and accents count for nothing, as in the search itself. What cannot be found again has no ranges.
    """
    line = re.sub(r"\s+", " ", text).strip()
    folded, origin = _folded(line)
    wanted = sorted((found for word in words.split() if (found := _folded(word)[0])), key=len, reverse=True)
    hits = [(m.start(), m.end()) for m in re.finditer("|".join(map(re.escape, wanted)), folded)] if wanted else []
    ends = [*origin, len(line)]  # with the accents that stand behind their letter
    places = [(origin[start], max(ends[end], origin[end - 1] + 1)) for start, end in hits]
    first = places[0][0] if places else 0
    start = 0 if len(line) <= _LONGEST else max(0, min(first - _BEFORE, len(line) - _LONGEST))
    end = min(len(line), start + _LONGEST)
    head, tail = "…" if start else "", "…" if end < len(line) else ""
    snippet = head + line[start:end] + tail
    shift = len(head) - start
    shown = [(a + shift, min(b, end) + shift) for a, b in places if start <= a < end]
    return snippet, [(_utf16(snippet[:a]), _utf16(snippet[:b])) for a, b in shown]


def match_of(message_id: object, text: str, words: str) -> Match:
    """The match of a chat's item."""
    snippet, ranges = found_in(text, words)
    return Match.model_validate({"message_id": message_id, "snippet": snippet, "ranges": ranges})


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without case and accents, and of each of its characters which one of the original it comes from."""
    characters: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        for part in unicodedata.normalize("NFD", character).lower():
            if not unicodedata.combining(part):
                characters.append(part)
                origin.append(place)
    return "".join(characters), origin


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
