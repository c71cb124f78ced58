"""A product of the shop as the index keeps it: what is told, what is compared, and what it is found by."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nexus.gateways.tiendanube.parse import Item, category_item, localized, product_item
from nexus.orchestrator_service.catalogue.asked import sizes_in
from nexus.orchestrator_service.catalogue.words import fold

_WORD = re.compile(r"[a-z0-9]+")
_TAG = re.compile(r"<[^>]*>")
_MOST_BODY = 150
_MOST_LABELS = 120
_MOST_VARIANTS = 1000
_LONGEST_RANGE = 20
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Document:
    """One row of the index. `search` is a tsvector as PostgreSQL reads one, `vocabulary` its plain words; `updated_at`
    is the shop's own."""

    id: int
    item: Item
    words: dict[str, Any]
    search: str
    vocabulary: frozenset[str]
    updated_at: datetime | None


def words_in(text: str) -> list[str]:
    """Every word of a text, folded, in order."""
    return [word[:_LONGEST_WORD] for word in _WORD.findall(fold(text))]


def document_of(
    raw: Mapping[str, Any], categories: Mapping[int, Item], tenant_id: int, language: str = "es"
) -> Document:
    """The vendor's product (tiendanube.md 2.2) made ready; `categories` by id, for names and what is above them."""
    lineage = lineage_of([_category_id(entry) for entry in raw.get("categories") or []], categories)
    name = localized(raw.get("name"), language)
    words = {
        "name": words_in(name),
        "sizes": [[size.value, size.unit] for size in sizes_in(name) if not size.upto],
        "labels": _labels(raw, [categories[i]["name"] for i in lineage], language),
        "codes": _codes(raw),
        "options": [localized(option, language) for option in raw.get("attributes") or []],
        "variants": _variants(raw, language),
        "body": _body(raw, language),
    }
    weighted = _weighted(words)
    return Document(
        id=int(raw["id"]),
        item=product_item(dict(raw), language),
        words=words,
        search=_search(weighted, lineage, tenant_id),
        vocabulary=frozenset(word for word in weighted if word.isalnum()),
        updated_at=_moment(raw.get("updated_at")),
    )


def lineage_of(ids: Iterable[int | None], categories: Mapping[int, Item]) -> list[int]:
    """The visible ones of these categories and all above them, once each; a ring of parents ends."""
    found: list[int] = []
    waiting = [i for i in ids if i is not None]
    while waiting:
        category = categories.get(waiting.pop(0))
        if category is not None and category["id"] not in found and category["visible"]:
            found.append(category["id"])
            waiting += [category["parent"]] if category["parent"] else []
    return found


def _labels(raw: Mapping[str, Any], category_names: Sequence[str], language: str) -> list[str]:
    tags = raw.get("tags")
    written = ", ".join(map(str, tags)) if isinstance(tags, list) else localized(tags, language)
    brand = localized(raw.get("brand"), language)
    options = [localized(option, language) for option in raw.get("attributes") or []]
    return list(dict.fromkeys(words_in(" ".join([written, brand, *category_names, *options]))))[:_MOST_LABELS]


def _codes(raw: Mapping[str, Any]) -> list[str]:
    skus = [str(variant.get("sku") or "").strip().lower() for variant in raw.get("variants") or []]
    return list(dict.fromkeys(sku for sku in skus if sku))[:_MOST_VARIANTS]


def _variants(raw: Mapping[str, Any], language: str) -> list[list[str]]:
    """The option values of each variant, those in stock first."""
    listed = sorted(raw.get("variants") or [], key=lambda variant: variant.get("stock") == 0)
    values = [[localized(value, language) for value in variant.get("values") or []] for variant in listed]
    return [value for value in values if value][:_MOST_VARIANTS]


def _body(raw: Mapping[str, Any], language: str) -> list[str]:
    text = html.unescape(_TAG.sub(" ", localized(raw.get("description"), language)))
    return list(dict.fromkeys(words_in(text)))[:_MOST_BODY]


def _weighted(words: Mapping[str, Any]) -> dict[str, str]:
    """Every word, and the weight of the best place where it stands; `=` before a whole code."""
    weighted: dict[str, str] = {}
    options = {word for variant in words["variants"] for value in variant for word in _value_words(value)}
    codes = {part for code in words["codes"] for part in (f"={code[:_LONGEST_WORD]}", *words_in(code))}
    layers = (("A", words["name"]), ("B", [*words["labels"], *codes]), ("C", options), ("D", words["body"]))
    for weight, layer in layers:
        for word in layer:
            weighted.setdefault(word, weight)
    return weighted


def _search(weighted: Mapping[str, str], lineage: Sequence[int], tenant_id: int) -> str:
    """The tsvector's text, `'word':1A …`; `#` is the shop and `@` a category."""
    lexemes = [f"{_quoted(word)}:1{weight}" for word, weight in weighted.items()]
    return " ".join([_quoted(f"#{tenant_id}"), *(_quoted(f"@{i}") for i in lineage), *lexemes])


def _value_words(value: str) -> set[str]:
    """What an option's value is found by: its words, and every size of a range."""
    ranges = [size for size in sizes_in(value) if size.upto and int(size.upto) - int(size.value) <= _LONGEST_RANGE]
    sizes = {str(n) for size in ranges for n in range(int(size.value), int(size.upto) + 1)}
    return set(words_in(value)) | sizes


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "").replace("'", "") + "'"


def _category_id(entry: Any) -> int | None:
    """Documents say ids, samples show objects (tiendanube.md 2.2)."""
    found = str(entry.get("id") if isinstance(entry, dict) else entry)
    return int(found) if found.isdecimal() else None


def _moment(written: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(written))
    except ValueError:
        return None


def tree_of(rows: Iterable[Mapping[str, Any]], language: str = "es") -> dict[int, Item]:
    """The vendor's categories by id, as `category_item` shows them."""
    return {item["id"]: item for item in (category_item(dict(row), language) for row in rows)}
