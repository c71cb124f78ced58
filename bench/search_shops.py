"""The shops and queries of bench/search_sets, in Tienda Nube's own shape."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nexus.sandbox.shop import Shop, make_shop

FOLDER = Path(__file__).parent / "search_sets"
NAMES = ("danza", "ferreteria", "deporte")


@dataclass(frozen=True)
class Query:
    """What a customer writes, and the products that she would accept; none when the shop does not have it."""

    q: str
    kind: str
    heldout: bool
    expect: frozenset[int]


@dataclass(frozen=True)
class SearchSet:
    """One shop with its queries."""

    name: str
    trade: str
    shop: Shop
    queries: list[Query]


def load_set(name: str) -> SearchSet:
    """The set of that file, every product complete."""
    content = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    shop = make_shop(
        "1",
        "t",
        categories=content["categories"],
        products=[_product(row) for row in content["products"]],
        orders=[],
    )
    queries = [
        Query(row["q"], row["kind"], row["split"] == "heldout", frozenset(row["expect"])) for row in content["queries"]
    ]
    return SearchSet(name, content["shop"], shop, queries)


def _product(row: dict[str, Any]) -> dict[str, Any]:
    """The short form of the files: options as texts, one price, one code to which the values are appended."""
    options = {name: _values(text) for name, text in row.get("options", {}).items()}
    variants = [
        {
            "price": f"{row['price']}.00",
            "stock": 3,
            "sku": "-".join([row["sku"], *(value[:3].upper() for value in values)]),
            "values": [{"es": value} for value in values],
        }
        for values in itertools.product(*options.values())
    ]
    return {
        "id": row["id"],
        "name": row["name"],
        "categories": row["categories"],
        "tags": row["tags"],
        "description": {"es": row["description"]},
        "published": row.get("published", True),
        "attributes": [{"es": name} for name in options],
        "variants": variants,
    }


def _values(text: str) -> list[str]:
    """ "34-40" are the sizes one by one; else what the commas separate."""
    low, dash, high = text.partition("-")
    if dash and low.isdecimal() and high.isdecimal():
        return [str(n) for n in range(int(low), int(high) + 1)]
    return [value.strip() for value in text.split(",")]
