"""A text made readable for the gate, character for character: Unicode tricks undone, numbers in words as digits.

Every step but the first keeps the length, so that a place found in the plain reading is the same place in the words.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһӏкмтвнАЕОРСУХІЈЅКМТВНοαερτυνικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdhlkmtbhAEOPCYXIJSKMTBHoaeptuvikABEZHIKMNOPTYX",
)  # Cyrillic and Greek letters that look Latin
_MARKUP = str.maketrans(dict.fromkeys("*~`"))
_ORDINALS = str.maketrans({"º": "°", "ª": "°"})
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-"))
_DROPPED = {"Cf", "Me", "Cc", "Co", "Cs"}
_VARIATION = {"\ufe0e", "\ufe0f"}
_PICTOGRAMS = "\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff"
_SENTENCE = re.compile(rf"[^.!?\n{_PICTOGRAMS}]+(?:\.(?=\w)[^.!?\n{_PICTOGRAMS}]*)*[.!?]*")

_SMALL = {
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciseis": 16, "diecisiete": 17,
    "dieciocho": 18, "diecinueve": 19, "veinte": 20, "veintiun": 21, "veintiuno": 21, "veintiuna": 21,
    "veintidos": 22, "veintitres": 23, "veinticuatro": 24, "veinticinco": 25, "veintiseis": 26, "veintisiete": 27,
    "veintiocho": 28, "veintinueve": 29,
}  # fmt: skip
_TENS = {"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90}
_HUNDREDS = {
    "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300, "cuatrocientos": 400, "quinientos": 500,
    "seiscientos": 600, "setecientos": 700, "ochocientos": 800, "novecientos": 900,
}  # fmt: skip
_ONES = r"un|uno|una|" + "|".join(word for word, value in _SMALL.items() if value < 10)
_BELOW_HUNDRED = (
    rf"(?:(?:{'|'.join(_TENS)})(?:\s*[y-]\s*(?:{_ONES})\b)?|{'|'.join(sorted(_SMALL, key=len, reverse=True))})"
)
_BELOW_THOUSAND = (
    rf"(?:(?:{'|'.join(word[:-2] + '[oa]s' if word.endswith('os') else word for word in _HUNDREDS)})"
    rf"(?:\s+(?:{_BELOW_HUNDRED}|un[oa]?)\b)?|{_BELOW_HUNDRED})"
)
_WORDS = re.compile(
    rf"(?<!\w)(?=\w)(?:(?P<millions>{_BELOW_THOUSAND}|un|\d{{1,3}})\s+millon(?:es)?\b(?:\s+(?=\w))?)?"
    rf"(?:(?P<thousands>{_BELOW_THOUSAND}|un)?\s*\bmil\b)?\s*(?P<rest>{_BELOW_THOUSAND}|(?<=\bmil )un[oa]?)?\b"
)
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,3})?)\s*(mil|lucas|luquitas|k)\b(?:\s+(\d{3})(?![\d.,]))?")
_MILLIONS = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,3})?)\s*(?:millon(?:es)?|palos?)\b")
_COURTESIES = re.compile(r"\b(?:mil|un\s+millon(?:\s+de)?)\s+(?:gracias|disculpas|perdones|perdon|besos|abrazos)\b")


class _Table(dict[int, str]):
    """A translation that is worked out once for each character."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, code: int) -> str:
        self[code] = self._rule(chr(code))
        return self[code]


def _plain(character: str) -> str:
    """Nothing for what is not seen, a space for every space, a digit for every digit, a Latin letter for its double."""
    if character in "\n\t":
        return "\n" if character == "\n" else " "
    category = unicodedata.category(character)
    if category in _DROPPED or character in _VARIATION:
        return ""
    value = unicodedata.decimal(character, None)
    if value is not None:
        return str(value)
    return " " if category.startswith("Z") else character.translate(_LOOKALIKES).translate(_DASHES).translate(_MARKUP)


_PLAIN = _Table(_plain)
_FOLDED = _Table(lambda character: unicodedata.normalize("NFD", character.lower())[:1] or character)


@dataclass(frozen=True, slots=True)
class Text:
    """One text for reading: `words` as people see it, `plain` folded and with digits for numbers, of equal length."""

    words: str
    plain: str
    sentences: list[tuple[int, int]]

    def sentence_at(self, place: int) -> tuple[int, int]:
        """The sentence around a place."""
        return next(((a, b) for a, b in self.sentences if a <= place < b), (0, len(self.plain)))


def read(written: str) -> Text:
    """The text normalised, folded, and with its number words as padded digits."""
    words = normal(written)
    folded = fold(words)
    sentences = [found.span() for found in _SENTENCE.finditer(folded)]
    return Text(words, in_digits(folded), sentences)


def normal(written: str) -> str:
    """Compatibility forms, look-alike letters, invisible characters and WhatsApp's emphasis undone."""
    return unicodedata.normalize("NFKC", written.translate(_ORDINALS)).translate(_PLAIN)


def fold(text: str) -> str:
    """Lower case without accents, as many characters as before."""
    return text.translate(_FOLDED)


def stem(word: str) -> str:
    """A folded word without its plural and its last vowel, so that negra, negro and negras are one."""
    base = word
    if len(base) > 5 and base.endswith("es") and base[-3] in "lnrdj":
        base = base[:-2]
    elif len(base) > 3 and base.endswith("s"):
        base = base[:-1]
    return base[:-1] if len(base) > 3 and base[-1] in "aeo" else base


def in_digits(folded: str) -> str:
    """Number words as digits, "49 mil", "49,9 mil" and "50 lucas" too; padded with spaces to the length they had."""
    thanked = _COURTESIES.sub(lambda found: "_" * len(found[0]), folded)
    text = _WORDS.sub(_counted, thanked)
    for pattern, factor in ((_THOUSANDS, 1000), (_MILLIONS, 1_000_000)):
        text = pattern.sub(lambda found, factor=factor: _multiplied(found, factor), text)  # type: ignore[misc]
    return "".join(old if new == "_" else new for old, new in zip(folded, text, strict=True))


def _counted(found: re.Match[str]) -> str:
    whole = found[0]
    has_thousands = re.search(r"\bmil\b", whole) is not None
    if not (found["millions"] or has_thousands or found["rest"]):
        return whole
    value = 0
    if found["millions"]:
        value += (int(found["millions"]) if found["millions"].isdecimal() else _value(found["millions"])) * 1_000_000
    if has_thousands:
        value += (_value(found["thousands"]) if found["thousands"] else 1) * 1000
    value += _value(found["rest"]) if found["rest"] else 0
    return _padded(str(value), whole)


def _value(words: str) -> int:
    total = 0
    for word in re.findall(r"\w+", words):
        hundred = word[:-2] + "os" if word.endswith("as") else word
        total += _SMALL.get(word, 0) or _TENS.get(word, 0) or _HUNDREDS.get(hundred, 0) or int(word.startswith("un"))
    return total


def _multiplied(found: re.Match[str], factor: int) -> str:
    figure = found[1].replace(",", ".")
    value = round(float(figure) * factor)
    if found.re is _THOUSANDS and found[3] and "." not in figure:
        value += int(found[3])
    return _padded(str(value), found[0])


def _padded(digits: str, whole: str) -> str:
    """Digits in the place of words; what is no longer than its digits ("mil") stays a word."""
    lead = len(whole) - len(whole.lstrip())
    if len(digits) + lead > len(whole):
        return whole
    tail = len(whole) - len(whole.rstrip())
    core = len(whole) - lead - tail
    return whole[:lead] + digits.ljust(core) + whole[len(whole) - tail :] if len(digits) <= core else whole
