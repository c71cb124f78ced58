"""Spanish shopping words made comparable: accents, plurals and gender do not hide a product."""

import re
import unicodedata

_WORD = re.compile(r"[\w/-]+")
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
    if len(word) > 5 and word.endswith("es") and word[-3] in "lnrdj":
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def stem(word: str) -> str:
    """Folded, singular, without the final vowel of gender: negra, negro and negras are one."""
    base = singular(fold(word))
    return base[:-1] if len(base) > 3 and base[-1] in "aeo" else base


def words_of(text: str) -> list[str]:
    """The words worth searching for, in lower case and in order, accents kept."""
    return [word for word in _WORD.findall(text.casefold()) if fold(word) not in _IGNORED]


def stems_in(text: str) -> set[str]:
    """Every word of a text as its stem."""
    return {stem(word) for word in _WORD.findall(text)}
