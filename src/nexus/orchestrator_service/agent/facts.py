"""What a customer said of herself long ago, drawn from her own words by rules: sizes, name, city, tastes (S-031).

Nothing is stored: the messages are the record, each fact knows the one that it came from, and it is gone when that is.
No address, e-mail, document or phone is ever a fact, and nothing that the bot, a tool or a quotation said.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from nexus.orchestrator_service.agent.said import one_line
from nexus.orchestrator_service.catalogue.words import fold, stem
from nexus.store.memory import SaidMessage

Kind = Literal["name", "size", "asked_size", "likes", "dislikes", "city"]

HINTS = r"\m(me llamo|mi nombre|soy|calzo|uso|visto|talles?|talla|mi n[uú]mero|prefiero|me gustan?|vivo en)\M"
"""PostgreSQL's cheap look for messages that may hold a fact; `facts_in` decides."""
_MOST: dict[Kind, int] = {"name": 1, "size": 4, "asked_size": 3, "likes": 2, "dislikes": 2, "city": 1}
_LONGEST_VALUE, _LONGEST_READ = 40, 600
_SPOKEN_TYPES = frozenset({"text", "audio", "image", "video"})

_WORD = r"[^\W\d]{1,30}"  # bounded, as everything here: nobody's message may keep the machine busy
_SIZE = r"(?P<size>\d{1,2}(?:[.,]5)?|x{0,3}[sl]|m|x{0,3}[sml]/x{0,3}[sml])(?![\w/])"
_NO_SIZE = r"(?!\s*(?:anos?|%|pares|unidades|pesos|cuotas|hs|horas|mil|dias?|de \w+bre))"
_WORN = re.compile(
    rf"\b(?P<verb>calzo|uso|soy|visto|mi talle es|mi numero es)\s+(?:un |el |la |de )?"
    rf"(?P<named>(?:talle|talla|numero|nro)\s+)?(?:el )?{_SIZE}{_NO_SIZE}(?:\s+(?:de|en|para)\s+(?P<after>{_WORD}))?"
)
_CLAUSE_ENDS = re.compile(r"\s*(?:[^\w\s]|\n|$|(?:de|en|para|y|o|pero|siempre)\b)")
_TRAILING = re.compile(r"(?:\s*\b(?:de|en|la|el|un|una)\b)+\s*$")
_WORN_BEFORE = re.compile(rf"\b(?:de|en|para)\s+(?P<before>{_WORD}(?:\s+de\s+{_WORD})?)[\s,]+$")
_ASKED = re.compile(
    rf"(?P<before>(?:{_WORD}\s+){{0,4}})(?:talle|talla)s?\s+{_SIZE}{_NO_SIZE}(?:\s+(?:de|en)\s+(?P<after>{_WORD}))?"
)
_FOR = re.compile(r"\bpara mi (hij[ao]|nen[ae]|sobrin[ao]|niet[ao]|herman[ao]|mama|alumn[ao])\b")
_NAMED = re.compile(
    rf"\b(?:me llamo|mi nombre es)\s+(?P<name>{_WORD}(?:\s+[A-ZÁÉÍÓÚÑ][^\W\d]{{0,30}}){{0,2}})", re.IGNORECASE
)
_I_AM = re.compile(r"\b[Ss]oy\s+(?P<name>[A-ZÁÉÍÓÚÑ][^\W\d]{1,30}(?:\s+[A-ZÁÉÍÓÚÑ][^\W\d]{1,30})?)\s*(?=[.,;!?\n]|$)")
_CITY = re.compile(
    r"\b(?:[Ss]oy de|[Vv]ivo en)\s+(?P<city>[A-ZÁÉÍÓÚÑ][^\W\d]{1,30}+"
    r"(?:\s+(?:de\s+|del\s+)?[A-ZÁÉÍÓÚÑ][^\W\d]{1,30}+){0,2}+)(?!\s*\d)"
)
_TASTE = re.compile(
    rf"\b(?P<no>no )?(?:prefiero|me gustan?(?: mas)?)\s+(?:siempre |mas )?(?P<what>{_WORD}(?:\s+{_WORD}){{0,4}}?)"
    r"(?=\s*(?:[.,;!?\n]|$|\by\b|\bpero\b|\bporque\b|\bque\b))"
)
_NO_NAME_WORDS = (
    "talle talla clienta cliente profe profesora profesor alumna alumno bailarina bailarin mama papa de del la el una "
    "un nueva nuevo yo asi muy mas como quien argentina argentino mayorista revendedora"
)
_NO_NAME = frozenset(_NO_NAME_WORDS.split())
_NO_ARTICLE_WORDS = (
    "a al algo alguna con cual cuanto de del el en es esa ese eso esta este hay la las lo los me mi mis para por que "
    "quiero se si su tenes tienen tiene un una unas unos y o busco necesito vendes hola buenas queres ver sale salen "
    "precio uso calzo soy mia hija nena disponible stock quedan queda talle talles realidad general verdad"
)
_NO_ARTICLE = frozenset(_NO_ARTICLE_WORDS.split())
_VAGUE = frozenset({"mucho", "muchisimo", "eso", "esto", "esa", "ese", "la", "el", "todo", "nada", "como", "asi"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing she said; `about` is the article of a size, `message_id` where she said it."""

    kind: Kind
    about: str
    value: str
    message_id: UUID | None
    whose: str = ""


def facts_in(message: SaidMessage) -> list[Fact]:
    """The facts of one message; none unless the customer herself wrote or spoke it."""
    if message.role != "user" or message.author != "customer" or message.message_type not in _SPOKEN_TYPES:
        return []
    words = unicodedata.normalize("NFC", message.content)[:_LONGEST_READ]
    plain = fold(words)
    if len(plain) != len(words):  # a letter that folding makes two of: values are then plain, too
        words = plain
    return [
        *_sizes(plain, message.id),
        *_name(words, message.id),
        *_city(words, message.id),
        *_tastes(plain, message.id),
    ]


def older_facts(statements: Iterable[SaidMessage], visible: Sequence[SaidMessage]) -> list[Fact]:
    """The newest fact of each kind and article that stands in no `visible` message; `statements` oldest first."""
    seen = {message.id for message in visible}
    latest: dict[tuple[str, str, str], Fact] = {}
    for message in [*(one for one in statements if one.id not in seen), *visible]:
        for fact in facts_in(message):
            if fact.kind == "size":
                latest.pop(("asked_size", fact.about, fact.whose), None)
            key = (fact.kind, fact.value if fact.kind in ("likes", "dislikes") else fact.about, fact.whose)
            latest.pop(key, None)
            latest[key] = fact
    kept: list[Fact] = []
    for kind, most in _MOST.items():
        of_kind = [fact for fact in latest.values() if fact.kind == kind and fact.message_id not in seen]
        kept += of_kind[-most:]
    return kept


def facts_note(facts: Sequence[Fact]) -> str:
    """The facts as one sentence of the last message's notes; "" without any."""
    return f"Datos que el cliente dijo antes: {'; '.join(map(_told, facts))}." if facts else ""


def _told(fact: Fact) -> str:
    of_whom = f" (para su {fact.whose})" if fact.whose else ""
    article = f" en {fact.about}" if fact.about else ""
    told = {
        "name": f"se llama {fact.value}",
        "size": f"calza {fact.value}" if fact.about == "calzado" else f"usa talle {fact.value}{article}",
        "asked_size": f"preguntó por talle {fact.value}{article}",
        "likes": f"prefiere {fact.value}",
        "dislikes": f"no quiere {fact.value}",
        "city": f"es de {fact.value}",
    }
    return one_line(told[fact.kind] + of_whom, 90)


def _sizes(plain: str, message_id: UUID | None) -> list[Fact]:
    found: list[Fact] = []
    taken: list[tuple[int, int]] = []
    for match in _WORN.finditer(plain):
        bare = match["verb"] != "calzo" and not match["named"]
        if bare and not (_plausible(match["size"]) and _CLAUSE_ENDS.match(plain, match.end("size"))):
            continue
        before = _WORN_BEFORE.search(plain[: match.start()])
        about = _article(match["after"] or (before["before"] if before else ""))
        about = about or ("calzado" if match["verb"] == "calzo" else "")
        found.append(Fact("size", about, match["size"].upper(), message_id, _whose(plain)))
        taken.append(match.span())
    for match in _ASKED.finditer(plain):
        if any(start < match.end("size") and match.start("size") < end for start, end in taken):
            continue
        about = _article(match["after"] or "") or _article(match["before"])
        found.append(Fact("asked_size", about, match["size"].upper(), message_id, _whose(plain)))
    return found


def _plausible(size: str) -> bool:
    """A bare number after "uso" or "soy" is a size only where sizes are."""
    return not size[0].isdigit() or 15 <= float(size.replace(",", ".")) <= 60


def _article(words: str) -> str:
    """The article within a few words: what is left behind the last of those that name none."""
    kept: list[str] = []
    for word in _TRAILING.sub("", words).split():
        if word in _NO_ARTICLE and not (word == "de" and kept):
            kept = []
        else:
            kept.append(word)
    return " ".join(kept)[-_LONGEST_VALUE:]


def _whose(plain: str) -> str:
    found = _FOR.search(plain)
    return found[1] if found else ""


def _name(words: str, message_id: UUID | None) -> list[Fact]:
    match = _NAMED.search(words) or _I_AM.search(words)
    if match is None:
        return []
    parts = match["name"].split()
    parts = parts[:1] + [part for part in parts[1:] if part[0].isupper()]
    if fold(parts[0]) in _NO_NAME or len(parts[0]) < 2:
        return []
    name = " ".join(part[:1].upper() + part[1:] for part in parts)
    return [Fact("name", "", name[:_LONGEST_VALUE], message_id)]


def _city(words: str, message_id: UUID | None) -> list[Fact]:
    match = _CITY.search(words)
    return [Fact("city", "", match["city"][:_LONGEST_VALUE], message_id)] if match else []


def _tastes(plain: str, message_id: UUID | None) -> list[Fact]:
    found: list[Fact] = []
    for match in _TASTE.finditer(plain):
        what = re.sub(r"^(?:el|la|los|las|un|una|color|en)\s+", "", match["what"]).strip()
        if not what or stem(what) in {stem(word) for word in _VAGUE}:
            continue
        found.append(Fact("dislikes" if match["no"] else "likes", "", what[:_LONGEST_VALUE], message_id))
    return found
