"""Of which product each part of a reply speaks: by its name or a part of it, its page or its picture."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nexus.orchestrator_service.agent.gate.addresses import place_of
from nexus.orchestrator_service.agent.gate.atoms import Atom
from nexus.orchestrator_service.agent.gate.facts import WEAK, Product
from nexus.orchestrator_service.agent.gate.reading import Text, stem

_WORD = re.compile(r"[a-z0-9ñ]+")
_ORDINAL = re.compile(r"\b(?:la|el|las|los)\s+(primer|segund|tercer|cuart|ultim)[oa]s?\b")
_LIKE_A_SIZE = re.compile(
    r"\b(?:el|en|del|al|y|o|es|son|sirve|usas|calzas|talles?|numeros?)\s*$|\b(?:talles?|numeros?)\b[^.!?\n]{0,20},\s*$"
)
_PLACES = {"primer": 0, "segund": 1, "tercer": 2, "cuart": 3, "ultim": -1}


@dataclass(frozen=True, slots=True)
class Mention:
    """The products (ids) that a place of a bubble may mean; one when it names it well enough."""

    bubble: int
    start: int
    end: int
    ids: frozenset[str]


class Naming:
    """Finds products in words by what their names have in common with them."""

    def __init__(self, products: Mapping[str, Product]) -> None:
        self._products = products
        self._vocabulary = {one for product in products.values() for one in product.stems}
        self._sizes = {part for p in products.values() for o in p.options() for part in re.findall(r"\d+", o)}
        self._pages = {
            place[:2]: key for key, product in products.items() if product.url and (place := place_of(product.url))
        }
        self._pictures = {product.image: key for key, product in products.items() if product.image}

    def as_size(self, atom: Atom, text: Text) -> Atom:
        """A bare number that is a size of some product is that size: "sin stock: 38", "el 8 se agotó"."""
        if atom.kind != "number" or str(atom.value) not in self._sizes:
            return atom
        if atom.value >= 20 or _LIKE_A_SIZE.search(text.plain[: atom.start]):
            return replace(atom, kind="size", value=str(atom.value))
        return atom

    def full_names(self, plain: str) -> list[tuple[int, int]]:
        """Where names that hold a digit, or a row of an order, stand whole: what is in them is no claim."""
        found = []
        for product in self._products.values():
            if product.name and (product.line or re.search(r"\d", product.name)):
                found += [m.span() for m in re.finditer(rf"(?<!\w){re.escape(product.name)}(?!\w)", plain)]
        return found

    def mentions(self, bubble: int, text: Text) -> list[Mention]:
        """Every phrase of a text that names something, in order."""
        found: list[Mention] = []
        phrase: list[re.Match[str]] = []
        for word in _WORD.finditer(text.plain):
            joined = not phrase or re.fullmatch(r"[\s\"«»']*", text.plain[phrase[-1].end() : word.start()])
            if stem(word[0]) in self._vocabulary and word[0] not in WEAK and len(word[0]) > 2:
                if phrase and not joined:
                    found += self._named(bubble, phrase)
                    phrase = []
                phrase.append(word)
            elif not (joined and word[0] in WEAK and word[0] not in ("y", "o", "a", "al", "que", "se", "es")):
                found += self._named(bubble, phrase)
                phrase = []
            elif phrase:
                phrase.append(word)
        found += self._named(bubble, phrase)
        found += self._by_place(bubble, text, found)
        return sorted(found, key=lambda one: one.start)

    def picture(self, bubble: int, address: str) -> list[Mention]:
        """A picture stands for its product."""
        key = self._pictures.get(address)
        return [Mention(bubble, 0, 0, frozenset({key}))] if key else []

    def page(self, bubble: int, address: str, start: int, end: int) -> list[Mention]:
        """A product's page stands for it."""
        place = place_of(address)
        key = self._pages.get(place[:2]) if place else None
        return [Mention(bubble, start, end, frozenset({key}))] if key else []

    def ids_in(self, text: Text) -> frozenset[str]:
        """The product that somebody's words speak of: the best named one, or all that are equally meant."""
        sets = [mention.ids for mention in self.mentions(0, text)]
        return min(sets, key=len, default=frozenset())

    def _named(self, bubble: int, phrase: Sequence[re.Match[str]]) -> list[Mention]:
        if not phrase:
            return []
        words = [word[0] for word in phrase if word[0] not in WEAK]
        stems = {stem(word) for word in words}
        fits = {
            key: (len(stems & product.stems), len(set(words) & product.forms))
            for key, product in self._products.items()
            if stems & product.stems
        }
        best = max(fits.values(), default=(0, 0))
        ids = frozenset(key for key, fit in fits.items() if fit == best)
        exact = frozenset(key for key in ids if self._products[key].stems == stems)
        return [Mention(bubble, phrase[0].start(), phrase[-1].end(), exact or ids)] if ids else []

    def _by_place(self, bubble: int, text: Text, named: Iterable[Mention]) -> list[Mention]:
        """ "La primera … y la segunda …", of those that were named before."""
        found = []
        for match in _ORDINAL.finditer(text.plain):
            before = list(dict.fromkeys(m.ids for m in sorted(named, key=lambda m: m.start) if m.end <= match.start()))
            place = _PLACES[match[1]]
            if len(before) > max(place, 1):
                found.append(Mention(bubble, match.start(), match.end(), before[place]))
        return found
