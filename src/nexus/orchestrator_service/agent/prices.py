"""What OpenAI's models cost and when they end, as known on a day; a model that is not here has no known price.

Read with llm.md (B and section 0), whose sources are named beside each price. Prices are USD for a million tokens.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

AS_OF = date(2026, 11, 22)
"""The day the two tables were read."""
SOURCE = "https://developers.openai.com/api/docs/pricing, https://developers.openai.com/api/docs/deprecations"
_MILLION = Decimal(1_000_000)
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """Per million tokens: what is read anew, from the cache, into the cache, and what is written."""

    fresh: Decimal
    cached: Decimal
    cache_write: Decimal
    out: Decimal


def _price(fresh: str, cached: str, cache_write: str, out: str) -> Price:
    return Price(Decimal(fresh), Decimal(cached), Decimal(cache_write), Decimal(out))


PRICES = {
    "gpt-6-luna": _price("0.10", "0.01", "0.125", "0.50"),  # quoted by codexometer v0.18.4 and codersera.com
    "gpt-6-sol": _price("2", "0.20", "2.50", "10"),  # the same
    "gpt-5.6-luna": _price("0.20", "0.02", "0.25", "1.20"),  # OpenAI's own page of the model
}
_ENDS = {
    date(2026, 7, 23): ("gpt-5.1-codex", "gpt-5.1-chat-latest", "gpt-5-chat-latest", "gpt-4o-search-preview",
                        "gpt-4o-mini-search-preview"),
    date(2026, 8, 10): ("gpt-5.3-chat-latest", "gpt-5.2-chat-latest"),
    date(2026, 10, 23): ("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14", "o4-mini", "o4-mini-2025-04-16", "o3-mini",
                         "o3-mini-2025-01-31", "o1", "o1-2024-12-17", "gpt-4o-2024-05-13", "gpt-4-turbo",
                         "gpt-4-turbo-2024-04-09", "gpt-4", "gpt-4-0613", "gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
    date(2026, 12, 11): ("gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-2025-08-07", "gpt-5-mini-2025-08-07",
                         "gpt-5-nano-2025-08-07", "o3", "o3-2025-04-16"),
    date(2027, 1, 14): ("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4o",
                        "gpt-4o-2024-11-20", "gpt-4o-2024-08-06", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    date(2027, 4, 1): ("gpt-5.4-nano", "gpt-5.4-nano-2026-03-17", "gpt-5.1", "gpt-5.1-2025-11-13"),
}  # fmt: skip
ENDS = {model: end for end, models in _ENDS.items() for model in models}
"""The day from which OpenAI answers no more as that model (openai 3.54, types/shared/chat_model.py)."""
REPLACEMENT = "gpt-6-luna"
"""What a shop may choose instead."""


def price_of(model: str) -> Price | None:
    """Its price, if it is known; a dated snapshot of a model costs what the model does."""
    return PRICES.get(model) or PRICES.get(_SNAPSHOT.sub("", model))


def cost_usd(
    model: str, *, tokens_in: int | None, cached: int = 0, cache_write: int = 0, tokens_out: int | None
) -> Decimal | None:
    """What one call cost; None where price or tokens are not known. `tokens_in` includes cached and cache_write."""
    price = price_of(model)
    if price is None or tokens_in is None or tokens_out is None:
        return None
    fresh = max(tokens_in - cached - cache_write, 0)
    return (
        fresh * price.fresh + cached * price.cached + cache_write * price.cache_write + tokens_out * price.out
    ) / _MILLION


def end_of(model: str) -> date | None:
    """When the provider turns the model off, if it said so."""
    return ENDS.get(model)
