"""Spanish shopping words made comparable: accents, plurals and gender do not hide a product."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[\w/-]+")
_DIMINUTIVE = re.compile(r"(?:it|cit)[oa]s?$")
_SOUNDS = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"sch|sh"), "ch"),
    (re.compile(r"qu(?=[ei])|ck|q"), "k"),
    (re.compile(r"gu(?=[ei])"), "G"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"c(?=[ei])|z|x"), "s"),
    (re.compile(r"ch"), "C"),
    (re.compile(r"c"), "k"),
    (re.compile(r"ll|y"), "i"),
    (re.compile(r"h"), ""),
    (re.compile(r"v|w"), "b"),
    (re.compile(r"n(?=[bp])"), "m"),
    (re.compile(r"(.)\1+"), r"\1"),
)
"""What sounds alike in Argentina, written as one; in this order."""
_IGNORED_WORDS = (
    "a al algo algun alguna con cual de del el en es hay la las lo los me mi mis o para por que quiero se si su "
    "talle talles tenes tienen tiene un una unas unos y busco numero"
)
_IGNORED = frozenset(_IGNORED_WORDS.split())


def fold(text: str) -> str:
    """Lower case without accents; ñ becomes n, as customers write it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def singular(word: str) -> str:
    """A word's likely singular ("puntas" is "punta", "pantalones" is "pantalon"); short words stay."""
    if len(word) > 4 and word.endswith("ces"):
        return word[:-3] + "z"
    if len(word) > 5 and word.endswith("es") and word[-3] in "lnrdj":
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def stem(word: str) -> str:
    """Folded, singular, without the final vowel of gender: negra, negro and negras are one."""
    base = singular(fold(word))
    return base[:-1] if len(base) > 3 and base[-1] in "aeo" else base


@lru_cache(maxsize=65_536)
def stem_of(word: str) -> str:
    """`stem` of a word that comes again and again."""
    return stem(word)


@lru_cache(maxsize=65_536)
def sound(word: str) -> str:
    """How the word's stem is heard, so that sapatilla is zapatilla and buso is buzo."""
    heard = stem(word)
    for written, said in _SOUNDS:
        heard = written.sub(said, heard)
    return heard.lower()


def without_diminutive(word: str) -> str | None:
    """The stem of what a diminutive is made of (mallita: mall), or None where there is none."""
    plain = _DIMINUTIVE.sub("", fold(word))
    return plain if plain != fold(word) and len(plain) > 2 else None


def words_of(text: str) -> list[str]:
    """The words worth searching for, in lower case and in order, accents kept."""
    return [word for word in _WORD.findall(text.casefold()) if fold(word) not in _IGNORED]


def stems_in(text: str) -> set[str]:
    """Every word of a text as its stem."""
    return {stem(word) for word in _WORD.findall(text)}
